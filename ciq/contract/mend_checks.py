"""Whether the declared mends give values that their columns can hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from ciq.contract.constraint_checks import extent
from ciq.contract.finding import Finding
from ciq.contract.model import Contract
from ciq.contract.nearest import did_you_mean


def mend_findings(contract: Contract) -> Iterator[Finding]:
    """Mends of the wrong kind for their columns' types."""
    yield from _upper(contract)
    for column, sentinels in contract.clean.sentinels.items():
        for at, value in enumerate(sentinels):
            yield from _value(contract, column, value, ("clean", "sentinels", column, at))
    for column, value in contract.clean.fill.items():
        yield from _value(contract, column, value, ("clean", "fill", column))
    yield from _unknown(contract)


def _upper(contract: Contract) -> Iterator[Finding]:
    for at, column in enumerate(contract.clean.upper):
        if column in contract.types and contract.type_of(column).kind != "text":
            message = f"`clean.upper` is for category and string; `{column}` is {contract.types[column]}"
            yield Finding("C111", ("clean", "upper", at), message, column=column)


def _value(contract: Contract, column: str, value: object, path: tuple[str | int, ...]) -> Iterator[Finding]:
    if column in contract.types and not _holds(contract.types[column], contract.type_of(column).kind, value):
        message = f"`{column}` is {contract.types[column]} and can't hold {value!r}"
        yield Finding("C118", path, message, "give a value of the column's type", column)


def _holds(name: str, kind: str, value: object) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in ("integer", "float"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        smallest, largest = extent(name)
        return smallest <= value <= largest and (kind == "float" or value == int(value))
    return isinstance(value, str) and (kind == "text" or _is_time(kind, value))


def _is_time(kind: str, text: str) -> bool:
    try:
        (date if kind == "date" else datetime).fromisoformat(text)
    except ValueError:
        return False
    return True


def _unknown(contract: Contract) -> Iterator[Finding]:
    for column, unknown in contract.clean.unknown_category.items():
        path = ("clean", "unknown_category", column)
        levels = contract.constraints.categories.get(column)
        if levels is None:
            message = f"`{column}` has no categories, so that none of its values is unknown"
            yield Finding("C113", path, message, f"add `constraints.categories.{column}`", column, at_key=True)
        elif unknown not in levels:
            help_ = did_you_mean(unknown, levels) or f"add it to `constraints.categories.{column}`"
            yield Finding("C113", path, f"{unknown!r} is not among the categories of `{column}`", help_, column)
