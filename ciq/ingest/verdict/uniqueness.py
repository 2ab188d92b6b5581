"""Keys that may not repeat, judged exactly on the values after their mends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.clean import cleaned
from ciq.contract.model import Contract
from ciq.ingest.engine import call, column, rows
from ciq.ingest.verdict.judging import POSITION

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SHIFT = 1 << 40
"""Beyond any record number, so that file ordinal and record fit one sortable integer."""


@dataclass(frozen=True)
class Repeat:
    """A key that repeats: ``count`` rows too many of the ``rows`` that share a value with another.

    ``pairs`` are the first and second place of some of its values.
    """

    key: tuple[str, ...]
    count: int
    rows: int
    pairs: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def repeats(con: DuckDBPyConnection, contract: Contract, typed: exp.Query, limit: int) -> Iterator[Repeat]:
    """Unique keys that repeat, each with up to ``limit`` pairs of places; a key with a NULL in it repeats nothing."""
    survivors = _survivors(contract)
    for key in contract.unique_keys:
        if survivors and set(survivors) <= set(key):
            continue
        if any(_only_grows(con, contract, typed, name) for name in key):
            continue
        keyed = _keyed(contract, typed, key, survivors)
        counted = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(keyed.copy().subquery("k"))
        counted = counted.group_by(*map(column, key)).having(exp.GT(this=column("n"), expression=exp.convert(1)))
        sums = exp.select(exp.Sum(this=column("n")), exp.Count(this=exp.Star())).from_(counted.subquery("c"))
        ((shared, distinct),) = rows(con, sums)
        if distinct:
            yield Repeat(key, int(shared) - distinct, int(shared), tuple(_pairs(con, keyed, key, limit)))


def repeated_rows(contract: Contract, typed: exp.Query, key: tuple[str, ...]) -> exp.Select:
    """The (file ordinal, record) of every row that shares its value of ``key`` with another."""
    keyed = _keyed(contract, typed, key, _survivors(contract))
    query = exp.select(*map(column, POSITION)).from_(keyed.subquery("k"))
    shared = exp.Window(this=exp.Count(this=exp.Star()), partition_by=list(map(column, key)))
    query.set("qualify", exp.Qualify(this=exp.GT(this=shared, expression=exp.convert(1))))
    return query


def _survivors(contract: Contract) -> tuple[str, ...]:
    """The key of which one row stays, so that the others repeat nothing."""
    return contract.clean.deduplicate.by if contract.clean.deduplicate else ()


def _only_grows(con: DuckDBPyConnection, contract: Contract, typed: exp.Query, name: str) -> bool:
    """Whether each value is above the one before it, which costs a hundredth of the count and settles most keys."""
    if contract.type_of(name).kind == "text":
        return False
    value = exp.alias_(cleaned(contract, name, column(name)), "value")
    before = exp.Window(this=exp.Lag(this=column("value")))
    chained = exp.select(column("value"), exp.alias_(before, "before")).from_(
        exp.select(value).from_(typed.copy().subquery("t")).subquery("v")
    )
    grows = exp.GT(this=column("value"), expression=column("before"))
    every = exp.Count(this=exp.Star())
    kept = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=grows))
    total, growing = rows(con, exp.select(every, kept).from_(chained.subquery("c")))[0]
    return bool(growing == total - 1)


def _keyed(contract: Contract, typed: exp.Query, key: tuple[str, ...], survivors: tuple[str, ...]) -> exp.Select:
    names = tuple(dict.fromkeys((*key, *survivors)))
    values = [exp.alias_(cleaned(contract, name, column(name)), name, quoted=True) for name in names]
    keyed = exp.select(*values, *map(column, POSITION)).from_(typed.copy().subquery("t"))
    if survivors:
        keyed = exp.select("*").from_(keyed.subquery("s"))
        order = exp.Order(expressions=[exp.Ordered(this=column(name), desc=True) for name in POSITION])
        rank = exp.Window(this=exp.RowNumber(), partition_by=[column(name) for name in survivors], order=order)
        keyed.set("qualify", exp.Qualify(this=exp.EQ(this=rank, expression=exp.convert(1))))
    present = [column(name).is_(exp.null()).not_() for name in key]
    return exp.select("*").from_(keyed.subquery("p")).where(*present)


def _pairs(
    con: DuckDBPyConnection, keyed: exp.Select, key: tuple[str, ...], limit: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    place = exp.Add(
        this=exp.Mul(this=exp.cast(column("_file"), "BIGINT"), expression=exp.convert(_SHIFT)),
        expression=column("_row"),
    )
    two = exp.alias_(call("min", place, exp.convert(2)), "two")
    grouped = exp.select(two).from_(keyed.copy().subquery("k")).group_by(*map(column, key))
    grouped = grouped.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.convert(1)))
    for ((one, other),) in rows(con, grouped.order_by(column("two")).limit(limit)):
        yield divmod(one, _SHIFT), divmod(other, _SHIFT)
