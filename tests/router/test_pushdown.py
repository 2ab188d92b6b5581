"""What of a PostgreSQL relation is carried to a join on DuckDB: the columns and rows that can count, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres_server import execute

from ciq.errors import LimitExceeded, Problem, UsageError
from ciq.postgres import Server
from ciq.router import Router
from ciq.router.engine import StatementRefused, Unavailable
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.pushdown import Part, part
from ciq.router.statement import Relation

R = Relation("r", "s")
COLUMNS = {"id": "int4", "day": "date", "name": "text", "note": None, "Odd": "text"}
ALL = tuple(COLUMNS)
JOIN = "SELECT l.x FROM l, s.r WHERE {}"
SETUP = """
CREATE TABLE api.people (id int, day date, name text, score float8, price numeric(10, 2), seen timestamp, mood text,
  fine numeric(50, 25));
INSERT INTO api.people SELECT i, date '2024-01-01' + i, 'n' || i % 10, i / 3.0::float8, i / 7.0, timestamp '2024-01-01'
  + i * interval '1 hour', CASE WHEN i % 3 > 0 THEN 'm' || i % 3 END, i * 1e-20 FROM generate_series(-20, 120) g(i);
CREATE TABLE api.kinds (a int, b numeric, c bytea, d text, e bool, f timestamptz, g time, h float8, i jsonb, j int[],
  k float4, l numeric(6, 2), m date);
INSERT INTO api.kinds VALUES (1, 1.5, '\\x00ff', E'a,"b"\n', true, '2024-03-31 01:30+02', '10:00:00.25', 'NaN',
  '{"a": 1}', '{1,2}', 0.1, 12.3, '2024-02-29'),
  (2, NULL, NULL, '', false, NULL, NULL, '-Infinity', NULL, NULL, NULL, NULL, NULL),
  (3, 1e-20, '', NULL, NULL, '1969-12-31 23:59:59.999999Z', '00:00', 1e-300, '[]', '{}', 3e38, -0.01, '0001-01-01');
