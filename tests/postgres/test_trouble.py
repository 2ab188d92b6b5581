"""What the server does to work in its midst is a refusal with a next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from postgres_server import execute

from ciq.errors import ConnectionRefused, LimitExceeded
from ciq.postgres import Server, connect
from ciq.postgres.trouble import explained


@pytest.fixture
def cursor(database: Server) -> Iterator[Any]:
    with closing(connect(database, statement_timeout=50)) as connection, connection.cursor() as cursor:
        yield cursor


def test_a_connection_that_is_ended(cursor: Any, database: Server) -> None:
    execute(database, "SELECT pg_terminate_backend(%s)", [cursor.connection.info.backend_pid])
    with pytest.raises(ConnectionRefused, match="P515 the server went away"), explained():
        cursor.execute("SELECT 1")
    with pytest.raises(ConnectionRefused, match="P515 the server went away"), explained():
        cursor.connection.cursor()


def test_a_statement_out_of_time(cursor: Any) -> None:
    with pytest.raises(LimitExceeded, match=r"P513 the server gave up: .*statement timeout"), explained():
        cursor.execute("SELECT pg_sleep(5)")


def test_an_error_of_the_statement_stays_what_it_is(cursor: Any) -> None:
    with pytest.raises(psycopg2.errors.UndefinedTable), explained():
        cursor.execute("SELECT * FROM nothing")
