"""Columns and databases whose values compare otherwise than DuckDB's keep a query on one engine."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from postgres_server import execute, new_database, prepared
from psycopg2.extensions import parse_dsn
from psycopg2.sql import SQL, Identifier

from ciq.postgres import Server, roles
from ciq.router import classify
from ciq.router.catalog import Catalog
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.settings import Settings


def test_a_locale_keeps_the_order_of_texts_on_one_engine() -> None:
    sorting = ["SELECT a FROM t ORDER BY a", "SELECT min(a) FROM t", "SELECT a FROM t WHERE a < 'x'"]
    assert all("locale" in (classify(sql, Catalog(bytewise=False)).differs or "") for sql in sorting)
    assert classify("SELECT count(*) FROM t WHERE a = 'x'", Catalog(bytewise=False)).differs is None


UNLIKE = """
CREATE COLLATION api.own FROM "C"; CREATE TYPE api.mood AS ENUM ('sad', 'glad');
CREATE TABLE api.odd (i int, name text COLLATE api.own, f float4, c char(3), m api.mood, n numeric, t text COLLATE "C",
  seen timestamptz, p numeric(9, 2));
CREATE TABLE api.small (s int2, i int, word text, d date);
CREATE VIEW api.over AS SELECT i, f FROM api.odd;
GRANT SELECT ON ALL TABLES IN SCHEMA api TO ciq_reader;
"""
MERGED = (
    "SELECT count(*) FROM api.odd JOIN api.odd AS o USING (name)",
    "SELECT count(*) FROM api.odd NATURAL JOIN api.odd AS o",
    "SELECT a FROM api.odd AS o(i, a)",
    "SELECT * FROM api.odd",
    "SELECT f FROM api.over",
)


@pytest.fixture(scope="module")
def unlike(postgres: Server) -> Iterator[Catalog]:
    """The catalogue of a database with columns that compare otherwise than DuckDB's."""
    with prepared(postgres, UNLIKE) as database:
        yield PostgresEngine(database, Settings()).catalog()


@pytest.mark.parametrize("column", ["name", "f", "c", "m", "n"])
def test_a_column_that_compares_otherwise_keeps_a_query_on_one_engine(unlike: Catalog, column: str) -> None:
    for sql in (f"SELECT i FROM api.odd WHERE {column} = 'a'", f"SELECT max({column}) FROM api.odd AS o"):  # noqa: S608
        assert f"{column} is of a type or collation" in (classify(sql, unlike).differs or "")


def test_columns_that_go_without_their_names_do_too(unlike: Catalog) -> None:
    assert all("is of a type or collation" in (classify(sql, unlike).differs or "") for sql in MERGED)
    assert classify("SELECT i, max(t), max(seen), sum(p) FROM api.odd GROUP BY i", unlike).differs is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("s * 1000", "s may be a small integer"),
        ("i - s", "s may be a small integer"),
        ("word::date", "word may be a text"),
        ("(word)::float8", "word may be a text"),
        ("a + 1 FROM (SELECT s AS a FROM api.small) AS q", "a may be a small integer"),
    ],
)
def test_a_type_that_is_reckoned_with_or_cast_otherwise_does(unlike: Catalog, expression: str, reason: str) -> None:
    sql = f"SELECT {expression}{'' if 'FROM' in expression else ' AS r FROM api.small'}"  # noqa: S608  # of this file
    assert reason in (classify(sql, unlike).differs or "")


def test_other_uses_of_such_columns_do_not(unlike: Catalog) -> None:
    sql = "SELECT s, sum(s), -s AS r, i * 2 AS twice, i::float8 AS f FROM api.small WHERE s > 3 AND word = 'a'"
    assert classify(f"{sql} GROUP BY s, i", unlike).differs is None


def test_a_small_integer_has_two_answers() -> None:
    """Why it is kept off the list: PostgreSQL adds a small integer and a literal as integers of four bytes."""
    with pytest.raises(duckdb.OutOfRangeException):
        duckdb.execute("SELECT s * 1000 FROM (SELECT 120::SMALLINT AS s)").fetchall()


def test_a_float_of_four_bytes_has_two_answers() -> None:
    """Why it is kept off the list: PostgreSQL compares it as one of eight bytes."""
    assert duckdb.execute("SELECT 0.1::FLOAT > 0.1").fetchone() == (False,)


SET_APART = "extra_float_digits = 0", "intervalstyle = iso_8601", "transform_null_equals = on", "datestyle = 'German'"


def test_what_a_database_sets_for_its_sessions_changes_no_answer(postgres: Server) -> None:
    """Fewer figures of doubles, intervals as others write them, NULLs that are equal."""
    sql = (
        "SELECT 0.1::float8 + 0.2::float8 AS x, INTERVAL '1 month' AS i, count(*) AS n FROM api.odd WHERE NOT i = NULL"
    )
    with prepared(postgres, UNLIKE) as database:
        name = Identifier(str(parse_dsn(database.dsn)["dbname"]))
        for setting in SET_APART:
            execute(database, SQL(f"ALTER DATABASE {{}} SET {setting}").format(name))
        execute(database, "INSERT INTO api.odd (i) VALUES (1)")
        engine = PostgresEngine(database, Settings())
        _, batches = engine.read(sql)
        rows = [row for batch in batches for row in batch.to_pylist()]
        engine.close()
    assert rows == [{"x": 0.1 + 0.2, "i": "1 mon", "n": 0}]


@pytest.mark.parametrize(("encoding", "bytewise"), [("UTF8", True), ("WIN1252", False)])
def test_texts_sort_alike_where_their_bytes_are_those_of_utf8(postgres: Server, encoding: str, bytewise: bool) -> None:
    with new_database(postgres, encoding) as database:
        roles.ensure(database)
        assert PostgresEngine(database, Settings()).catalog().bytewise is bytewise
        less = execute(database, "SELECT U&'\\20AC' < U&'\\00E9'")  # a currency sign, and a letter of less code
        assert less == [(not bytewise,)]
