"""PostgreSQL: reads in a READ ONLY transaction as the reader's role, writes as the writer's, one statement a call."""

from __future__ import annotations

import re
import select
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg2
import pyarrow as pa
from psycopg2 import errors, extensions

from ciq.errors import ConnectionRefused, LimitExceeded, Problem
from ciq.postgres import Server, connect, roles
from ciq.postgres.connection import refusal
from ciq.router import postgres_copy
from ciq.router.carried_names import must_be_told_apart
from ciq.router.carried_values import must_be_alike
from ciq.router.catalog import Catalog, read_catalog
from ciq.router.engine import Rows, StatementRefused, Unavailable, begun
from ciq.router.grammar import postgres_tree
from ciq.router.postgres_types import CASTS, arrow_type, batch, unfit
from ciq.router.pushdown import part
from ciq.router.settings import Settings
from ciq.router.statement import Relation

ROWS = 10_000
"""Rows fetched at a time."""

# The server itself opens a portal over the text: it takes one statement that returns rows and nothing else, so that no
# second one can end the transaction. The text goes there as a value, and all the steps in one message.
_BEGIN = "BEGIN READ ONLY"
_FETCH = f"FETCH {ROWS} FROM ciq"
_READ = f"""
{_BEGIN};
SELECT set_config('ciq.statement', %s, true);
DO $$DECLARE ciq refcursor := 'ciq'; BEGIN OPEN ciq FOR EXECUTE current_setting('ciq.statement'); END$$;
{_FETCH}
"""
# A plan comes from a portal for the same reason, and its cost as a message to the client alone, so that its transaction
# has ended by the end of this one.
_PLAN = f"""
{_BEGIN};
SELECT set_config('ciq.statement', %s, true);
DO $$DECLARE ciq refcursor; top text; BEGIN
    OPEN ciq FOR EXECUTE 'EXPLAIN (FORMAT TEXT) ' || current_setting('ciq.statement');
    FETCH ciq INTO top;
    RAISE INFO USING MESSAGE = top;
END$$;
ROLLBACK
"""
# A portal's plan is not parallel; without the first settings the planner's figures would be of one that is. The others,
# which a database may have otherwise, change what is answered: how many figures a double has, and what `= NULL` is.
_READING = {
    "cursor_tuple_fraction": 1,
    "max_parallel_workers_per_gather": 0,
    "extra_float_digits": 3,
    "intervalstyle": "postgres",
    "transform_null_equals": "off",
}
_PLANNED = re.compile(r"\(cost=\S+\.\.(\S+) rows=(\d+) width=(\d+)\)$")
# DISCARD ALL in its parts, as PostgreSQL's manual has them: as a whole it takes a message of its own.
_FORGET = """
ROLLBACK;
CLOSE ALL;
SET SESSION AUTHORIZATION DEFAULT;
RESET ALL;
DEALLOCATE ALL;
UNLISTEN *;
SELECT pg_advisory_unlock_all();
DISCARD PLANS;
DISCARD TEMP;
DISCARD SEQUENCES
"""


