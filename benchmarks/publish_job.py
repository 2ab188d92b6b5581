"""A route of publishing, as a job that times itself: ``python -m benchmarks.publish_job ROUTE DUCKDB DSN [ROWS]``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from ciq.postgres import Server, connect, embedded
from ciq.publish.copying import copy
from ciq.publish.load import Description, create, load
from ciq.publish.types import columns

ROWS = """
CREATE TABLE rows AS SELECT
  md5(range::VARCHAR) AS row_id,
  range::BIGINT AS id,
  TIMESTAMP '2026-01-01' + to_seconds(range) AS seen_at,
  (range % 2)::TINYINT AS treated,
  random() AS y,
  (18 + range % 70)::SMALLINT AS age,
  ['M', 'F', 'U'][1 + range % 3] AS gender,
  random()::FLOAT AS score,
  random() AS ps_hat,
  1 + random() AS weight
FROM range({rows})
"""
SOURCE = exp.select("*").from_("rows")
TABLE = exp.table_("published", db="public", quoted=True)
DROP = "DROP TABLE IF EXISTS public.published"


def prepare(warehouse: duckdb.DuckDBPyConnection, server: Server, rows: str) -> None:
    """Make the rows, and the server's own file of them."""
    warehouse.execute("SET threads = 1")
    warehouse.execute(ROWS.format(rows=int(rows)))
    with closing(connect(server)) as connection, connection, connection.cursor() as cursor:
        load(warehouse, SOURCE, cursor, TABLE, Description())
        cursor.execute(f"COPY public.published TO '{_encoded(cursor)}' WITH (FORMAT binary)")


def main(route: str, path: str, dsn: str, *rest: str) -> None:
    """Run a route on a new table and print its seconds as JSON."""
    server = Server(dsn, "PG_DSN")
    with closing(duckdb.connect(path, config={"memory_limit": "300MB"} if route != "prepare" else {})) as warehouse:
        if route == "prepare":
            return prepare(warehouse, server, *rest)
        with closing(connect(server)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(DROP)
            cursor.execute("COMMIT; CHECKPOINT; BEGIN")
            start = time.perf_counter()
            ROUTES[route](warehouse, cursor, dsn)
            connection.commit()
            seconds = time.perf_counter() - start
    sys.stdout.write(json.dumps({"seconds": seconds}))
    return None


def _copy(warehouse: duckdb.DuckDBPyConnection, cursor: Any, dsn: str) -> None:
    cursor.execute(_create(warehouse))
    copy(warehouse, SOURCE, _columns(warehouse), cursor, TABLE, freeze=True)


def _whole(warehouse: duckdb.DuckDBPyConnection, cursor: Any, dsn: str) -> None:
    load(warehouse, SOURCE, cursor, TABLE, Description(("row_id",), (("id", "seen_at"),), "The rows"))


def _server(warehouse: duckdb.DuckDBPyConnection, cursor: Any, dsn: str) -> None:
    cursor.execute(_create(warehouse))
    cursor.execute(f"COPY public.published FROM '{_encoded(cursor)}' WITH (FORMAT binary, FREEZE)")


def _pandas(warehouse: duckdb.DuckDBPyConnection, cursor: Any, dsn: str) -> None:
    cursor.execute(_create(warehouse))
    cursor.execute("COMMIT")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv.gz"
        warehouse.execute("SELECT * FROM rows").df().to_csv(file, index=False, compression="gzip")
        command = f"\\copy public.published FROM PROGRAM 'gzip -dc {file}' WITH (FORMAT csv, HEADER)"
        subprocess.run([str(embedded.installed("psql")), "-q", "-d", dsn, "-c", command], check=True)


def _columns(warehouse: duckdb.DuckDBPyConnection) -> Any:
    return columns([(row[0], row[1]) for row in warehouse.execute("DESCRIBE rows").fetchall()])


def _create(warehouse: duckdb.DuckDBPyConnection) -> str:
    return create(TABLE, _columns(warehouse))


def _encoded(cursor: Any) -> str:
    cursor.execute("SHOW data_directory")
    return f"{cursor.fetchone()[0]}/rows.bin"


ROUTES: dict[str, Callable[[duckdb.DuckDBPyConnection, Any, str], None]] = {
    "copy": _copy,
    "whole": _whole,
    "server": _server,
    "pandas": _pandas,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