CREATE TABLE api."People" AS SELECT 1 AS id;
CREATE TABLE api."Both" AS SELECT 1 AS id;
CREATE TABLE api.holes (a text);
INSERT INTO api.holes VALUES (NULL), (''), (NULL), ('x');
GRANT SELECT ON ALL TABLES IN SCHEMA api TO ciq_reader;
"""


@pytest.fixture
def people(house: Path, served: Server) -> Router:
    if not execute(served, "SELECT to_regclass('api.people')")[0][0]:
        execute(served, SETUP)
    return Router.from_config(house / "router.yml")


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT l.x, r.name FROM l JOIN s.r ON l.i = r.id", ("id", "name")),
        ("SELECT count(*) FROM l, s.r", ("id",)),
        ("SELECT l.* FROM l JOIN s.r USING (id)", ("id",)),
        ("SELECT name FROM s.r GROUP BY name ORDER BY max(day)", ("day", "name")),
        ('SELECT "Odd", "NAME" FROM s.r', ("name", "Odd")),
        ("SELECT * FROM l JOIN s.r ON l.i = r.id", ALL),
        ("SELECT r.* FROM l, s.r", ALL),
        ("SELECT q.* FROM l, s.r AS q", ALL),
        ("SELECT r FROM l, s.r", ALL),
        ("SELECT count(q) FROM l, s.r AS q", ALL),
        ('SELECT "R".* FROM l, s.r', ALL),
        ('SELECT count("Q") FROM l, s.r AS q', ALL),
        ("SELECT name FROM s.r ANTI JOIN l ON id = i", ALL),
        ("SELECT count(*) FROM l NATURAL JOIN s.r", ALL),
        ("SELECT q.a FROM l, s.r AS q(a, b)", ALL),
        ("FROM s.r SELECT name", ALL),
    ],
)
def test_the_columns(sql: str, columns: tuple[str, ...]) -> None:
    assert part(sql, R, COLUMNS, True).columns == columns


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ("r.id > 5", '("id" > 5)'),
        ("id >= -5 AND r.name = 'o''x'", "(\"id\" >= -5) AND (\"name\" = 'o''x')"),
        ("r.id IN (1, 2) OR r.name IS NULL", '("id" IN (1, 2) OR "name" IS NULL)'),
        ("r.id NOT IN (1, 2)", 'NOT "id" IN (1, 2)'),
        ("r.id BETWEEN 1 AND 2", '"id" BETWEEN 1 AND 2'),
        ("r.id NOT BETWEEN 1 AND 2", 'NOT "id" BETWEEN 1 AND 2'),
        ("r.name LIKE 'a%'", "(\"name\" LIKE 'a%')"),
        ("r.name NOT LIKE 'a_'", "NOT (\"name\" LIKE 'a_')"),
        (
            "r.day < date '2024-03-01' - interval '3 days'",
            "(\"day\" < (CAST('2024-03-01' AS DATE) - CAST('3 days' AS INTERVAL)))",
        ),
        ("NOT (r.id = 1 AND r.name <> '')", 'NOT ((("id" = 1) AND ("name" <> \'\')))'),
        ("(r.id + 1) * 2 - 0 > 1.5", '(((("id" + 1) * 2) - 0) > 1.5)'),
        ("(r.name NOT IN ('a', 'b')) IS NULL", "(NOT \"name\" IN ('a', 'b')) IS NULL"),
        ("(r.id IS NULL) = (r.name IS NULL)", '(("id" IS NULL) = ("name" IS NULL))'),
        ("(r.id <> 1) IN (r.name IS NULL)", '("id" <> 1) IN (("name" IS NULL))'),
        ("r.day BETWEEN '2024-01-01' AND '2024-01-31'", "\"day\" BETWEEN '2024-01-01' AND '2024-01-31'"),
    ],
)
def test_a_condition_as_it_is_written(where: str, condition: str) -> None:
    assert pushed(f"l.i = r.id AND ({where})") == condition  # what names both stays


def pushed(where: str, bytewise: bool = True) -> str | None:
    found = part(JOIN.format(where), R, COLUMNS, bytewise).condition
    return found and found.sql("postgres")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM l, s.r WHERE l.x > 5",
        "SELECT 1 FROM l, s.r WHERE r.id > 5 OR l.x > 5",
        "SELECT 1 FROM l, s.r WHERE r.note = 'x'",
        "SELECT 1 FROM l, s.r WHERE r.name = upper('x')",
        "SELECT 1 FROM l, s.r WHERE r.name LIKE 'a\\%'",
        "SELECT 1 FROM l, s.r WHERE r.id = '5'",
        "SELECT 1 FROM l, s.r WHERE r.day IN ('2024-01-01', 'today')",
        "SELECT id FROM s.r ANTI JOIN l ON id = i AND id > 5",
        "SELECT l.i FROM l ASOF JOIN s.r ON i >= r.id WHERE r.id > 5",
        "SELECT 1 FROM l, s.r WHERE r.id > (SELECT max(i) FROM l)",
        "SELECT 1 FROM l, s.r WHERE r.id / l.i > 1",
        "SELECT 1 FROM l LEFT JOIN s.r ON l.i = r.id WHERE r.id IS NULL",
        "SELECT 1 FROM s.r LEFT JOIN l ON l.i = r.id AND r.id > 5",
        "SELECT 1 FROM l FULL JOIN s.r ON r.id > 5 WHERE r.id > 5",
        "SELECT 1 FROM l JOIN s.r USING (id) WHERE id > 5",
        "SELECT 1 FROM l NATURAL JOIN s.r WHERE r.name = 'x'",
        "SELECT 1 FROM l, s.r AS q(name, id) WHERE q.id > 5",
        "SELECT 1 FROM (l JOIN s.r ON true) AS j WHERE id > 5",
        "SELECT 1 FROM l, s.r TABLESAMPLE bernoulli (50) WHERE r.id > 5",
        "SELECT 1 FROM s.r a, s.r b WHERE a.id > 5",
        "SELECT (SELECT max(day) FROM s.r) FROM l, s.r WHERE r.id > 5",
        "SELECT 1 FROM l, s.r WHERE 1 > 0",
        "FROM s.r SELECT id WHERE id > 5",
    ],
)
def test_conditions_that_stay(sql: str) -> None:
    assert part(sql, R, COLUMNS, True).condition is None


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ("SELECT 1 FROM l LEFT JOIN s.r ON l.i = r.id AND r.id > 5", '("id" > 5)'),
        ("SELECT 1 FROM s.r LEFT JOIN l ON l.i = r.id WHERE r.id > 5", '("id" > 5)'),
        ("SELECT 1 FROM l RIGHT JOIN s.r ON l.i = r.id AND r.id < 9 WHERE r.id > 5", '("id" > 5)'),
        ("SELECT 1 FROM l WHERE i IN (SELECT id FROM s.r WHERE id > 5)", '("id" > 5)'),
        ("WITH x AS (SELECT * FROM s.r AS q WHERE q.id > 5) SELECT 1 FROM l, x", '("id" > 5)'),
        ("SELECT 1 FROM s.r a, s.r b WHERE a.id > 5 AND b.id < 9", '("id" > 5) OR ("id" < 9)'),
        ("SELECT 1 FROM l UNION SELECT id FROM s.r WHERE id > 5", '("id" > 5)'),
        ("EXPLAIN SELECT 1 FROM l, s.r WHERE r.id > 5", '("id" > 5)'),
    ],
)
def test_where_a_condition_goes_down(sql: str, condition: str) -> None:
    found = part(sql, R, COLUMNS, True).condition
    assert found is not None
    assert found.sql("postgres") == condition


def test_texts_are_not_ordered_in_a_database_with_a_locale() -> None:
    assert pushed("r.name > 'a' AND r.name <> 'b'", bytewise=False) == "(\"name\" <> 'b')"


def test_a_common_table_expression_of_that_name_is_another_relation() -> None:
    sql = "WITH r AS (SELECT 1 AS id) SELECT 1 FROM l, r WHERE r.id > 5"
    assert part(sql, Relation("r"), COLUMNS, True).condition is None


CONDITIONS = [
    "p.id > 50",
    "p.id > 50 AND p.name = 'n3'",
    "p.day >= date '2024-03-01'",
    "p.day < date '2024-03-01' - interval '10 days' OR p.name LIKE '%7'",
    "p.score <= 0.5",
    "p.price = 10.00 OR p.price BETWEEN 1.5 AND 3",
    "p.seen > '2024-01-02 12:00:00'",
    "p.mood IS NULL",
    "p.mood <> 'm1'",
    "NOT (p.mood = 'm1' AND p.id < 90)",
    "p.name NOT IN ('n1', 'n2')",
    "p.name > 'n3'",
    "p.id + 1 = 8",
    "(p.mood NOT LIKE 'm1') IS NULL",
    "(p.mood IS NULL) = (p.id IS NULL)",
    "p.price <= '0.139'",
    "p.fine = 0",
]
SHAPES = [
    "SELECT a.i, p.* FROM lake.alone a JOIN api.people p ON a.i = p.id WHERE {}",
    "SELECT a.i, p.name FROM lake.alone a LEFT JOIN api.people p ON a.i = p.id AND {}",
    "SELECT a.i, p.name FROM lake.alone a LEFT JOIN api.people p ON a.i = p.id WHERE {}",
    "SELECT a.i, p.name FROM lake.alone a RIGHT JOIN api.people p ON a.i = p.id WHERE {}",
    "SELECT a.i, p.name FROM lake.alone a FULL JOIN api.people p ON a.i = p.id AND {}",
    "SELECT count(*) FROM lake.alone a WHERE EXISTS (SELECT 1 FROM api.people p WHERE p.id = a.i AND {})",
    "SELECT q.id FROM lake.alone a JOIN api.people p ON a.i = p.id, api.people q WHERE q.id = p.id + 1 AND {}",
]


ARRAYS = {"[1, 2]": "{1,2}", "[]": "{}"}
"""Arrays as the driver's lists are written, and as PostgreSQL writes them."""


