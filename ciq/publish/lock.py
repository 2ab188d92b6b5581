"""One publisher at a time: advisory locks that go with the transaction or the connection of whoever holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from ciq.errors import ConnectionRefused, Problem
from ciq.postgres import Server, connect
from ciq.postgres.trouble import explained

_FAMILY = 0x63697170
_HOLDER = """
SELECT format('%%s (process %%s of the server, since %%s)', usename, pid, to_char(backend_start, 'HH24:MI:SS'))
FROM pg_stat_activity
JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = %s::oid AND objid = hashtext(%s)::oid
"""


def take(cursor: Any, name: str, *, function: str = "pg_try_advisory_xact_lock") -> None:
    """Take the lock of ``name`` for the cursor's transaction.

    Raises ConnectionRefused, with who has it, where another publisher does.
    """
    cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [_FAMILY, name])
    if cursor.fetchone() != (True,):
        cursor.execute(_HOLDER, [_FAMILY, name])
        (other,) = cursor.fetchone() or ("another one, which has just ended",)
        raise ConnectionRefused(
            Problem("P514", f"{name} is being published by {other}", help="run again when it is done")
        )


def await_turn(cursor: Any, name: str) -> None:
    """Hold ``name`` until the transaction ends, after whoever holds it now."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_FAMILY, name])


@contextmanager
def alone(server: Server | None) -> Iterator[None]:
    """Hold the database for a whole run; nothing where there is no server. Raises ConnectionRefused as :func:`take`."""
    if server is None:
        yield
        return
    with closing(connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            with explained():
                take(cursor, connection.info.dbname, function="pg_try_advisory_lock")
            yield
