"""A cheap proof that a row rule is one condition over the declared columns, without a parser of SQL or an engine.

It is sufficient, not necessary: what it leaves open is for :mod:`ciq.contract.row_rules`. A rule becomes a string with
a letter for each operand and sign, which is rewritten by :data:`_REWRITES` until nothing changes; it is a condition if
``c`` alone is left.
"""

from __future__ import annotations

import re

from ciq.contract.model import Contract
from ciq.contract.sql_words import TAKEN_WORDS
from ciq.contract.types import Kind

# n, t, d and b are columns (and texts and truth values), i and f whole and decimal numbers.
_OPERANDS: dict[Kind, str] = {"integer": "n", "float": "n", "text": "t", "date": "d", "datetime": "d", "bool": "b"}
_WORDS = {"and": "&", "or": "|", "not": "~", "is": "?", "null": "0", "in": "@", "between": "#", "true": "b"}
_COMPARISONS = dict.fromkeys(("=", "<>", "!=", "<", "<=", ">", ">="), "=")
_SIGNS = {"+": "+", "-": "+", "*": "+", "(": "(", ")": ")", ",": ","}
_LETTERS = _WORDS | _COMPARISONS | _SIGNS | {"false": "b"}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<f>-?\d{1,9}\.\d{1,9})(?![\w.]) | (?P<i>-?\d{1,9})(?![\w.]) | (?P<t>'[^'\\\x00-\x1f\x7f]*')
        | (?P<word>[a-z_][a-z0-9_]*) | (?P<sign>[(),]|[-+*/<>=!]+)
    )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_MOST_TOKENS = 60
_MOST_OPEN = 6
_REWRITES = tuple(
    (re.compile(pattern), left)
    for pattern, left in (
        (r"~?@\([nif](?:,[nif])*\)", "X"),
        (r"~?@\(t(?:,t)*\)", "Y"),
        (r"(?<!@)\(([nitdbc])\)", r"\1"),
        # Two numbers of the rule meet in no sum or product, which could be too large for their type.
        (r"n\+(?:n|i(?!\+))|(?<!\+)i\+n", "n"),
        (r"(?<!\+)[nif]X|tY", "c"),
        (r"(?<!\+)[nif]~?#[nif]&[nif](?!\+)|t~?#t&t|d~?#d&d", "c"),
        (r"(?<!\+)[nif]=[nif](?!\+)|t=t|d=d|b=b", "c"),
        (r"(?<!\+)[ntdb]\?~?0", "c"),
    )
)
_LOGIC = ((re.compile(r"\(c\)|~c|c[&|]c"), "c"),)


def evident(contract: Contract, sql: str) -> frozenset[str] | None:
    """The columns, without case, that the condition ``sql`` names; None where it is not evident that it is one."""
    letters, named = _read(contract, sql)
    if not letters or len(letters) > _MOST_TOKENS or letters.count("(") > _MOST_OPEN:
        return None
    left = _rewritten(letters, _REWRITES).replace("b", "c")
    return named if _rewritten(left, _LOGIC) == "c" else None


def _read(contract: Contract, sql: str) -> tuple[str, frozenset[str]]:
    """The letters of ``sql``, none where it has a sign of another kind, and the columns among them."""
    kinds = {column.lower(): contract.type_of(column).kind for column in contract.types if column.isascii()}
    letters, named, at, end = "", set(), 0, len(sql.rstrip())
    while at < end:
        token = _TOKEN.match(sql, at)
        if token is None or token.lastgroup is None:
            return "", frozenset()
        at, group, text = token.end(), token.lastgroup, token[token.lastgroup].lower()
        if group == "word" and text in kinds and text not in TAKEN_WORDS:
            named.add(text)
            letters += _OPERANDS[kinds[text]]
        else:
            letters += group if group in "fit" else _LETTERS.get(text, "!")
    return letters, frozenset(named)


def _rewritten(letters: str, rewrites: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    before = ""
    while letters != before:
        before = letters
        for pattern, left in rewrites:
            letters = pattern.sub(left, letters)
    return letters
