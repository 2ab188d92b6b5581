"""What sizes and keys of tables say of a read on PostgreSQL, where that is enough and its planner need not be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ciq.router.catalog import Catalog
from ciq.router.decide import FEW, WHOLE, estimated, least, most
from ciq.router.keyed import Read, few, reads
from ciq.router.settings import Cost
from ciq.router.statement import Plain, Statement


def figures(statement: Statement, catalog: Catalog, cost: Cost, duckdb: Mapping[str, float]) -> dict[str, float]:
    """PostgreSQL's figures for a read that the engines have alike; none where its planner is to be asked.

    Of what is read whole, the rows alone may cost more than DuckDB takes for the read, whose figures are ``duckdb``; or
    what keys leave of it may cost less. One row by its key is what the planner would say.
    """
    plain = statement.plain
    if plain is None or not duckdb:
        return {}
    known, limit = reads(plain, statement.scans, catalog), estimated(cost, "duckdb", duckdb)
    whole = 0.0 if _may_come_sorted(plain, known) else sum(_whole(read) for read in known)
    if whole and least(cost, whole) > limit:
        return {WHOLE: whole}
    found = few(plain, known, catalog.page_cost)
    if found and len(plain.sought) == found.rows == 1 and not plain.first:
        return {"pg_cost": found.cost, "pg_mb": 0.0}
    if found and most(cost, found.cost, found.megabytes) < limit:
        return dict(zip(FEW, (found.cost, found.megabytes), strict=True))
    return {}


def _may_come_sorted(plain: Plain, known: Sequence[Read]) -> bool:
    """Whether the first rows may come from an index, and the rest of what they are joined with is not come to."""
    if plain.sorted_by and len(known) < len(plain.sought):
        return True
    return any(
        whose in ("", read.called) and (not read.table.rows_cost or column in read.table.indexed)
        for whose, column in plain.sorted_by
        for read in known
    )


def _whole(read: Read) -> float:
    """The least that the planner can find a table to cost, by the rows that it must come to."""
    return read.table.rows_cost if read.columns is not None and read.columns.isdisjoint(read.table.indexed) else 0.0
