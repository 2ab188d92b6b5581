"""What the engines say of their own functions, operators and types: ``python -m ciq.router.catalogue.derive``.

It rewrites ``postgres.csv`` from the server that PG_DSN names, or the embedded one, and ``duckdb.csv`` from the
installed DuckDB.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEADER = ("kind", "name", "volatility")

# Overloads count as their worst. What takes or returns internals is called by the server, not by statements; it could
# reach a domain's check or a trigger's body.
_POSTGRES = """
WITH functions AS (
    SELECT proname, provolatile, prorettype::regtype::text AS result, proargtypes::regtype[]::text[] AS arguments
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
)
SELECT 'version', 'postgres', current_setting('server_version')
UNION ALL
SELECT 'function', proname, max(CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END)
FROM functions GROUP BY proname
HAVING NOT bool_or(result IN ('internal', 'cstring', 'trigger', 'event_trigger') OR result LIKE '%_handler'
    OR arguments && ARRAY['internal', 'cstring'])
UNION ALL
SELECT 'operator', oprname, max(CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END)
FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode WHERE oprnamespace = 'pg_catalog'::regnamespace GROUP BY oprname
UNION ALL
SELECT 'type', typname, '' FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'm', 'r')
"""

_DUCKDB = """
SELECT 'version', 'duckdb', ltrim(version(), 'v')
UNION ALL
SELECT CASE WHEN function_type LIKE 'table%' THEN 'table' ELSE 'function' END, function_name,
    max(CASE WHEN has_side_effects OR stability = 'VOLATILE' THEN 'volatile'
        WHEN stability = 'CONSISTENT_WITHIN_QUERY' THEN 'stable' ELSE 'immutable' END)
FROM duckdb_functions() WHERE function_type <> 'pragma' GROUP BY ALL
UNION ALL
SELECT DISTINCT 'type', lower(type_name), '' FROM duckdb_types()
"""

Row = tuple[str, ...]


def postgres_rows(cursor: Any) -> list[Row]:
    """The rows of ``postgres.csv``, sorted, from a psycopg2 cursor."""
    cursor.execute(_POSTGRES)
    return sorted(cursor.fetchall())


def duckdb_rows(connection: DuckDBPyConnection) -> list[Row]:
    """The rows of ``duckdb.csv``, sorted."""
    return sorted(connection.execute(_DUCKDB).fetchall())


def _write(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([HEADER, *rows])


def main() -> None:
    """Rewrite both files beside this module."""
    import duckdb

    from ciq.postgres import connect, resolved

    with closing(connect(resolved(Path()))) as server, server.cursor() as cursor:
        _write(Path(__file__).with_name("postgres.csv"), postgres_rows(cursor))
    with duckdb.connect() as memory:
        _write(Path(__file__).with_name("duckdb.csv"), duckdb_rows(memory))


if __name__ == "__main__":
    main()
