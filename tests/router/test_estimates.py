"""What a read on DuckDB is expected to take: the columns and row groups that the footers say it has to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from postgres_server import execute
from psycopg2.extensions import parse_dsn
from psycopg2.sql import SQL, Identifier

from ciq.postgres import Server
from ciq.router import Router, classify
from ciq.router.footer import Footer, read_footer
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.settings import Settings
from ciq.router.statement import Filter

GROUP = 2048
ROWS = """
SELECT i::INT AS i, i / 2.0::DOUBLE AS x, (i * 0.01)::DECIMAL(12, 2) AS n, 'name ' || lpad(i::TEXT, 6, '0') AS name,
    DATE '2020-01-01' + (i // 100)::INT AS d, TIMESTAMP '2020-01-01' + INTERVAL 1 MINUTE * i AS at,
    TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL 1 MINUTE * i AS tz, (i % 7)::INT AS k,
    CASE WHEN i > 10240 THEN i END AS sparse FROM range(20480) r(i)
"""
PRUNED = [
    ("i = 5000", 1),
    ("5000 = i", 1),
    ("i IN (1, 20000)", 2),
    ("i BETWEEN 4000 AND 4000 + 200", 2),
    ("i > 20000 - 1", 1),
    ("20000 < t.i", 1),
    ("i >= 100 AND i < 200", 1),
    ("x < 10.5", 1),
    ("n <= 5", 1),
    ("name = 'name 000500'", 1),
    ("d = DATE '2020-02-01'", 1),
    ("d >= '2020-06-01'", 3),
    ("t.\"at\" < TIMESTAMP '2020-01-02'", 1),
    ("tz < TIMESTAMPTZ '2020-01-02 00:00:00+00'", 1),
    ("k = 8", 0),
    ("sparse > 20000", 6),  # nothing is known of a group of NULLs
    ("i < 100 AND d > '2020-06-01'", 0),
]
WHOLE = [
    "true",
    "x < 'NaN'",
    "k < 'Infinity'::float8",
    "k = 3",
    "i = 5000 OR k = 1",
    "NOT i = 5000",
    "abs(i) = 5000",
    "i <> 1",
    "x = i",
]


@pytest.fixture(scope="module")
def sorted_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, Footer]]:
    """Ten row groups, in order of nearly every column."""
    path = tmp_path_factory.mktemp("footer") / "t.parquet"
    with duckdb.connect() as memory:
        memory.execute("SET TimeZone = 'UTC'")
        memory.sql(ROWS).write_parquet(str(path), row_group_size=GROUP)
        memory.read_parquet(str(path), file_row_number=True).create_view("t")
        yield memory, read_footer(path)


def estimate(footer: Footer, sql: str) -> tuple[float, int]:
    statement = classify(sql)
    (scan,) = statement.scans
    return footer.read(statement.columns, scan.filters)


@pytest.mark.parametrize(("where", "groups"), [*PRUNED, *((where, 10) for where in WHOLE)])
def test_no_row_group_with_a_wanted_row_is_passed_over(
    sorted_file: tuple[duckdb.DuckDBPyConnection, Footer], where: str, groups: int
) -> None:
    memory, footer = sorted_file
    sql = f"SELECT i, file_row_number // {GROUP} AS place FROM t WHERE {where}"  # noqa: S608  # of this very file
    holding = len(memory.sql(sql).unique("place").fetchall())
    assert estimate(footer, sql)[1] == groups * GROUP
    assert holding <= groups


def test_what_python_has_no_value_for_has_no_bounds(tmp_path: Path) -> None:
    path = tmp_path / "far.parquet"
    far = "SELECT DATE '99999-01-01' AS d, TIMESTAMP '99999-01-01 00:00:00' AS at, 'NaN'::DOUBLE AS x, [1] AS l, 2 AS i"
    duckdb.sql(far).write_parquet(str(path))
    footer = read_footer(path)
    kept = {
        name: footer.read(frozenset({name}), [Filter(name, (("3", None),))])[1] for name in ("d", "at", "x", "l", "i")
    }
    assert kept == {"d": 1, "at": 1, "x": 1, "l": 1, "i": 0}


def test_only_the_columns_that_are_named_are_read(sorted_file: tuple[duckdb.DuckDBPyConnection, Footer]) -> None:
    _, footer = sorted_file
    sizes = {name: estimate(footer, f"SELECT {name} FROM t")[0] for name in ("i", "k", "name")}  # noqa: S608
    assert estimate(footer, "SELECT k FROM t WHERE i > 0")[0] == pytest.approx(sizes["i"] + sizes["k"])
    assert estimate(footer, "SELECT * FROM t")[0] > sum(sizes.values())
    assert estimate(footer, "SELECT count(*) FROM t") == (0, 0)


@pytest.mark.parametrize(
    ("sql", "filters"),
    [
        ("SELECT 1 FROM a JOIN b ON true WHERE a.x = 1 AND y = 2", {"a": {"x", "y"}, "b": {"y"}}),
        ("SELECT 1 FROM a AS z, b WHERE z.x = 1 AND b.y > 2", {"a": {"x"}, "b": {"y"}}),
        ("WITH c AS (SELECT * FROM a WHERE x = 1) SELECT 1 FROM c, b WHERE c.y = 2", {"a": {"x"}, "b": set()}),
        ("SELECT 1 FROM a WHERE x IN (SELECT y FROM b WHERE y = 2)", {"a": set(), "b": {"y"}}),
        ("SELECT 1 FROM a z(x) WHERE x = 1", {"a": set()}),
        ("SELECT 1 FROM (a JOIN b ON true) z(x) WHERE x = 1", {"a": set(), "b": set()}),
        ("SELECT 1 FROM a WHERE x = $1 AND y LIKE 'z%' AND z IN (1, w)", {"a": set()}),
    ],
)
def test_each_scan_has_the_filters_of_its_own_query(sql: str, filters: dict[str, set[str]]) -> None:
    found = {str(scan.relation): {each.column for each in scan.filters} for scan in classify(sql).scans}
    assert found == filters


def test_both_engines_say_what_a_read_would_take(router: Router) -> None:
    figures = router.decide("SELECT sum(x) FROM api.both WHERE i > 5").figures
    assert figures.keys() == {"duckdb_mb", "duckdb_mrow", "pg_cost", "pg_mb"}
    assert figures["duckdb_mrow"] == 0.001
    assert router.decide("SELECT sum(x) FROM api.both WHERE i > 5000").figures["duckdb_mrow"] == 0


def test_what_else_the_server_tells_the_client_is_no_estimate(served: Server, router: Router) -> None:
    """A server may send its log lines after the plan."""
    name = Identifier(str(parse_dsn(served.dsn)["dbname"]))
    before = router.decide("SELECT count(*) FROM api.both").figures["pg_cost"]
    for setting in ("client_min_messages = log", "log_duration = on"):
        execute(served, SQL(f"ALTER DATABASE {{}} SET {setting}").format(name))
    engine = PostgresEngine(served, Settings())
    try:
        found = [engine.estimate("SELECT count(*) FROM api.both") for _ in range(2)]
    finally:
        execute(served, SQL("ALTER DATABASE {} RESET ALL").format(name))
        engine.close()
    assert [each and each["pg_cost"] for each in found] == [before, before]


def test_postgres_is_asked_only_where_its_answer_matters(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("ciq.router.postgres_engine.PostgresEngine.estimate", lambda _, sql: asked.append(sql))
    for sql, context in (("SELECT sum(x) FROM api.both", "api"), ("SELECT upper(name) FROM api.both", "batch")):
        assert not router.decide(sql, context).figures  # type: ignore[arg-type]
    assert not asked
    assert router.decide("SELECT sum(x) FROM api.both").rule == "api schema"
    assert asked == ["SELECT sum(x) FROM api.both"]


def test_an_answer_of_many_rows_costs_postgres_more(router: Router) -> None:
    few, many = (router.decide(f"SELECT i, x FROM api.both LIMIT {count}") for count in (1, 100))  # noqa: S608
    assert few.figures["pg_mb"] < many.figures["pg_mb"]
    assert (few.engine, many.estimates["pg"] > few.estimates["pg"]) == ("pg", True)
