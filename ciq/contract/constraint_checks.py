"""Whether the declared constraints can hold for columns of their types."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ciq.contract.finding import Finding
from ciq.contract.model import Contract, Number

_INTEGER_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
_LARGEST = {"float32": 3.4028234663852886e38}


def extent(type_name: str) -> tuple[Number, Number]:
    """The smallest and largest value of a numeric type."""
    if type_name in _INTEGER_BITS:
        half: int = 1 << (_INTEGER_BITS[type_name] - 1)
        return -half, half - 1
    largest = _LARGEST.get(type_name, 1.7976931348623157e308)
    return -largest, largest


def constraint_findings(contract: Contract) -> Iterator[Finding]:
    """Ranges, categories and patterns that can't be, each on a typed column."""
    yield from _ranges(contract)
    yield from _categories(contract)
    yield from _patterns(contract)


def _ranges(contract: Contract) -> Iterator[Finding]:
    for column, (low, high) in contract.constraints.ranges.items():
        path = ("constraints", "ranges", column)
        if column in contract.types and contract.type_of(column).kind not in ("integer", "float"):
            message = f"a range is for numbers; `{column}` is {contract.types[column]}"
            yield Finding("C112", path, message, column=column)
            continue
        if low is None and high is None:
            yield Finding("C112", path, f"the range of `{column}` has no bound", "remove it", column)
        elif low is not None and high is not None and low > high:
            message = f"the range of `{column}` begins at {low} and ends below, at {high}"
            yield Finding("C112", path, message, f"did you mean [{high}, {low}]?", column)
        elif column in contract.types:
            yield from _bounds(contract, column, (low, high))


def _bounds(contract: Contract, column: str, bounds: tuple[Number | None, Number | None]) -> Iterator[Finding]:
    path, name = ("constraints", "ranges", column), contract.types[column]
    smallest, largest = extent(name)
    for at, bound in enumerate(bounds):
        if bound is not None and not smallest <= bound <= largest:
            message = f"the bound {bound} of `{column}` can't be held by {name}, which spans {smallest} to {largest}"
            yield Finding("C112", (*path, at), message, "take a wider type or a bound within it", column)
    low, high = bounds
    if name in _INTEGER_BITS and low is not None and high is not None and math.ceil(low) > math.floor(high):
        yield Finding("C112", path, f"no whole number lies in [{low}, {high}], and `{column}` is {name}", None, column)


def _categories(contract: Contract) -> Iterator[Finding]:
    for column, levels in contract.constraints.categories.items():
        path = ("constraints", "categories", column)
        if column in contract.types and contract.type_of(column).kind != "text":
            message = f"categories are for category and string; `{column}` is {contract.types[column]}"
            yield Finding("C113", path, message, "give the column the type category, or a range", column)
        if not levels:
            yield Finding("C113", path, f"`{column}` has an empty list of categories", "remove it", column)
        seen: set[str] = set()
        for at, level in enumerate(levels):
            if level in seen:
                yield Finding("C113", (*path, at), f"the category {level!r} of `{column}` stands twice", None, column)
            seen.add(level)


def _patterns(contract: Contract) -> Iterator[Finding]:
    for column, pattern in contract.constraints.patterns.items():
        path = ("constraints", "patterns", column)
        if column in contract.types and contract.type_of(column).kind != "text":
            message = f"a pattern is for category and string; `{column}` is {contract.types[column]}"
            yield Finding("C111", path, message, column=column)
        if reason := _why_no_pattern(pattern):
            yield Finding("C114", path, f"the pattern of `{column}` is not RE2: {reason}", None, column)


def _why_no_pattern(pattern: str) -> str | None:
    """The engine's own objection; DuckDB is imported only where a contract has patterns."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            connection.execute("SELECT regexp_full_match('', ?)", [pattern])
        except duckdb.Error as error:
            return str(error).partition(": ")[2].partition("\n")[0]
    return None
