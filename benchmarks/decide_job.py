"""The job of the decision benchmark: microseconds of each try, a list a statement, by what was done; prints JSON.

They are of this thread's CPU, as nothing else works for a decision and other programs take turns. Where the server
plans they are of the clock.

``python -m benchmarks.decide_job FOLDER``: TPC-H's tables as Parquet at scale 0.01, and without rows in PostgreSQL.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import sqlglot
from duckdb_extensions import import_extension

from ciq.postgres import Server, connect, embedded, roles
from ciq.router import Router
from ciq.router.shapes import Shapes

TRIES = 50
TABLES = ("lineitem", "orders", "customer", "part", "partsupp", "supplier", "nation", "region")


def main() -> None:
    """Lay out, then measure what is compared in turn."""
    folder = Path(sys.argv[1])
    (folder / "warehouse").mkdir(parents=True)
    server = embedded.start(folder)
    os.environ["PG_DSN"] = server.dsn
    try:
        statements = prepared(folder, server)
        router = Router.from_config(folder / "router.yml")
        planned = [tries(lambda sql: anew(router, sql), sql, time.perf_counter) for sql in statements]
        # The catalogue and the footers are known to the router, and now the plans are too.
        engine = router._postgres
        assert engine is not None
        engine.estimate = functools.cache(engine.estimate)  # type: ignore[method-assign]
        pairs = [(tries(lambda sql: anew(router, sql), sql), tries(parsed, sql)) for sql in statements]
        again = [tries(router.decide, sql) for sql in statements]
    finally:
        embedded.stop(folder)
    decide, sqlglots = zip(*pairs, strict=True)
    print(json.dumps({"decide": decide, "sqlglot": sqlglots, "planned": planned, "again": again}))


def prepared(folder: Path, server: Server) -> list[str]:
    """Make the tables on both engines; the statements over them."""
    import_extension("tpch")
    roles.ensure(server)
    with duckdb.connect() as memory, closing(connect(server)) as connection:
        memory.execute("LOAD tpch; CALL dbgen(sf = 0.01)")
        with connection, connection.cursor() as cursor:
            for name in TABLES:
                table = memory.table(name)
                table.write_parquet(str(folder / f"{name}.parquet"))
                columns = ", ".join(f"{column} {kind}" for column, kind in zip(table.columns, table.types, strict=True))
                cursor.execute(f"CREATE TABLE {name} ({columns}); GRANT SELECT ON {name} TO ciq_reader")
        copies = ", ".join(f"public.{name}: {name}.parquet" for name in TABLES)
        settings = f"defaults: {{search_path: [public]}}\nrelations: {{{copies}}}\n"
        (folder / "router.yml").write_text(settings, encoding="utf-8")
        return [sql for _, sql in memory.execute("FROM tpch_queries() ORDER BY 1").fetchall()]


def anew(router: Router, sql: str) -> None:
    """Decide as if the text had never been seen."""
    router._known.decisions.clear()
    router._known.shapes = Shapes()
    if router.decide(sql).rule not in ("cost", "not portable"):
        raise SystemExit(f"it is not decided between the engines: {sql}")


def parsed(sql: str) -> None:
    """A parse and nothing else."""
    sqlglot.parse_one(sql, read="postgres")


def tries(what: Callable[[str], object], sql: str, clock: Callable[[], float] = time.thread_time) -> list[float]:
    """Microseconds of each try, after one that is not counted."""
    what(sql)
    found = []
    for _ in range(TRIES):
        start = clock()
        what(sql)
        found.append((clock() - start) * 1e6)
    return found


if __name__ == "__main__":
    main()
