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


class Read(NamedTuple):
    """A table as a query reads it; ``whole`` are those of its columns that are whole numbers."""

    called: str
    table: Table
    whole: Set[str]
    columns: frozenset[str] | None
    filters: Sequence[Filter]


def reads(plain: Plain, scans: Sequence[Scan], catalog: Catalog) -> list[Read]:
    """The tables that are known of those which a query with these scans reads."""
    found = []
    for (called, relation, columns), (_, filters) in zip(plain.sought, scans, strict=True):
        place = catalog.place(relation.schema, relation.name)
        if place in catalog.tables:
            found.append(Read(called, catalog.tables[place], catalog.whole.get(place, frozenset()), columns, filters))
    return found


def few(plain: Plain, known: Sequence[Read], page_cost: float) -> Few | None:
    """What keys leave of a query, if all that it reads is ``known``; None where some of it may be read whole.

    Table after table is looked up by its key for each row of those before, a row by its key in two pages of
    ``page_cost``. The planner may find a better way.
    """
    found = [(read.called, min(_bounds(read, plain.first, page_cost), default=None)) for read in known]
    bounds = {called: bound for called, bound in found if bound}
    left = {read.called: read for read in known}
    if not bounds or len(left) < len(plain.sought):
        return None
    rows, cost, met = 1, 0.0, dict[str, Read]()
    while left:
        bounds |= {called: (1, 2 * page_cost) for called, read in left.items() if _is_joined(plain, read, met)}
        next_ = min(((bounds[called], called) for called in left if called in bounds), default=None)
        if next_ is None:
            return None
        (count, each), called = next_
        cost += rows * each
        rows *= count
        met[called] = left.pop(called)
    return Few(rows, cost, 0.0 if plain.sole else rows * sum(read.table.row_mb for read in known))


def _bounds(read: Read, first: tuple[str, int] | None, page_cost: float) -> Iterator[tuple[int, float]]:
    """The rows of a table, and their cost, that each of its keys leaves by itself.

    A number with a fraction has no place in an index of whole numbers.
    """
    if not read.table.keys or not (read.filters or first):
        return
    fixed = {each.column for each in read.filters if _is_one(each.spans)}
    if any(key <= fixed for key in read.table.keys):
        yield 1, 2 * page_cost
    for column, row_cost in read.table.ordered.items():
        if first and first[0] == column:
            count = max(1, first[1])
            yield count, 2 * page_cost + count * row_cost
        for spans in _closed([each.spans for each in read.filters if each.column == column]):
            count = sum(max(1, high - low + 1) for low, high in spans)
            yield count, len(spans) * 2 * page_cost + count * row_cost


def _is_joined(plain: Plain, read: Read, met: Mapping[str, Read]) -> bool:
    """Whether a key of a table must equal a column of one that is ``met``, both of whole numbers."""
    return any(
        whose == read.called and column in read.whole and {column} in read.table.keys and its in met[other].whole
        for pair in plain.equal
        for (whose, column), (other, its) in (pair, pair[::-1])
        if other in met
    )


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
