"""The DuckDB connection of one ingest: bounded in memory and threads, offline, UTC; and expressions for its files."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ciq.errors import LimitExceeded, Problem
from ciq.ingest.content.raw import Tick

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "700MB"
_THREADS = 4
_POLL_SECONDS = 0.1
_INTERRUPTED = "Query interrupted"
"""What the engine makes of Ctrl-C, as a RuntimeError and none of its own."""


@contextmanager
def connection(spill: Path) -> Iterator[DuckDBPyConnection]:
    """A connection that spills into ``spill`` beyond 700 MB. Threads are capped, as each one holds its own buffers.

    Raises LimitExceeded where memory or disk run out, KeyboardInterrupt where Ctrl-C ends a statement.
    """
    import duckdb

    settings: dict[str, Any] = {
        "memory_limit": MEMORY,
        "threads": min(_THREADS, os.cpu_count() or 1),
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=settings) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = true")
        con.execute("SET enable_progress_bar_print = false")
        try:
            yield con
        except duckdb.Error as error:
            if not is_exhausted(error):
                raise
            message = f"the engine ran out of memory or disk: {str(error).partition(chr(10))[0]}"
            raise LimitExceeded(Problem("F127", message)) from error
        except RuntimeError as error:
            if str(error) != _INTERRUPTED:
                raise
            raise KeyboardInterrupt from error


def is_exhausted(error: Exception) -> bool:
    """Whether the engine failed for want of memory or disk, which says nothing of the data."""
    import duckdb

    return isinstance(error, duckdb.OutOfMemoryException) or "No space left on device" in str(error)


def rows(con: DuckDBPyConnection, query: exp.Expr) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return con.execute(query.sql(dialect="duckdb")).fetchall()


def write_parquet(con: DuckDBPyConnection, query: exp.Expr, path: Path, compression: str = "zstd") -> None:
    """Write a query's rows, in their order, as one Parquet file (zstd and V2 encodings: smallest, and fastest too).

    The query is used up.
    """
    options = {"FORMAT": "parquet", "COMPRESSION": compression, "PARQUET_VERSION": "V2"}
    parameters = [exp.CopyParameter(this=exp.var(key), expression=exp.var(value)) for key, value in options.items()]
    target = exp.Literal.string(str(path))
    copy = exp.Copy(this=exp.paren(query, copy=False), kind=False, files=[target], params=parameters)
    con.execute(copy.sql(dialect="duckdb", copy=False))


@contextmanager
def watched(con: DuckDBPyConnection, size: int, tick: Tick) -> Iterator[None]:
    """Tell ``tick`` of the bytes, of ``size`` in all, that the statement inside the block has gone through."""
    done = threading.Event()
    told = 0

    def tell(share: float) -> None:
        nonlocal told
        through = int(size * min(max(share, 0.0), 1.0))
        if through > told:
            tick(through - told)
            told = through

    def poll() -> None:
        while not done.wait(_POLL_SECONDS):
            tell(con.query_progress() / 100)

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    tell(1.0)


def file_literal(path: Path) -> exp.Expr:
    """The path as a literal that names this very file: the engine takes paths for globs."""
    return exp.Literal.string(re.sub(r"([\[*?])", r"[\1]", str(path)))


def call(function: str, *arguments: exp.Expr, **named: exp.Expr) -> exp.Expr:
    """A function call with positional and named arguments."""
    options = [exp.Kwarg(this=exp.var(name), expression=value) for name, value in named.items()]
    return exp.Anonymous(this=function, expressions=[*arguments, *options])


def column(name: str) -> exp.Column:
    """A quoted column."""
    return exp.column(name, quoted=True)
