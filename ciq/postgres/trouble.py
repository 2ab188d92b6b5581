"""What a server says in the midst of work, as our refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errors

from ciq.errors import CiqError, ConnectionRefused, LimitExceeded, Problem


def trouble(error: BaseException | None) -> CiqError | None:
    """The refusal for what the server did to a publication; None where it is not the server's doing."""
    if isinstance(error, errors.QueryCanceled | errors.DiskFull):
        message = f"the server gave up: {error.diag.message_primary}"
        help_ = "raise the limit that it names (statement_timeout) or make room, then run again; nothing was published"
        return LimitExceeded(Problem("P513", message, help=help_))
    if lost(error):
        message = f"the server went away: {' '.join(str(error).split())}"
        help_ = "see `ciq pg status`, then run again; nothing was published"
        return ConnectionRefused(Problem("P515", message, help=help_))
    return None


def lost(error: BaseException | None) -> bool:
    """Whether the connection is gone. libpq has no code for one that ends while it waits for an answer."""
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return True
    return isinstance(error, psycopg2.DatabaseError) and error.pgcode is None


@contextmanager
def explained() -> Iterator[None]:
    """The server's refusals as ours."""
    try:
        yield
    except psycopg2.Error as error:
        if said := trouble(error):
            raise said from error
        raise
