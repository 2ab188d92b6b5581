"""The record as a book: rows are appended and read, never changed. One shape on PostgreSQL and in a DuckDB file."""

from __future__ import annotations

import fcntl
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from psycopg2 import errors, sql
from psycopg2.extras import execute_values
from sqlglot import exp

from ciq.errors import ConnectionRefused, Problem
from ciq.postgres import Server, connect, resolve, roles
from ciq.postgres.connection import refusal
from ciq.postgres.trouble import lost
from ciq.record.migrations import migrate

Row = Mapping[str, Any]
LOCAL = Path("warehouse") / "record.db"
REPEATED = (psycopg2.IntegrityError, duckdb.ConstraintException)
"""What :meth:`Book.append` raises where a row's key is taken."""

_PAGE = 1000
_LOCK = 0x63697152  # the advisory lock under which the record's shape changes


class Book(ABC):
    """Append and read. Values that are mappings or lists are kept as JSON."""

    dialect: str

    @abstractmethod
    def append(self, table: str, *rows: Row) -> None:
        """Add rows to ``ciq.<table>``, all or none. Raises ConnectionRefused."""

    @abstractmethod
    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query on schema ``ciq``, ``?`` standing for each parameter. Raises ConnectionRefused."""

    def close(self) -> None:  # noqa: B027  # a file is closed after each use
        """Let go of the connection."""


class _Postgres(Book):
    dialect = "postgres"

    def __init__(self, server: Server) -> None:
        self._server = server
        with self._explained():
            roles.ensure(server)
        self._connection = connect(server, roles.WRITER)
        with self._explained(), self._connection as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            migrate(cursor, self.dialect)

    def append(self, table: str, *rows: Row) -> None:
        with self._explained(), self._connection as connection, connection.cursor() as cursor:
            insert(cursor, table, *rows)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        with self._explained(), self._connection as connection, connection.cursor() as cursor:
            cursor.execute(query.replace("?", "%s"), parameters)
            return _dicts(cursor)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except psycopg2.Error as error:
            if lost(error) or isinstance(error, errors.ReadOnlySqlTransaction):
                raise refusal(self._server, error) from error
            raise


class _Local(Book):
    """Opened for each use alone: a DuckDB file has one writer, and a record must not hold up another's."""

    dialect = "duckdb"

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as cursor:
            migrate(cursor, self.dialect)

    def append(self, table: str, *rows: Row) -> None:
        with self._open() as cursor:
            for row in rows:
                cursor.execute(_insertion(table, tuple(row)), _facts(row))

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        with self._open() as cursor:
            return _dicts(cursor.execute(query, parameters))

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                connection = duckdb.connect(str(self._path))
            except duckdb.IOException as error:
                message = f"the record can't be opened: {str(error).splitlines()[0]}"
                help_ = "close the other program that has it open"
                raise ConnectionRefused(Problem("P506", message, self._path, help=help_)) from error
            with closing(connection):
                connection.begin()
                yield connection
                connection.commit()


@contextmanager
def opened(project: Path) -> Iterator[Book]:
    """The project's record: in its PostgreSQL where there is one, else in ``warehouse/record.db``.

    Raises ConnectionRefused where it can't be had, UsageError where a newer ciq has written it.
    """
    server = resolve(project)
    book: Book = _Postgres(server) if server else _Local(project / LOCAL)
    try:
        yield book
    finally:
        book.close()


def insert(cursor: Any, table: str, *rows: Row) -> None:
    """Add rows to ``ciq.<table>`` of PostgreSQL in the cursor's own transaction."""
    for columns, alike in groupby(rows, tuple):
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        into = sql.SQL("INSERT INTO {} ({}) VALUES %s").format(sql.Identifier("ciq", table), names)
        execute_values(cursor, into, [_facts(row) for row in alike], page_size=_PAGE)


def _facts(row: Row) -> list[Any]:
    return [json.dumps(value) if isinstance(value, dict | list | tuple) else value for value in row.values()]


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    values = exp.values([tuple(exp.Placeholder() for _ in columns)])
    return exp.insert(values, exp.table_(table, db="ciq"), columns=list(columns)).sql("duckdb", identify=True)


def _dicts(cursor: Any) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    texts = [str(column[1]) == "JSON" for column in cursor.description]  # DuckDB hands JSON over as it is written
    return [
        {n: json.loads(v) if text and v else v for n, v, text in zip(names, row, texts, strict=True)}
        for row in cursor.fetchall()
    ]
