"""What is on the portable list is answered alike by both engines; what differs is kept off it, with the reason."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from postgres_server import execute, new_database
from soaking import campaign

from ciq.postgres import Server, roles
from ciq.router import Router, classify, portable
from ciq.router.statement import Engine

TYPES = {"i": "int", "k": "int", "name": "text", "x": "float8", "n": "numeric(12,2)", "d": "date", "b": "bool"}
VALUES = """
(1, 3, 'ann', 1.5, 10.25, DATE '2024-02-29', true), (2, 3, 'Bob', -2.25, -7.10, DATE '1999-12-31', false),
(3, NULL, 'a_c%', 0.0, 0.00, NULL, NULL), (4, -7, 'Ärger', 1e10, 99999.99, DATE '2001-01-01', true),
(5, 2, '', NULL, NULL, DATE '1970-01-01', false), (NULL, 0, NULL, -0.5, 3.33, DATE '2024-03-01', true),
(7, 7, 'zz top', 2.5, 2.50, DATE '1900-06-15', false), (-8, 5, 'ann', 3.0, -0.01, DATE '2024-02-29', NULL)
"""
EXPRESSIONS = [
    *(
        "i",
        "i + k",
        "i - 2 * k",
        "i / 2",
        "i % 3",
        "-i",
        "x * 2",
        "x / 4.0",
        "n + 1",
        "n * n",
        "n - x",
        "abs(i)",
        "abs(n)",
    ),
    *(
        "coalesce(i, 0)",
        "coalesce(k, i)",
        "CASE WHEN i > 2 THEN k ELSE 0 END",
        "CASE k WHEN 3 THEN 1 END",
        "substring(name FROM 1) || '!'",
    ),
    *("substring(name FROM 1 FOR 2)", "substring(name FROM 2)", "extract(year FROM d)", "extract(month FROM d)", "d"),
    *(
        "extract(day FROM d)",
        "d + INTERVAL '1 month'",
        "d - DATE '2000-01-01'",
        "i::float8",
        "CAST('2020-02-29' AS date)",
    ),
    *("(SELECT max(k) FROM lab.t)", "i = k", "b", "name"),
]
CONDITIONS = [
    *(
        "true",
        "i > 2",
        "k <> 3",
        "x <= 1.5 OR x IS NULL",
        "NOT b",
        "b IS NOT TRUE",
        "name LIKE 'a%'",
        "name NOT LIKE '%_n%'",
    ),
    *(
        "i BETWEEN 2 AND 5",
        "i NOT BETWEEN 2 AND 5",
        "k IN (3, 7)",
        "k NOT IN (SELECT i FROM lab.t WHERE i IS NOT NULL)",
    ),
    *(
        "EXISTS (SELECT 1 FROM lab.t u WHERE u.k = t.i)",
        "d >= DATE '2000-01-01'",
        "name >= 'a'",
        "n < 10.25 AND i IS NOT NULL",
    ),
]
WHOLE = [
    "SELECT k, count(*), count(i), count(DISTINCT name), sum(i), sum(n), avg(i), min(x), max(d) FROM lab.t GROUP BY k",
    "SELECT min(name), max(name), min(n), max(i), sum(x) FROM lab.t WHERE i > 100",
    "SELECT k, sum(x) AS s FROM lab.t GROUP BY k HAVING count(*) > 1 ORDER BY s DESC, k",
    "SELECT t.i, u.i FROM lab.t t LEFT JOIN lab.t u ON t.i = u.k ORDER BY t.i, u.i",
    "SELECT i FROM lab.t UNION SELECT k FROM lab.t ORDER BY 1",
    "SELECT i FROM lab.t EXCEPT SELECT k FROM lab.t ORDER BY i DESC",
    "WITH c AS (SELECT k, i FROM lab.t) SELECT k, c.*, e.i FROM c JOIN c e USING (k) ORDER BY 1, 3, 4",
    "WITH c AS (SELECT k, count(*) AS n FROM lab.t GROUP BY k) SELECT * FROM c ORDER BY n, k",
    "SELECT i FROM lab.t WHERE k = (SELECT max(u.k) AS k FROM lab.t AS u WHERE u.i = t.i) ORDER BY i",
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v (one, two) ORDER BY one",
    "SELECT 'a' AS which, i FROM lab.t UNION ALL SELECT 'b', k FROM lab.t ORDER BY 1, 2",
    "SELECT d FROM lab.t WHERE d > '2000-01-01 12:30:00' ORDER BY d",
    "SELECT INTERVAL '14 months', INTERVAL '1 month' - INTERVAL '3 days', INTERVAL '0', -INTERVAL '3600' AS hour",
    "SELECT name FROM lab.t ORDER BY name DESC LIMIT 3 OFFSET 1",
    "SELECT i FROM lab.t WHERE substring(name FROM 1 FOR 1) IN ('1', 'a') OR name LIKE '1' ORDER BY t.i",
    "SELECT sum(i) / 2.0 AS r, -i AS j FROM lab.t GROUP BY i ORDER BY j",
]
DIFFERENT = [
    ("SELECT 7 / k FROM lab.t WHERE k = 0", "division by 0"),
    ("SELECT round(x) FROM lab.t WHERE i = 7", "round()"),
    ("SELECT 'a\\%' LIKE 'a\\%' AS same", "backslash"),
    ("SELECT substring(name FROM -1 FOR 4) FROM lab.t WHERE i = 2", "substring()"),
    ("SELECT 1.23456789::numeric AS r", "a cast to numeric"),
    ("SELECT x::text FROM lab.t WHERE i = 4", "a cast to text"),
    ("SELECT extract(second FROM INTERVAL '1.5 seconds') AS r", "only the year"),
    ("SELECT pg_catalog.extract() AS r", "only the year"),
    ("SELECT format('%s', 'a') AS r", "format()"),
    ("SELECT 'ab' ~ 'a(?=b)' AS r", "the operator ~"),
    ("SELECT current_user AS r", "SQLValueFunction"),
    ("SELECT 3 = ANY (NULL::int[]) AS r", "A_ArrayExpr"),
    ("SELECT '3'::int AS r", "a cast to int4"),
    ("SELECT log(100.0) AS r", "log()"),
    ("SELECT B'101' AS r", "BitString"),
    ("SELECT 0x1F", "0x1F"),
    ("SELECT i FROM lab.t ANTI JOIN (SELECT 1 AS one) AS o ON i = one", "aliases"),
    ("SELECT 1e30 + 1 AS r", "exponent"),
    ("SELECT 1.000000000000000000000000000000000000001 AS r", "38 figures"),
    ("SELECT date '1 Jan 2020' AS r", "not both engines read"),
    ("SELECT interval '1-2' AS r", "not both engines read"),
    ("SELECT float8 '1e400' AS r", "not both engines read"),
    ("SELECT '{2020-01-01}'::date[] AS r", "A_ArrayExpr"),
    ("EXPLAIN SELECT 1", "ExplainStmt"),
    ("SELECT 1; SELECT 2", "not one statement"),
    ("FROM lab.t", "not looked into"),
    ("SELECT count(*) OVER () FROM lab.t", "count()"),
    ("SELECT i FROM lab.t WHERE n = '10.254'", "a number in quotes"),
    ("SELECT CASE n WHEN '10.254' THEN 1 END AS r FROM lab.t", "a number in quotes"),
    ("SELECT i FROM lab.t WHERE n IN ('10.254', '1')", "a number in quotes"),
    ("SELECT i FROM lab.t WHERE d > '2000-01-01 BC'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d + INTERVAL '1 day' > '2000-01-01 12:00:00+02'", "less of a time"),
    ("SELECT name || x AS r FROM lab.t", "another text"),
    ("SELECT extract(year FROM d) / 10 AS r FROM lab.t", "divided with a remainder"),
    ("SELECT s / 2 AS r FROM (SELECT sum(9000000000 + i) AS s FROM lab.t) AS q", "divided with a remainder"),
    ("SELECT 12345678901234567891 / 2 AS r", "divided with a remainder"),
    ("SELECT i AS name FROM lab.t ORDER BY t.name", "a column of the answer"),
    ('SELECT q."i" FROM (SELECT i AS "I", k AS "i" FROM lab.t) AS q', "differ in case alone"),
    ("SELECT i FROM lab.t WHERE d > '05/01/02'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > 'today'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > ' NOW'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > 'J2458850'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > '2020-005'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > 'Jan 5, 2020'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > '5 january 2020'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > '2020-Jan-05'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > 'Sun Jan 5 2020'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > '05 01 02'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > '0000-01-01'", "less of a time"),
    ("SELECT i FROM lab.t WHERE d > '2000-01-01 12:30:60'", "less of a time"),
    ("SELECT DATE '0000-01-01' AS r", "not both engines read"),
    ("SELECT i FROM lab.t WHERE x = 'NaN'", "a number in quotes"),
    ("SELECT d FROM lab.t UNION SELECT '2020-01-01'", "a time in quotes"),
    ("SELECT d FROM (VALUES (DATE '2020-01-01'), ('2020-01-02')) AS v (d)", "a time in quotes"),
    ("SELECT nullif('2020-01-01', d) AS r FROM lab.t", "NULLIF of a constant"),
    ("SELECT i FROM lab.t WHERE name LIKE substring(name FROM 2)", "a pattern from a column"),
    ("SELECT i = 1.1234567890123456789 AS r FROM lab.t", "18 places"),
    ("SELECT t FROM lab.t", "RowExpr"),
    ("SELECT count(u) FROM lab.t LEFT JOIN lab.t AS u ON t.i = u.k", "RowExpr"),
]


@pytest.fixture(scope="module")
def lab(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """One table, the same on both engines."""
    folder = tmp_path_factory.mktemp("lab")
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    (folder / "data").mkdir()
    table = f"CREATE TABLE lab.t ({columns}); INSERT INTO lab.t VALUES {VALUES}"  # noqa: S608  # of this very file
    with duckdb.connect() as memory:
        memory.execute(f"CREATE SCHEMA lab; {table}")
        memory.table("lab.t").write_parquet(str(folder / "data" / "t.parquet"))
    (folder / "router.yml").write_text("relations: {lab.t: data/t.parquet}\n")
    with new_database(postgres) as database, pytest.MonkeyPatch.context() as patch:
        roles.ensure(database)
        execute(database, f"CREATE SCHEMA lab; {table}")
        execute(database, "GRANT USAGE ON SCHEMA lab TO ciq_reader; GRANT SELECT ON lab.t TO ciq_reader")
        patch.setenv("PG_DSN", database.dsn)
        router = Router.from_config(folder / "router.yml")
        yield router
        router.close()


def rows(router: Router, sql: str, engine: Engine) -> list[tuple[Any, ...]]:
    table = router.execute(sql, engine=engine).table()
    answer = [tuple(map(plain, row)) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]
    return answer if "ORDER BY" in sql else sorted(answer, key=repr)


def plain(value: Any) -> Any:
    """Numbers to nine figures: ``sum`` and ``avg`` may add in another order, and are of another type."""
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        number = float(value)
        return 0.0 if number == 0 else float(f"{number:.9g}") if math.isfinite(number) else str(number)
    return value.isoformat()[:10] if hasattr(value, "isoformat") else value


FILTERED, SORTED = "SELECT {} AS r FROM lab.t WHERE {}", "SELECT i, {} AS r FROM lab.t ORDER BY 2, 1"
PAIRS = list(itertools.product(EXPRESSIONS, CONDITIONS))[::3]
STATEMENTS = [
    *(FILTERED.format(*pair) for pair in PAIRS),
    *(SORTED.format(expression) for expression in EXPRESSIONS),
    *WHOLE,
]


def test_what_is_portable_is_answered_alike(lab: Router) -> None:
    assert len(STATEMENTS) > 200
    strange = [sql for sql in STATEMENTS if classify(sql).differs]
    assert not strange
    different = [(sql, rows(lab, sql, "pg"), rows(lab, sql, "duckdb")) for sql in STATEMENTS]
    assert not [each for each in different if each[1] != each[2]]


NAMED = [
    "SELECT count(*), i + 1, -i, 1, 'x', i::float8, DATE '2020-01-01', CASE WHEN b THEN i END, b IS NULL FROM lab.t "
    "GROUP BY i, b",
    "SELECT CASE WHEN b THEN 1 ELSE k END, (SELECT max(k) FROM lab.t), EXISTS (SELECT 1), true FROM lab.t",
    "SELECT (SELECT 1 AS z)",
    "SELECT 1, t.*, abs(i) FROM lab.t",
    "SELECT i, i, t.k AS i FROM lab.t",
    "SELECT 1 UNION SELECT i FROM lab.t",
    "SELECT NULLIF(i, 1), (SELECT k FROM lab.t WHERE false)::float8 FROM lab.t",
    "VALUES (1, 2)",
]


def test_columns_have_one_name(lab: Router) -> None:
    for sql in (*STATEMENTS, *NAMED):
        there, here = (lab.execute(sql, engine=engine).table().column_names for engine in ("pg", "duckdb"))
        assert there == here, sql


@pytest.mark.parametrize(("sql", "reason"), DIFFERENT)
def test_what_differs_is_not_portable(lab: Router, sql: str, reason: str) -> None:
    assert reason in (classify(sql).differs or "")


def test_every_name_on_the_list_is_tried() -> None:
    text = " ".join(STATEMENTS).lower()
    assert all(f"{name}(" in text for name in portable.FUNCTIONS)
    signs = portable.OPERATORS - {"~~", "!~~"}
    assert all(f" {sign} " in text for sign in signs)
    assert all(name in text for name in portable.TYPES)


TPCH = ("lineitem", "orders", "customer", "part", "partsupp", "supplier", "nation", "region")
INDEXES = ("lineitem (l_partkey, l_suppkey)", "lineitem (l_orderkey)", "orders (o_custkey)", "partsupp (ps_partkey)")
NOT_MOVED = {8: "division by 0", 14: "division by 0"}


@pytest.fixture(scope="module")
def tpch(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Router, list[str]]]:
    """TPC-H by DuckDB's generator, on both engines."""
    from duckdb_extensions import import_extension

    import_extension("tpch")
    folder = tmp_path_factory.mktemp("tpch")
    copies = ", ".join(f"public.{name}: {name}.parquet" for name in TPCH)
    (folder / "router.yml").write_text(f"defaults: {{search_path: [public]}}\nrelations: {{{copies}}}\n")
    with new_database(postgres) as database, pytest.MonkeyPatch.context() as patch, duckdb.connect() as memory:
        roles.ensure(database)
        memory.execute(f"LOAD tpch; CALL dbgen(sf = {campaign(0.01, 0.1)})")
        queries = [sql for _, sql in memory.execute("FROM tpch_queries() ORDER BY 1").fetchall()]
        for name in TPCH:
            load(memory, database, folder, name)
        for index in INDEXES:
            execute(database, f"CREATE INDEX ON {index}")
        execute(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ciq_reader")
        execute(database, "ANALYZE")
        patch.setenv("PG_DSN", database.dsn)
        router = Router.from_config(folder / "router.yml")
        yield router, queries
        router.close()


def load(memory: duckdb.DuckDBPyConnection, database: Server, folder: Path, name: str) -> None:
    """A generated table as Parquet and in PostgreSQL."""
    table = memory.table(name)
    table.write_parquet(str(folder / f"{name}.parquet"))
    table.write_csv(str(folder / f"{name}.csv"))
    columns = ", ".join(f"{column} {kind}" for column, kind in zip(table.columns, table.types, strict=True))
    connection = psycopg2.connect(database.dsn)
    with connection, connection.cursor() as cursor, (folder / f"{name}.csv").open() as stream:
        cursor.execute(f"CREATE TABLE {name} ({columns})")
        cursor.copy_expert(f"COPY {name} FROM STDIN (FORMAT csv, HEADER)", stream)
    connection.close()


def test_the_queries_of_tpch_have_one_answer(tpch: tuple[Router, list[str]]) -> None:
    router, queries = tpch
    assert len(queries) == 22
    for number, sql in enumerate(queries, 1):
        reason = classify(sql).differs
        assert NOT_MOVED.get(number, "") in (reason or "")
        assert (reason is None) == (number not in NOT_MOVED)
        assert rows(router, sql, "pg") == rows(router, sql, "duckdb"), number
        decision = router.decide(sql)
        assert decision.rule == ("cost" if reason is None else "not portable"), decision