class PostgresEngine:
    """The project's server. Between reads the connection forgets all that a session can keep."""

    def __init__(self, server: Server, settings: Settings) -> None:
        self._server = server
        self._defaults = settings.defaults
        self._idle: Any = None
        self._busy: Any = None

    def read(self, sql: str) -> Rows:
        """The rows of one statement that returns rows."""
        connection = self._busy = self._reader()
        try:
            with self._explained(), connection.cursor() as cursor:
                cursor.execute(_READ, [sql])
                schema = _schema(cursor)
                first = _fetched(cursor, schema)
        except BaseException:
            connection.close()
            raise
        return schema, begun(self._batches(connection, schema, first))

    def carried(self, sql: str, relation: Relation, bytewise: bool, left: int) -> pa.Table:
        """What a statement on another engine needs of a relation. Raises LimitExceeded for more than ``left`` bytes."""
        help_ = "filter it more closely, or raise defaults.pull_limit_mb in router.yml"
        message = f"{relation} is more than {self._defaults.pull_limit_mb:g} MB to carry over"
        room = postgres_copy.Room(left, LimitExceeded(Problem("R611", message, help=help_)))
        connection = self._busy = self._reader()
        try:
            with self._explained(), connection.cursor() as cursor:
                cursor.execute(_BEGIN)
                columns = postgres_copy.columns(cursor, relation)
                query = part(sql, relation, columns, bytewise).select(relation)
                cursor.execute(query.limit(0).sql("postgres"))
                schema = _schema(cursor)
                must_be_told_apart(sql, relation, schema.names)
                must_be_alike(sql, relation, postgres_copy.kinds(cursor))
                table = postgres_copy.copied(cursor, query, schema, room)
        except BaseException:
            connection.close()
            raise
        self._put_back(connection)
        return table

    def estimate(self, sql: str) -> dict[str, float] | None:
        """The planner's cost of the whole query and the MB of its answer; None where it can't be planned."""
        connection = self._busy = self._reader()
        try:
            with self._explained(), connection.cursor() as cursor:
                cursor.execute(_PLAN, [sql])
        except BaseException as error:
            connection.close()
            if isinstance(error, StatementRefused):
                return None
            raise
        self._idle = connection
        # What the server logs may come to the client as well, before the plan and after it.
        top = next(filter(None, (_PLANNED.search(said.rstrip()) for said in reversed(connection.notices))), None)
        connection.notices.clear()
        return {"pg_cost": float(top[1]), "pg_mb": int(top[2]) * int(top[3]) / 1e6} if top else None

    def write(self, sql: str) -> Rows:
        """Run one statement as the writer's role and commit it; its rows, or the number of rows it touched.

        Raises ConnectionRefused with rule R612 where the server went away before it answered to the commit.
        """
        tree = postgres_tree(sql)
        if isinstance(tree, str) or len(tree) != 1:
            raise StatementRefused(Problem("R603", "a write is one statement that PostgreSQL's grammar takes"))
        connection = self._busy = self._connected(roles.WRITER, default_transaction_read_only="off")
        sent = False
        try:
            with closing(connection), self._statement_errors(), connection, connection.cursor() as cursor:
                sent = True
                cursor.execute(sql)
                if cursor.description:
                    schema = _schema(cursor)
                    return schema, iter([_fetched(cursor, schema)])
                schema = pa.schema([("rows", pa.int64())])
                return schema, iter([pa.record_batch([pa.array([max(cursor.rowcount, 0)])], schema=schema)])
        except psycopg2.Error as error:
            if not sent:
                raise refusal(self._server, error) from None
            message = f"the server went away before it answered: {' '.join(str(error).split())}"
            help_ = "look whether the change is there before you try again"
            raise ConnectionRefused(Problem("R612", message, help=help_)) from error

    def catalog(self) -> Catalog:
        """The server's own functions, types and views, as the reader's role sees them."""
        connection = self._reader()
        with self._explained(), connection.cursor() as cursor:
            cursor.execute(_BEGIN)
            found = read_catalog(cursor)
        self._put_back(connection)
        return found

    def cancel(self) -> None:
        """Ask the server to stop the statement of the connection that was used last."""
        if self._busy is not None:
            with suppress(psycopg2.Error):  # it has just been closed, or the server is gone
                self._busy.cancel()

    def close(self) -> None:
        """Close the idle connection."""
        if self._idle is not None:
            self._idle.close()

    def _reader(self) -> Any:
        """A connection as the reader's role: the idle one where the server has not let go of it, else a new one."""
        idle, self._idle = self._idle, None
        if idle is not None:
            if not idle.closed and _silent(idle):
                return idle
            idle.close()
        connection = self._connected(roles.READER, default_transaction_read_only="on", **_READING)
        connection.autocommit = True
        return connection

    def _put_back(self, connection: Any) -> None:
        """End the transaction and all that outlives it: locks, settings, cursors, what was listened to."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET)
        except psycopg2.Error:
            # The answer is whole by now: a server that goes away takes the connection alone.
            connection.close()
            return
        if self._idle is None:
            self._idle = connection
        else:
            connection.close()

    def _connected(self, role: str, **settings: Any) -> Any:
        limits = {
            "statement_timeout": round(self._defaults.statement_timeout * 1000),
            "lock_timeout": round(self._defaults.lock_timeout * 1000),
        }
        try:
            connection = connect(
                self._server, role, timezone="UTC", standard_conforming_strings="on", **limits, **settings
            )
        except ConnectionRefused as error:
            raise Unavailable(*error.problems) from error
        for cast in CASTS:
            extensions.register_type(cast, connection)
        return connection

    def _batches(self, connection: Any, schema: pa.Schema, first: pa.RecordBatch) -> Generator[pa.RecordBatch]:
        fetched, whole = first, False
        try:
            yield
            with self._explained(), connection.cursor() as cursor:
                while fetched.num_rows:
                    yield fetched
                    if fetched.num_rows < ROWS:
                        break
                    cursor.execute(_FETCH)
                    fetched = _fetched(cursor, schema)
            whole = True
        finally:
            if whole:
                self._put_back(connection)
            else:
                with suppress(psycopg2.Error):
                    connection.cancel()
                connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with self._statement_errors():
                yield
        except psycopg2.Error as error:
            raise Unavailable(*refusal(self._server, error).problems) from error

    @contextmanager
    def _statement_errors(self) -> Iterator[None]:
        try:
            yield
        except (errors.QueryCanceled, errors.LockNotAvailable) as error:
            help_ = "narrow it, or raise the timeouts in router.yml"
            raise LimitExceeded(Problem("R610", f"PostgreSQL: {_said(error)}", help=help_)) from error
        except (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow):
            raise
        except ValueError as error:  # NUL characters and lone surrogates
            raise StatementRefused(Problem("R609", f"PostgreSQL takes no such text: {error}")) from error
        except psycopg2.Error as error:
            if error.pgcode is None:
                raise
            raise StatementRefused(
                Problem("R609", f"PostgreSQL: {_said(error)}", help=error.diag.message_hint)
            ) from error


def _silent(connection: Any) -> bool:
    """Whether nothing has come unasked for: what does is the end of the connection, or word of it."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return not poll.poll(0)


def _fetched(cursor: Any, schema: pa.Schema) -> pa.RecordBatch:
    try:
        return batch(cursor.fetchall(), schema)
    except (ArithmeticError, ValueError, psycopg2.DataError) as error:
        raise unfit(error) from error


def _said(error: psycopg2.Error) -> str:
    return str(error.diag.message_primary or error).strip()


def _schema(cursor: Any) -> pa.Schema:
    return pa.schema(
        [(column.name, arrow_type(column.type_code, column.precision, column.scale)) for column in cursor.description]
    )
