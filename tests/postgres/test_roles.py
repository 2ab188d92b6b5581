"""The two roles: made once by whoever may, spelled out to whoever may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from postgres_server import execute
from psycopg2.extensions import make_dsn

from ciq.errors import ConnectionRefused
from ciq.postgres import Server, connect, roles

USER = "ciq_test_ann"


@pytest.fixture
def ann(database: Server) -> Iterator[Server]:
    """The database as a user without any right of her own."""
    execute(database, f"CREATE ROLE {USER} LOGIN PASSWORD 'x'")
    try:
        yield Server(make_dsn(database.dsn, user=USER, password="x"), "PG_DSN")
    finally:
        execute(database, f"DROP OWNED BY {USER}")
        execute(database, f"DROP ROLE {USER}")


def test_ensured_twice_and_readers_see_api_only(database: Server) -> None:
    roles.ensure(database)
    roles.ensure(database)
    with closing(connect(database, roles.WRITER)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA inner_workings")
        cursor.execute("CREATE TABLE inner_workings.t AS SELECT 1 AS n")
        cursor.execute("CREATE VIEW api.t AS SELECT * FROM inner_workings.t")
    with closing(connect(database, roles.READER)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM api.t")
            assert cursor.fetchall() == [(1,)]
            for forbidden in (
                "SELECT * FROM inner_workings.t",
                "INSERT INTO api.t VALUES (2)",
                "CREATE TABLE api.mine (n int)",
                "CREATE SCHEMA mine",
                "DROP VIEW api.t",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(forbidden)


def test_a_user_who_may_not_make_them_is_told_what_to_ask_for(ann: Server, database: Server) -> None:
    with pytest.raises(ConnectionRefused, match="P505") as refused:
        roles.ensure(ann)
    _, _, script = str(refused.value).partition("run once: ")
    for statement in script.split("; "):
        try:
            execute(database, statement)
        except psycopg2.errors.DuplicateObject:
            assert statement.startswith("CREATE ROLE ")
    roles.ensure(ann)
    execute(ann, f"SET ROLE {roles.WRITER}")
