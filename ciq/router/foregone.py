"""What sizes and keys of tables say of a read on PostgreSQL, where that is enough and its planner need not be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ciq.router.catalog import Catalog, Table
from ciq.router.decide import WHOLE, estimated, least
from ciq.router.settings import Cost
from ciq.router.statement import Statement


def figures(statement: Statement, catalog: Catalog, cost: Cost, duckdb: Mapping[str, float]) -> dict[str, float]:
    """PostgreSQL's figures for a read that the engines have alike; none where its planner is to be asked.

    A row by its key takes two pages. Of what is read whole, the rows alone may cost more than DuckDB takes for the
    read, whose figures are ``duckdb``.
    """
    if not statement.sought or not duckdb:
        return {}
    if _by_key(statement, catalog):
        return {"pg_cost": 2 * catalog.page_cost, "pg_mb": 0.0}
    whole = sum(_whole(table, columns) for table, columns in _tables(statement, catalog))
    return {WHOLE: whole} if whole and least(cost, whole) > estimated(cost, "duckdb", duckdb) else {}


def _tables(statement: Statement, catalog: Catalog) -> Iterator[tuple[Table, frozenset[str] | None]]:
    """The tables that are known of those which are read, each with the columns by which it is sought."""
    for relation, columns in statement.sought:
        place = catalog.place(relation.schema, relation.name)
        if place in catalog.tables:
            yield catalog.tables[place], columns


def _whole(table: Table, columns: frozenset[str] | None) -> float:
    """The least that the planner can find a table to cost, by the rows that it must come to."""
    return table.rows_cost if columns is not None and columns.isdisjoint(table.indexed) else 0.0


def _by_key(statement: Statement, catalog: Catalog) -> bool:
    """Whether nothing but one row can be read, by a constant for each column of a key.

    A number with a fraction has no place in an index of whole numbers.
    """
    if len(statement.sought) != 1:
        return False
    filters = [each for scan in statement.scans for each in scan.filters if len(each.spans) == 1]
    held = {each.column for each in filters for low, high in each.spans if low == high and not isinstance(low, float)}
    return any(key <= held for table, _ in _tables(statement, catalog) for key in table.keys)
