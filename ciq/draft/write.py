"""The draft as YAML with comments, in the order in which people read a contract."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ciq.contract.model import Source
from ciq.draft.infer import Inferred
from ciq.draft.roles import Roles

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*( [A-Za-z0-9_.]+)*")
_WORDS = frozenset({"null", "true", "false"})
_ROLES = (("id_col", "id"), ("time_col", "time"), ("treatment_col", "treatment"), ("outcome_col", "outcome"))


@dataclass(frozen=True)
class Draft:
    """What the contract says.

    ``file`` is the glob of the ``source``, ``non_finite`` whether NaN stands for a missing float, ``left_out`` why
    columns have no type.
    """

    name: str
    file: str
    rows: int
    source: Source
    missing_words: tuple[str, ...]
    non_finite: bool
    columns: tuple[Inferred, ...]
    left_out: tuple[str, ...]
    roles: Roles


def yaml_text(draft: Draft) -> str:
    """The contract, loadable as it is."""
    return "\n".join(_lines(draft)) + "\n"


def scalar(text: str) -> str:
    """``text`` as a YAML scalar that reads as this very text."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _lines(draft: Draft) -> Iterator[str]:
    yield f"# Drafted from a file of {draft.rows:,} rows. What is marked GUESS needs someone who knows them."
    yield "contract: 1"
    yield f"name: {draft.name}"
    yield "version: 1.0.0"
    yield "source:"
    yield f"  files: {scalar(draft.file)}"
    if draft.source.sheet:
        yield f"  sheet: {scalar(draft.source.sheet)}"
    if draft.source.delimiter:
        yield f"  delimiter: {scalar(draft.source.delimiter)}  # GUESS: it gives the header more than one column"
    if draft.missing_words:
        words = _flow(["", *draft.missing_words])
        yield f"  null_values: {words}  # GUESS: they stand for no value"
    if draft.source.datetime_format:
        yield "  datetime_format:"
        yield from (f"    {scalar(name)}: {scalar(form)}" for name, form in draft.source.datetime_format.items())
    if draft.non_finite:
        yield "  non_finite: missing  # GUESS: NaN stands where a float is missing"
    yield from _role_lines(draft.roles)
    yield "estimand: ATE  # ATE, ATT, ATC or ATO"
    yield from _type_lines(draft)
    yield from _constraint_lines(draft)


def _role_lines(roles: Roles) -> Iterator[str]:
    for key, role in _ROLES:
        name = getattr(roles, role)
        if name:
            yield f"{key}: {scalar(name)}{_guess(roles, key)}"
        elif key == "id_col":
            yield "# id_col: no column was found that tells the rows apart; rows are known by file and line"
    yield f"covariate_cols:{_guess(roles, 'covariate_cols')}"
    yield from (f"  - {scalar(name)}" for name in roles.covariates)


def _guess(roles: Roles, key: str) -> str:
    return f"  # GUESS: {_comment(roles.reasons[key])}" if key in roles.reasons else ""


def _type_lines(draft: Draft) -> Iterator[str]:
    for reason in draft.left_out:
        yield f"# left out: {_comment(reason)}"
    if draft.left_out:
        yield "extra_columns: drop"
    yield "types:  # the narrowest that hold every value exactly"
    for column in draft.columns:
        yield f"  {scalar(column.name)}: {column.type}  # {_comment(column.found)}"


def _constraint_lines(draft: Draft) -> Iterator[str]:
    yield "constraints:"
    full = [column.name for column in draft.columns if not column.nullable]
    yield f"  not_null: {_flow(full)}  # GUESS: no value is missing in this file"
    levels = [column for column in draft.columns if column.levels is not None]
    if levels:
        yield "  categories:  # GUESS: all levels of this file"
    for column in levels:
        yield f"    {scalar(column.name)}: {_flow(column.levels or ())}"
    ranges = [(column, column.range) for column in draft.columns if column.range and column.name != draft.roles.id]
    if ranges:
        yield "  ranges:  # GUESS: what this file holds, fractions rounded outward; say what can be instead"
    for column, (low, high) in ranges:
        yield f"    {scalar(column.name)}: [{low!r}, {high!r}]"


def _flow(texts: Sequence[str]) -> str:
    return f"[{', '.join(scalar(text) for text in texts)}]"


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
