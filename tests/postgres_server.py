"""A real PostgreSQL for tests: the embedded one, or the one that CIQ_TEST_PG_DSN names."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import make_dsn

from ciq.postgres import Server, connect, embedded, roles


@contextmanager
def running_server() -> Iterator[Server]:
    """A server for the tests of one process; what an embedded one holds goes with it."""
    if dsn := os.environ.get("CIQ_TEST_PG_DSN"):
        yield Server(dsn, "PG_DSN")
        return
    with tempfile.TemporaryDirectory(prefix="ciq-") as folder:
        server = embedded.start(Path(folder))
        try:
            yield server
        finally:
            embedded.stop(Path(folder))


@contextmanager
def new_database(server: Server, encoding: str = "UTF8") -> Iterator[Server]:
    """An empty database whose texts sort by bytes, dropped afterwards with all connections to it."""
    name = f"ciq_test_{secrets.token_hex(6)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 LOCALE 'C' ENCODING {}")
    execute(server, create.format(sql.Identifier(name), sql.Literal(encoding)))
    try:
        yield Server(make_dsn(server.dsn, dbname=name), "PG_DSN")
    finally:
        execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def prepared(server: Server, setup: str) -> Iterator[Server]:
    """A new database with ciq's roles and what ``setup`` makes."""
    with new_database(server) as database:
        roles.ensure(database)
        execute(database, setup)
        yield database


def execute(server: Server, statement: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
    """The rows of one statement, run on its own connection outside a transaction."""
    with closing(connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall()) if cursor.description else []
