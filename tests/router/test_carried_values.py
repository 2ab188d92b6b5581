"""What is carried over is refused where DuckDB would compare, sort or name it otherwise than PostgreSQL."""

from __future__ import annotations

import pytest
from postgres_server import execute

from ciq.errors import UsageError
from ciq.postgres import Server
from ciq.router import Router

SETUP = """
CREATE TYPE api.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE api.odd (id int, c char(5), e api.mood, u uuid, iv interval, r real, ip inet, a int[], j jsonb);
INSERT INTO api.odd VALUES
  (1, 'ab', 'sad', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1 month', 0.1, '10.0.0.1', '{1,2}', '{"a": 1}'),
  (2, 'b', 'happy', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '30 days', 0.5, '9.0.0.1', '{}', '[]');
CREATE TABLE api.twins ("A" int, a int);
CREATE TABLE public.served (id int);
GRANT SELECT ON ALL TABLES IN SCHEMA api, public TO ciq_reader;
"""
JOIN = "FROM lake.alone l JOIN api.odd o ON o.id = l.i"


@pytest.fixture
def odd(router: Router, served: Server) -> Router:
    if not execute(served, "SELECT to_regclass('api.odd')")[0][0]:
        execute(served, SETUP)
    return router


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT o.id {} WHERE o.c = 'ab'",
        "SELECT length(o.c) {}",
        "SELECT o.id {} WHERE o.e > 'ok'",
        "SELECT max(o.e) {}",
        "SELECT o.e AS z {} ORDER BY z",
        "SELECT o.e {} ORDER BY 1",
        "SELECT rank() OVER (ORDER BY o.e) {}",
        "SELECT max(q.z) FROM (SELECT o.e AS z {}) AS q",
        "WITH q (z) AS (SELECT o.e {}) SELECT max(z) FROM q",
        "WITH q AS (SELECT o.e {}), p AS (SELECT * FROM q) SELECT max(p.e) FROM p",
        "WITH q AS (SELECT 1 AS e) SELECT max(o.e) {}, q",
        "WITH q AS (SELECT 1 AS i), p AS (WITH q AS (SELECT o.e {}) SELECT * FROM q) SELECT max(p.e) FROM p, q",
        "SELECT i FROM lake.alone WHERE 'ok' < (SELECT e FROM api.odd LIMIT 1)",
        "SELECT name FROM read_parquet('data/processed/both.parquet') WHERE name IN (SELECT c FROM api.odd)",
        "SELECT o.id {} WHERE o.u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
        "SELECT DISTINCT o.iv {}",
        "SELECT o.iv {} UNION SELECT o.iv {}",
        "SELECT o.id {} WHERE o.r = 0.1",
        "SELECT o.r * 2 {}",
        "SELECT max(o.ip) {}",
        "SELECT o.a[1] {}",
        """SELECT o.id {} WHERE o.j = '{{"a": 1}}'""",
    ],
)
def test_a_value_that_compares_otherwise_is_only_shown(odd: Router, sql: str) -> None:
    with pytest.raises(UsageError, match=r"R606 .*DuckDB"):
        odd.execute(sql.format(JOIN, JOIN))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT o.c, o.e, o.iv, o.ip, o.a {} WHERE o.id = 1", ("ab   ", "sad", "1 mon", "10.0.0.1", "{1,2}")),
        ("SELECT o.id {} WHERE o.e = 'ok' OR o.e IN ('happy') AND o.e IS NOT NULL", (2,)),
        ("SELECT o.e, count(*) {} WHERE o.id = 1 GROUP BY 1", ("sad", 1)),
        ("SELECT max(o.e::text) {}", ("sad",)),
        ("SELECT o.id {} WHERE o.u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", (1,)),
        ("SELECT sum(o.r::float8) {} WHERE o.id = 2", (0.5,)),
        ("SELECT o.j->>'a' {} WHERE o.id = 1", ("1",)),
        ("SELECT count(o.iv) AS a, count(*) AS b {}", (2, 2)),
        ("SELECT l.minus {} JOIN (SELECT 1 AS i, 2 AS c) AS q ON q.i = l.i WHERE q.c = 2", (-1,)),
        ("WITH q AS (SELECT 1 AS i, 2 AS c) SELECT l.minus {} JOIN q ON q.i = l.i WHERE q.c = 2", (-1,)),
        ("WITH p AS (SELECT 1 AS i, 2 AS c), q AS (SELECT * FROM p WHERE p.c < 3) SELECT max(q.c) {}, q", (2,)),
    ],
)
def test_what_answers_alike_is_answered(odd: Router, sql: str, expected: tuple[object, ...]) -> None:
    answer = odd.execute(sql.format(JOIN))
    assert (answer.engine, [tuple(row.values()) for row in answer.table().to_pylist()]) == ("duckdb", [expected])


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT t.a FROM lake.alone l JOIN api.twins t ON t."A" = l.i',
        'WITH "SERVED" AS (SELECT 1 AS id) SELECT count(*) FROM lake.alone l JOIN served ON served.id = l.i',
        "SELECT count(*) FROM lake.alone l JOIN pg_catalog.pg_class c ON true",
        "SELECT count(*) FROM lake.alone l JOIN information_schema.tables c ON true",
    ],
)
def test_a_name_that_means_another_thing_to_duckdb_is_refused(odd: Router, sql: str) -> None:
    with pytest.raises(UsageError, match=r"R608 .*DuckDB"):
        odd.execute(sql)
