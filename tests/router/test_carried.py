"""Joins across engines have the answer that all rows of PostgreSQL's relations would give, or are refused."""

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
    assert sorted(map(repr, came)) == sorted(map(repr, there))


def test_what_is_filtered_fits_where_the_whole_does_not(people: Router, house: Path) -> None:
    text = (house / "router.yml").read_text().replace("defaults: {", "defaults: {pull_limit_mb: 0.0005, ")
    (house / "router.yml").write_text(text)
    router = Router.from_config(house / "router.yml")
    sql = "SELECT count(p.name) AS n FROM lake.alone a JOIN api.people p ON a.i = p.id"
    with pytest.raises(LimitExceeded, match=r"api.people is more than 0.0005 MB"):
        router.execute(sql)
    assert router.execute(f"{sql} WHERE p.id BETWEEN 10 AND 30").table().to_pylist() == [{"n": 21}]
