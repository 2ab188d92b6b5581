"""What means the same on both engines, so that either may answer.

The list is short on purpose: what is not on it stays with one engine. Each entry has a row in
``tests/router/test_portable.py``, and so has each difference that keeps something off it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from ciq.router.grammar import nodes
from ciq.router.portable_names import Node, misnamed
from ciq.router.postgres_walk import Seen

_NODE_NAMES = """
A_Const A_Expr A_Star Alias BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr ColumnRef CommonTableExpr Float FuncCall
Integer JoinExpr List NullTest RangeSubselect RangeVar ResTarget SelectStmt SortBy String SubLink TypeCast TypeName
"""
NODES = frozenset(_NODE_NAMES.split())
FUNCTIONS = frozenset({"count", "sum", "avg", "min", "max", "abs", "extract", "substring"})
OPERATORS = frozenset({"=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "~~", "!~~", "||"})
_FORMS = {
    "date": re.compile(r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "interval": re.compile(r"[0-9]{1,6}(?: (?:day|month|year)s?)?"),
    "float8": re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"),
}
TYPES = frozenset(_FORMS)
_RADIX = re.compile(r"0(?<!\w0)[xobXOB]")  # begins with what is rare, so that the text is passed over fast
_LONGEST_NUMBER = 38
_LONGEST_BIGINT = 18
_MOST_PLACES = 18
_NUMBER = re.compile(r"\s*[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?|nan|inf(?:inity)?)\s*", re.IGNORECASE)
TIME = re.compile(r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?)?")
"""A time that both engines read alike, whatever it is compared with."""

_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_LIKE_TIME = re.compile(
    rf"""\s*(?:[-+]?[0-9]+(?:\s+|[-/.])[0-9]+(?:\s+|[-/.])[0-9]|[0-9]+-[0-9]+-|[0-9]{{4}}[-.][0-9]{{3}}\s*$
    |(?:now|today|tomorrow|yesterday|j[0-9]+)\s*$
    |(?:[a-z]+\W+)?(?:[0-9]+\W*{_MONTH}\W*[0-9]|{_MONTH}\W*[0-9]+\W+[0-9]))""",
    re.IGNORECASE | re.VERBOSE,
)
_OF_TEXTS = frozenset({"~~", "!~~", "||"})
_JOINING = ("anti", "asof", "positional", "semi")
JOINS = re.compile(rf"\b(?:{'|'.join(_JOINING)})\b", re.IGNORECASE)
"""Words before JOIN that are an alias of what stands there to PostgreSQL, and the kind of the join to DuckDB."""
_RECKONING = frozenset({"+", "-", "*"})
_EXTRACTED = frozenset({"year", "month", "day"})
_ORDERING = frozenset({"<", ">", "<=", ">="})
_BETWEEN = ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN")


def objection(sql: str, seen: Seen, bytewise: bool = True) -> str | None:
    """Why the two engines might answer a query differently, or None where they answer alike.

    ``seen`` is everything in its tree; ``bytewise`` says that PostgreSQL sorts texts by their bytes, as DuckDB does.
    """
    if "\\" in sql:
        return "a backslash escapes in PostgreSQL's LIKE, and nothing in DuckDB's"
    if _RADIX.search(sql):
        return "DuckDB takes 0x1F for a 0 named x1F"
    text = sql.lower()
    if any(word in text for word in _JOINING) and JOINS.search(sql):  # nearly no text has one of them
        return "ANTI, ASOF, POSITIONAL and SEMI are joins in DuckDB, and aliases in PostgreSQL"
    if any(len(number) > _LONGEST_NUMBER or "e" in number.lower() for number in seen.numbers):
        return "a number with an exponent or more than 38 figures is a double in DuckDB"
    if any(len(number.partition(".")[2]) > _MOST_PLACES for number in seen.numbers):
        return "a number with more than 18 places does not fit beside a bigint in DuckDB"
    for kind in sorted(seen.kinds - NODES):
        return f"{kind} is not on the list of what both engines answer alike"
    for names in sorted(seen.types):
        if names[-1] not in TYPES:
            return f"a cast to {names[-1]} is not on the list of what both engines answer alike"
    found = (
        *map(_call, seen.calls),
        *map(_operator, seen.expressions),
        *map(_cast, seen.casts),
        misnamed(seen),
        _whole(seen),
        _untyped(seen),
    )
    return next(filter(None, found), None if bytewise else _sorted(seen))


def quoted(seen: Seen) -> str | None:
    """Why a query differs that has a number or a time in quotes, where it is not evidently compared with a text."""
    doubtful = sum(map(_is_doubtful, seen.quoted))
    if not doubtful:
        return None
    beside_texts = [operand for node in seen.expressions for operand in _beside_texts(node)]
    constants = [_text(node) for node in (*beside_texts, *(cast["arg"] for cast in seen.casts))]
    if sum(map(_is_doubtful, constants)) == doubtful:
        return None
    return "DuckDB rounds a number in quotes to a column's places, and reads less of a time than PostgreSQL does"


def _is_doubtful(text: str) -> bool:
    """Whether a text is a number, or a time in a form that is read differently, beside a column that is no text."""
    return bool(_NUMBER.fullmatch(text) or (_LIKE_TIME.match(text) and not TIME.fullmatch(text)))


def _beside_texts(node: Node) -> list[Node]:
    """The operands of a comparison with what is evidently a text, or of a pattern."""
    left, right = node.get("lexpr", {}), node["rexpr"]
    operands = [left, *right.get("List", {}).get("items", [right])]
    known = _last(node["name"]) in _OF_TEXTS or any(_is_text(each) and not _text(each) for each in operands)
    return operands if known else []


def _is_text(node: Node) -> bool:
    """Whether a node is evidently a text, or no value at all: in quotes, a part of a text, or texts that are joined."""
    constant = node.get("A_Const", {})
    call, operation = node.get("FuncCall"), node.get("A_Expr")
    return (
        not {"sval", "isnull"}.isdisjoint(constant)
        or (call is not None and _last(call["funcname"]) == "substring")
        or (operation is not None and _last(operation["name"]) == "||")
    )


def _whole(seen: Seen) -> str | None:
    """What is divided as a whole number by DuckDB, and as a numeric by PostgreSQL."""
    wide = any(names[-1] in ("extract", "sum") for names in seen.functions)
    large = any("." not in number and len(number) > _LONGEST_BIGINT for number in seen.numbers)
    divided = any(
        _last(node["name"]) == "/" and "ival" in node["rexpr"].get("A_Const", {}) for node in seen.expressions
    )
    if divided and (wide or large):
        return "a sum, a part of a date or a large number is divided with a remainder by DuckDB alone"
    return None


def _untyped(seen: Seen) -> str | None:
    """A time in quotes that has its type from other rows in PostgreSQL alone."""
    if seen.united and any(TIME.fullmatch(_text(value)) for value in seen.answered):
        return "a time in quotes is a text in DuckDB where rows are put together, and a time in PostgreSQL"
    return None


def unlike(seen: Seen, columns: Sequence[str]) -> str | None:
    """Why a query differs that may be about one of ``columns``, whose values don't compare alike."""
    named = [name for name in columns if name in seen.columns or "*" in seen.columns]
    return f"{named[0]} is of a type or collation that DuckDB may compare otherwise" if named else None


