"""What a server's own objects hide from the text of a statement; only its catalogue tells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres_server import execute, prepared

from ciq.postgres import Server
from ciq.router import classify
from ciq.router.catalog import Catalog
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.settings import Settings

SETUP = """
CREATE TABLE api.plain (i int);
CREATE TABLE api.guarded (i int);
CREATE FUNCTION api.grows(int, int) RETURNS int LANGUAGE sql AS 'INSERT INTO api.plain VALUES ($2); SELECT $1';
CREATE FUNCTION api.adds(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2';
CREATE AGGREGATE api.growing (int) (SFUNC = api.grows, STYPE = int, INITCOND = '0');
CREATE AGGREGATE api.adding (int) (SFUNC = api.adds, STYPE = int, INITCOND = '0');
CREATE POLICY guard ON api.guarded USING (api.grows(i, i) > 0);
ALTER TABLE api.guarded ENABLE ROW LEVEL SECURITY;
CREATE VIEW api.over_guarded AS SELECT i FROM api.guarded;
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER there FOREIGN DATA WRAPPER elsewhere;
CREATE TABLE api.parted (i int) PARTITION BY LIST (i);
CREATE TABLE api.inner PARTITION OF api.parted FOR VALUES IN (1, 2) PARTITION BY LIST (i);
CREATE FOREIGN TABLE api.far PARTITION OF api.inner FOR VALUES IN (1) SERVER there;
GRANT SELECT ON ALL TABLES IN SCHEMA api TO ciq_reader;
"""
CAST = """
CREATE TYPE api.mood AS ENUM ('sad', 'glad');
CREATE FUNCTION api.weighed(api.mood) RETURNS int LANGUAGE sql AS 'INSERT INTO api.plain VALUES (1); SELECT 1';
CREATE CAST (api.mood AS int) WITH FUNCTION api.weighed(api.mood) AS IMPLICIT;
"""
OPERATORS = """
CREATE TABLE public.plain (i int, name text);
CREATE TABLE public.other (x int, name int, i int);
CREATE FUNCTION public.looks(text, int) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = int, FUNCTION = looks);
CREATE OPERATOR public.>= (LEFTARG = text, RIGHTARG = int, FUNCTION = looks);
CREATE OPERATOR public.<= (LEFTARG = text, RIGHTARG = int, FUNCTION = looks);
"""


@pytest.fixture(scope="module")
def hiding(postgres: Server) -> Iterator[Server]:
    with prepared(postgres, SETUP) as database:
        yield database


def catalog(server: Server) -> Catalog:
    return PostgresEngine(server, Settings()).catalog()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT api.growing(i) FROM api.plain", "api.growing() is volatile"),
        ("SELECT i FROM api.guarded", "api.guarded has row security"),
        ("SELECT i FROM api.over_guarded", "is a view in which api.guarded has row security"),
        ("SELECT i FROM api.parted", "api.parted is or holds a foreign table"),
    ],
)
def test_what_is_hidden_is_no_proved_read(hiding: Server, sql: str, reason: str) -> None:
    found = classify(sql, catalog(hiding))
    assert found.kind == "unsure"
    assert any(reason in each for each in found.reasons)


def test_what_hides_nothing_is_a_read(hiding: Server) -> None:
    assert classify("SELECT api.adding(i) FROM api.plain", catalog(hiding)).kind == "read"


def test_a_cast_of_the_servers_own_may_stand_anywhere(hiding: Server) -> None:
    execute(hiding, CAST)
    found = classify("SELECT i FROM api.plain WHERE i = 1", catalog(hiding))
    assert (found.kind, found.reasons) == ("unsure", ("a cast of this server's may have effects",))


@pytest.fixture(scope="module")
def comparing(postgres: Server) -> Iterator[Server]:
    with prepared(postgres, OPERATORS) as database:
        yield database


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CASE name WHEN 5 THEN 1 END FROM plain",
        "SELECT name FROM plain WHERE name IN (SELECT x FROM other)",
        "SELECT name FROM plain WHERE name NOT IN (SELECT x FROM other)",
        "SELECT name FROM plain WHERE name BETWEEN 5 AND 6",
        "SELECT plain.i FROM plain JOIN other USING (name)",
        "SELECT plain.i FROM plain NATURAL JOIN other",
    ],
)
def test_an_operator_that_is_called_unnamed_is_no_proved_read(comparing: Server, sql: str) -> None:
    found = classify(sql, catalog(comparing))
    assert found.kind == "unsure"
    assert "operator" in found.reasons[0]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CASE WHEN i > 5 THEN 1 END FROM plain WHERE EXISTS (SELECT 1 FROM other) ORDER BY name",
        "SELECT plain.i FROM plain JOIN other ON true GROUP BY plain.i",
    ],
)
def test_where_none_is_called_it_is_a_read(comparing: Server, sql: str) -> None:
    assert classify(sql, catalog(comparing)).kind == "read"
