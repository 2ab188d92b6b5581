"""What sizes and keys of tables say of a read on PostgreSQL, where that is enough and its planner need not be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ciq.router.catalog import Catalog, Table
from ciq.router.decide import FEW, WHOLE, estimated, least, most
from ciq.router.keyed import few
from ciq.router.settings import Cost
from ciq.router.statement import Plain, Statement


def figures(statement: Statement, catalog: Catalog, cost: Cost, duckdb: Mapping[str, float]) -> dict[str, float]:
    """PostgreSQL's figures for a read that the engines have alike; none where its planner is to be asked.

    One row by its key is what the planner would say. Else what keys leave of a read may cost less than DuckDB takes for
    it, whose figures are ``duckdb``; or of what is read whole, the rows alone may cost more.
    """
    plain = statement.plain
    if plain is None or not duckdb:
        return {}
    found, limit = few(plain, statement.scans, catalog), estimated(cost, "duckdb", duckdb)
    if found and len(plain.sought) == found.rows == 1 and not plain.first:
        return {"pg_cost": found.cost, "pg_mb": 0.0}
    if found and most(cost, found.cost, found.megabytes) < limit:
        return dict(zip(FEW, (found.cost, found.megabytes), strict=True))
    whole = sum(_whole(table, columns) for table, columns in _tables(plain, catalog))
    return {WHOLE: whole} if whole and least(cost, whole) > limit else {}


def _tables(plain: Plain, catalog: Catalog) -> Iterator[tuple[Table, frozenset[str] | None]]:
    """The tables that are known of those which are read, each with the columns by which it is sought."""
    for _, relation, columns in plain.sought:
        place = catalog.place(relation.schema, relation.name)
        if place in catalog.tables:
            yield catalog.tables[place], columns


def _whole(table: Table, columns: frozenset[str] | None) -> float:
    """The least that the planner can find a table to cost, by the rows that it must come to."""
    return table.rows_cost if columns is not None and columns.isdisjoint(table.indexed) else 0.0