def typed(seen: Seen, small: Set[str], texts: Set[str]) -> str | None:
    """Why a query differs for the types of its relations' columns: those that are small integers, and texts."""
    sums = [node for node in seen.expressions if "lexpr" in node and _last(node["name"]) in _RECKONING]
    if found := _about(seen, sums, small):
        return f"{found} may be a small integer, which DuckDB reckons with in two bytes, and PostgreSQL in four"
    found = _about(seen, [node["arg"] for node in seen.casts if "A_Const" not in node["arg"]], texts)
    return f"{found} may be a text, and not every text is cast alike" if found else None


def _about(seen: Seen, parts: Sequence[Node], columns: Set[str]) -> str | None:
    """The name of what is one of ``columns`` in one of ``parts``, or may be by another name."""
    if not columns or not parts or not (columns & seen.columns or "*" in seen.columns):
        return None
    fields = (node["ColumnRef"]["fields"] for node in nodes(list(parts)) if "ColumnRef" in node)
    names = (each[-1].get("String", {}).get("sval", "") for each in fields)
    return next((name for name in names if name in columns or name in seen.outputs), None)


def _call(node: Node) -> str | None:
    name, arguments = _last(node["funcname"]), node.get("args", [])
    if name not in FUNCTIONS or "over" in node:
        return f"the function {name}() is not on the list of what both engines answer alike"
    if name == "extract" and not (arguments and _text(arguments[0]) in _EXTRACTED):
        return "only the year, month and day of a date are taken out alike"
    if name == "substring" and not all(_positive(argument) for argument in arguments[1:]):
        return "substring() counts alike from a constant position of 1 or more only"
    return None


def _operator(node: Node) -> str | None:
    name = _last(node["name"])
    if node["kind"] in _BETWEEN:
        return None
    if node["kind"] == "AEXPR_NULLIF" and _text(node["lexpr"]):
        return "NULLIF of a constant in quotes is a text in DuckDB, and of the other value's type in PostgreSQL"
    if name not in OPERATORS:
        return f"the operator {name} is not on the list of what both engines answer alike"
    if name in ("~~", "!~~") and "A_Const" not in node["rexpr"]:
        return "a pattern from a column may have a backslash, which escapes in PostgreSQL alone"
    if name == "||" and not (_is_text(node["lexpr"]) and _is_text(node["rexpr"])):
        return "a double is another text in DuckDB, so what is joined has to be a text in quotes or a part of one"
    if name in ("/", "%") and not _positive(node["rexpr"]):
        return "division by 0 fails in PostgreSQL and gives NULL in DuckDB, so the divisor has to be a constant"
    return None


def _cast(node: Node) -> str | None:
    """Texts that are cast as they stand have to be in the form that both engines read alike."""
    text, name = node["arg"].get("A_Const", {}).get("sval", {}).get("sval"), _last(node["typeName"]["names"])
    if text is None or _FORMS[name].fullmatch(text):
        return None
    return f"not both engines read {text!r} as {name}"


def _sorted(seen: Seen) -> str | None:
    """What depends on the order of texts."""
    compares = any(node["kind"] in _BETWEEN or _last(node["name"]) in _ORDERING for node in seen.expressions)
    extreme = any(names[-1] in ("min", "max") for names in seen.functions)
    return (
        "PostgreSQL sorts texts by a locale here, DuckDB by bytes"
        if "SortBy" in seen.kinds or compares or extreme
        else None
    )


def _last(parts: list[Node]) -> str:
    return str(parts[-1]["String"]["sval"])


def _text(node: Node) -> str:
    return str(node.get("A_Const", {}).get("sval", {}).get("sval", ""))


def _positive(node: Node) -> bool:
    """Whether a node is a number written out, and more than 0."""
    constant = node.get("A_Const", {})
    number = constant.get("ival", {}).get("ival") or constant.get("fval", {}).get("fval") or 0
    return float(number) > 0
