"""What an engine is to the router; a third one is a class with these methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import pyarrow as pa

from ciq.errors import CiqError

Rows = tuple[pa.Schema, Iterator[pa.RecordBatch]]
"""What a query gives: its columns, and its rows as they come."""


class Unavailable(CiqError):
    """The engine itself can't be used now; nothing is said of the statement."""

    exit_code = 3


class Engine(Protocol):
    """Runs proved or protected reads; each call is on its own and leaves nothing behind."""

    name: str

    def read(self, sql: str) -> Rows:
        """The rows of one query, streamed. Raises Unavailable, StatementRefused, LimitExceeded, UsageError."""

    def estimate(self, sql: str) -> Mapping[str, float] | None:
        """The engine's own figures for the cost of a query; None where it has none."""

    def cancel(self) -> None:
        """Stop what runs now; may be called from another thread, and where nothing runs."""

    def close(self) -> None:
        """Let go of what is open."""


class StatementRefused(CiqError):
    """The engine has run or parsed the statement and won't have it."""