def test_the_answer_is_that_of_all_rows(people: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [shape.format(condition) for shape in SHAPES for condition in CONDITIONS]
    pushed = [answer(people, sql) for sql in statements]
    everything: list[str] = []

    def whole(sql: str, relation: Relation, columns: dict[str, str | None], bytewise: bool) -> Part:
        everything.append(sql)
        return Part(tuple(columns))

    monkeypatch.setattr("ciq.router.postgres_engine.part", whole)
    for sql, rows in zip(statements, pushed, strict=True):
        assert rows == answer(people, sql), sql
    assert set(everything) == set(statements)
    assert sum(map(bool, pushed)) > len(pushed) / 2


def answer(router: Router, sql: str) -> list[str]:
    found = router.execute(sql)
    assert found.engine == "duckdb"
    return sorted(map(repr, found.table().to_pylist()))


COUNTED = "SELECT count({}) FROM api.both"
EVERYTHING = "SELECT r.* FROM {} AS r"
BESIDE = "SELECT r.* FROM {} AS r JOIN (SELECT min(i) AS i FROM lake.alone) AS one ON true"


def test_texts_are_not_ordered_in_a_database_that_nothing_is_known_of(
    people: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(self: PostgresEngine) -> None:
        raise Unavailable(Problem("P501", "there is no catalogue"))

    ordered: list[bool] = []

    def told(sql: str, relation: Relation, columns: dict[str, str | None], bytewise: bool) -> Part:
        ordered.append(bytewise)
        return part(sql, relation, columns, bytewise)

    monkeypatch.setattr(PostgresEngine, "catalog", unknown)
    monkeypatch.setattr("ciq.router.postgres_engine.part", told)
    sql = "SELECT i FROM read_parquet('data/processed/alone.parquet') JOIN api.people p ON i = id WHERE name > 'n3'"
    assert answer(people, sql)
    assert ordered == [False]


def test_relations_that_differ_in_case_alone_are_not_carried_together(people: Router) -> None:
    sql = 'SELECT 1 FROM lake.alone a JOIN api.people p ON a.i = p.id JOIN api."People" q ON q.id = p.id'
    with pytest.raises(UsageError, match=r"DuckDB can't tell api.people and api.People apart"):
        people.execute(sql)


def test_a_relation_without_its_heirs_is_not_for_duckdb(people: Router) -> None:
    with pytest.raises(UsageError, match="R606"):
        people.execute("SELECT 1 FROM lake.alone a JOIN ONLY api.people p ON a.i = p.id")
    assert people.execute("SELECT count(*) AS n FROM ONLY api.both").engine == "pg"


def test_a_relation_that_differs_from_one_of_the_lake_in_case_alone_takes_not_its_place(people: Router) -> None:
    sql = 'SELECT 1 FROM lake.alone a JOIN api."Both" q ON q.id = a.i'
    with pytest.raises(UsageError, match=r"DuckDB can't tell api.Both and api.both apart"):
        people.execute(sql)
    assert people.execute("SELECT count(*) AS n FROM api.both", engine="duckdb").table().to_pylist() == [{"n": 1000}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT p.rowid FROM lake.alone a JOIN api.people p ON a.i = p.id",
        "SELECT count(*) AS n FROM lake.alone a, api.people p WHERE a.i = p.id AND rowid < 3",
    ],
)
def test_a_row_that_is_carried_over_has_no_number(people: Router, sql: str) -> None:
    with pytest.raises(StatementRefused, match="rowid"):
        people.execute(sql)


def test_the_row_number_of_a_carried_relation_hides_no_column(people: Router) -> None:
    sql = """SELECT count(*) AS n FROM (SELECT i AS rowid FROM lake.alone) AS a
        WHERE rowid IN (SELECT rowid FROM api.people p WHERE p.id = 1)"""
    assert people.execute(sql).table().to_pylist() == [{"n": 100}]


@pytest.mark.parametrize("column", ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"])
def test_system_columns_are_not_carried_over(people: Router, column: str) -> None:
    with pytest.raises(UsageError, match=f"R606 {column} is a column of each of PostgreSQL's tables"):
        people.execute(SHAPES[0].format(f"p.{column} IS NULL"))
    assert people.execute(COUNTED.format(column)).engine == "pg"


@pytest.mark.parametrize("table", ["api.kinds", "api.holes"])
def test_values_come_over_whole(people: Router, table: str) -> None:
    joined, straight = people.execute(BESIDE.format(table)), people.execute(EVERYTHING.format(table), engine="pg")
    assert joined.engine == "duckdb"
    came, there = joined.table().to_pylist(), straight.table().to_pylist()
    for row in there:
        row |= {"j": ARRAYS.get(row["j"])} if "j" in row else {}
    assert sorted(map(repr, came)) == sorted(map(repr, there))


def test_what_is_filtered_fits_where_the_whole_does_not(people: Router, house: Path) -> None:
    text = (house / "router.yml").read_text().replace("defaults: {", "defaults: {pull_limit_mb: 0.0005, ")
    (house / "router.yml").write_text(text)
    router = Router.from_config(house / "router.yml")
    sql = "SELECT count(p.name) AS n FROM lake.alone a JOIN api.people p ON a.i = p.id"
    with pytest.raises(LimitExceeded, match=r"api.people is more than 0.0005 MB"):
        router.execute(sql)
    assert router.execute(f"{sql} WHERE p.id BETWEEN 10 AND 30").table().to_pylist() == [{"n": 21}]
