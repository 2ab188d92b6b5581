"""How many rows the keys of tables leave of a plain query, and what these cost PostgreSQL's planner at the most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from ciq.router.catalog import Catalog, Table
from ciq.router.statement import Filter, Plain, Scan, Span


class Few(NamedTuple):
    """``rows`` at the most, found at ``cost`` at the most, and the ``megabytes`` of an answer of them all."""

    rows: int
    cost: float
    megabytes: float


class _Read(NamedTuple):
    """A relation as the query reads it; ``whole`` are those of its columns that are whole numbers."""

    table: Table
    whole: Set[str]
    filters: Sequence[Filter]


def few(plain: Plain, scans: Sequence[Scan], catalog: Catalog) -> Few | None:
    """What keys leave of a query with these scans; None where some relation of it may be read whole.

    Relation after relation is looked up by its key for each row of those before. The planner may find a better way.
    """
    reads = dict(_reads(plain, scans, catalog))
    if len(reads) < len(plain.sought):
        return None
    rows, cost, left = 1, 0.0, dict(reads)
    while left:
        bounds = {called: _bounds(plain, called, reads, left, catalog.page_cost) for called in left}
        found = [(bound, called) for called, each in bounds.items() for bound in each]
        if not found:
            return None
        (count, each), called = min(found)
        cost += rows * each
        rows *= count
        del left[called]
    return Few(rows, cost, 0.0 if plain.sole else rows * sum(read.table.row_mb for read in reads.values()))


def _reads(plain: Plain, scans: Sequence[Scan], catalog: Catalog) -> Iterator[tuple[str, _Read]]:
    for each, scan in zip(plain.sought, scans, strict=True):
        place = catalog.place(each.relation.schema, each.relation.name)
        if place in catalog.tables:
            yield each.called, _Read(catalog.tables[place], catalog.whole.get(place, frozenset()), scan.filters)


def _bounds(
    plain: Plain, called: str, reads: Mapping[str, _Read], left: Mapping[str, _Read], page_cost: float
) -> Iterator[tuple[int, float]]:
    """The rows of a relation and their cost, for each row of those that are no longer ``left``, by each of its keys.

    A row by its key takes two pages. A number with a fraction has no place in an index of whole numbers.
    """
    table, whole, filters = reads[called]
    fixed = {each.column for each in filters if _is_one(each.spans)}
    joined = {
        column
        for pair in plain.equal
        for (whose, column), (other, its) in (pair, pair[::-1])
        if whose == called and column in whole and other in reads.keys() - left.keys() and its in reads[other].whole
    }
    if any(key <= fixed or (len(key) == 1 and key <= joined) for key in table.keys):
        yield 1, 2 * page_cost
    for column, row_cost in table.ordered.items():
        if plain.first and plain.first[0] == column:
            count = max(1, plain.first[1])
            yield count, 2 * page_cost + count * row_cost
        for spans in _closed([each.spans for each in filters if each.column == column]):
            count = sum(max(1, high - low + 1) for low, high in spans)
            yield count, len(spans) * 2 * page_cost + count * row_cost


def _is_one(spans: Sequence[Span]) -> bool:
    return len(spans) == 1 and spans[0][0] == spans[0][1] and not isinstance(spans[0][0], float)


def _closed(filters: Sequence[Sequence[Span]]) -> Iterator[list[tuple[int, int]]]:
    """Spans of whole numbers in which a column must lie, with both of their ends: of lists, and of comparisons."""
    single = [spans[0] for spans in filters if len(spans) == 1]
    lows = [low for low, _ in single if type(low) is int]
    highs = [high for _, high in single if type(high) is int]
    if lows and highs:
        yield [(max(lows), min(highs))]
    for spans in (each for each in filters if len(each) > 1):
        closed = [(low, high) for low, high in spans if type(low) is int and type(high) is int]
        if len(closed) == len(spans):
            yield closed
