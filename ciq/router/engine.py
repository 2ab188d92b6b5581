"""What an engine is to the router; router.yml adds one with the name of a class that has these methods."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from ciq.errors import CiqError, Problem, UsageError
from ciq.router.settings import Added, Settings

Rows = tuple[pa.Schema, Iterator[pa.RecordBatch]]
"""What a query gives: its columns, and its rows as they come."""


class Unavailable(CiqError):
    """The engine itself can't be used now; nothing is said of the statement."""

    exit_code = 3


class StatementRefused(CiqError):
    """The engine has run or parsed the statement and won't have it."""


class Engine(Protocol):
    """Runs proved or protected reads; each call is on its own and leaves nothing behind.

    A class that router.yml adds is called with the project's folder and its ``options``, and should connect only when
    it is read from. It is given proved reads in PostgreSQL's syntax, and holds itself that it can't write.
    """

    def read(self, sql: str) -> Rows:
        """The rows of one query, streamed. Raises Unavailable, StatementRefused, LimitExceeded, UsageError."""

    def estimate(self, sql: str) -> Mapping[str, float] | None:
        """The engine's own figures for the cost of a query; None where it has none.

        One that router.yml adds says how long a query will take: ``{"ms": 12.5}``.
        """

    def cancel(self) -> None:
        """Stop what runs now; may be called from another thread, and where nothing runs."""

    def close(self) -> None:
        """Let go of what is open."""


def begun(batches: Generator[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
    """A generator past its first ``yield``, which gives nothing: closing it comes to its ``finally`` from here on."""
    next(batches)
    return batches


def added(project: Path, settings: Settings) -> dict[str, Engine]:
    """The engines that router.yml adds, by name. Raises UsageError with R613 where one's class can't be had."""
    return {name: _made(name, block, project) for name, block in settings.engines.items()}


def planned(engine: Engine, sql: str) -> Mapping[str, float]:
    """An engine's own figures; none where they can't be had now."""
    try:
        return engine.estimate(sql) or {}
    except CiqError:
        return {}


def _made(name: str, block: Added, project: Path) -> Engine:
    module, _, named = block.adapter.partition(":")
    try:
        made: Engine = getattr(import_module(module), named)(project, block.options)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        message = f"the engine {name}: {block.adapter!r} can't be had: {error}"
        raise UsageError(Problem("R613", message, help="write it as module:Class, and install the module")) from error
    return made
