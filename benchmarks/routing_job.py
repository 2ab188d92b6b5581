"""The job of the routing benchmark: 60 statements on both engines and routed, before and after ``tune``; prints JSON.

``python -m benchmarks.routing_job FOLDER ROWS``: four tables up to ROWS rows, each in PostgreSQL and as Parquet.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import duckdb

from ciq.postgres import Server, connect, embedded, roles
from ciq.router import Router, tune
from ciq.router.settings import Settings
from ciq.router.shapes import Shapes
from ciq.router.statement import ENGINES

TRIES = 8
ROUTED = ("new", "numbers", "seen")
"""A text that the router has not seen, one that differs in its numbers from one that it has, and one that it has."""

WAYS = (*ENGINES, *ROUTED)

SHARES = (500, 50, 5, 1)
"""The tables have ROWS divided by these."""

ROWS = """
SELECT i AS id, (hash(i) % 1000)::INT AS k, (hash(i + 7) % 20)::INT AS g, (hash(i + 9) % 1000000) / 1e6 AS x,
    'name ' || (hash(i + 11) % 5000) AS name, DATE '2020-01-01' + (i % 1500)::INT AS d FROM range(1, {rows} + 1) r(i)
"""
SHAPES = (
    "SELECT * FROM {t} WHERE id = {middle}",
    "SELECT id, name, x FROM {t} WHERE id BETWEEN {middle} AND {middle} + 10000",
    "SELECT * FROM {t} WHERE id BETWEEN {middle} AND {middle} + 100",
    "SELECT sum(x), count(*) FROM {t} WHERE id BETWEEN {middle} AND {middle} + 1000",
    "SELECT id, x FROM {t} ORDER BY id LIMIT 10",
    "SELECT id, x FROM {t} ORDER BY x DESC, id LIMIT 10",
    "SELECT count(*) FROM {t}",
    "SELECT g, sum(x), avg(k) FROM {t} GROUP BY g",
    "SELECT k, count(*) FROM {t} GROUP BY k HAVING avg(x) > 0.5",
    "SELECT * FROM {t} WHERE x > 0.999",
    "SELECT count(DISTINCT name) FROM {t}",
    "SELECT count(*) FROM {t} WHERE name LIKE '%99%'",
    "SELECT g, max(d), min(x) FROM {t} WHERE d >= DATE '2022-01-01' GROUP BY g",
    "SELECT s.g, count(*), sum(t.x) FROM {t} t JOIN {s} s ON t.k = s.id GROUP BY s.g",
    "SELECT t.*, s.name FROM {t} t JOIN {s} s ON t.k = s.id WHERE t.id = {middle}",
)


def main() -> None:
    """Load, measure, tune, measure again."""
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "warehouse").mkdir(parents=True)
    server = embedded.start(folder)
    os.environ["PG_DSN"] = server.dsn
    try:
        statements = prepared(folder, server, rows)
        before = in_turn(folder, statements)
        found = tune.fit(Settings().cost, tune.calls(folder))
        tune.write(folder / "router.yml", found.after)
        after = in_turn(folder, statements)
    finally:
        embedded.stop(folder)
    print(json.dumps({"before": before, "after": after, "cost": found.after.model_dump()}))


def prepared(folder: Path, server: Server, rows: int) -> list[tuple[str, ...]]:
    """Make the tables on both engines; the statements over them, each once a try with other numbers, if it has any."""
    roles.ensure(server)
    sizes = [max(rows // share, 1000) for share in SHARES]
    for size in sizes:
        load(folder, server, f"t{size}", size)
    copies = ", ".join(f"api.t{size}: t{size}.parquet" for size in sizes)
    (folder / "router.yml").write_text(f"relations: {{{copies}}}\n", encoding="utf-8")
    return [
        tuple(
            shape.format(t=f"api.t{size}", s=f"api.t{sizes[0]}", middle=size // 2 + number)
            for number in range(TRIES + 2)
        )
        for size in sizes
        for shape in SHAPES
    ]


def load(folder: Path, server: Server, name: str, size: int) -> None:
    """One table as Parquet and, with an index on its key, in PostgreSQL."""
    text = folder / f"{name}.csv"
    with duckdb.connect() as memory:
        memory.sql(ROWS.format(rows=size)).write_parquet(str(folder / f"{name}.parquet"))
        memory.read_parquet(str(folder / f"{name}.parquet")).write_csv(str(text), header=False)
    with closing(connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor, text.open() as stream:
            kinds = "id bigint PRIMARY KEY, k int, g int, x float8, name text, d date"
            cursor.execute(f"CREATE TABLE api.{name} ({kinds})")
            cursor.copy_expert(f"COPY api.{name} FROM STDIN (FORMAT csv)", stream)
            cursor.execute(f"VACUUM ANALYZE api.{name}")
            cursor.execute(f"GRANT SELECT ON api.{name} TO ciq_reader")
    text.unlink()


def in_turn(folder: Path, statements: list[tuple[str, ...]]) -> list[dict[str, float]]:
    """The milliseconds of each statement on each engine and routed, on a router that is warm.

    The ways take turns in a shuffled order, since each leaves an engine's caches warm or cold to the next. The figures
    are the least of the tries: what other programs do meanwhile can only add to them. ``chosen`` is what the engine
    that the router chose takes alone.
    """
    router = Router.from_config(folder / "router.yml")
    found = []
    for sql, *others in statements:
        tries: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(TRIES + 1):
            for way in Random(number).sample(WAYS, len(WAYS)):
                tries[way].append(once(router, others[number] if way == "numbers" else sql, way))
        least = {way: min(times[1:]) for way, times in tries.items()}
        found.append({**least, "chosen": least[router.decide(sql).engine or ""]})
    router.close()
    return found


def once(router: Router, sql: str, way: str) -> float:
    """The milliseconds of a statement with all its rows.

    Where it is routed its decision counts: made anew where ``way`` is "new", and kept from an earlier call where it is
    "seen". Else ``way`` is the engine that is asked for, and what that one takes alone is all.
    """
    kept = router._known.shapes
    if way == "new":
        router._known.decisions.clear()
        router._known.shapes = Shapes()
    start = time.perf_counter()
    answer = router.execute(sql, engine=None if way in ROUTED else way)
    answer.table()
    taken = time.perf_counter() - start if way in ROUTED else answer.elapsed
    router._known.shapes = kept
    return taken * 1000


if __name__ == "__main__":
    main()
