"""Rows as a table, CSV, JSON, Parquet or an Arrow stream, on stdout or in a file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ciq.cli.cells import as_json, sayable, text, values
from ciq.errors import Problem, UsageError
from ciq.files import aside
from ciq.router import Result
from ciq.router.intervals import as_texts

_WIDEST = 60
_PAGE = 1000
"""Rows that a table's widths are taken from at a time."""


def write_rows(answer: Result, form: str, limit: int | None, target: Path | None) -> None:
    """Write the rows of an answer, at most ``limit`` of them; a file appears whole or not at all.

    Raises UsageError with R614 for what the format can't hold.
    """
    done = "; the change itself is done" if answer.decision.statement.kind == "write" else ""
    with closing(_limited(answer, limit)) as batches, _holding(form, done):
        if form == "json":
            _must_differ(answer.schema.names, done)
        with _opened(target) as stream:
            if form in ("table", "json"):
                for line in _table(answer.schema, batches) if form == "table" else _json(batches):
                    stream.write(f"{line}\n".encode())
            else:
                _write(form, stream, answer.schema, batches)


def _write(form: str, stream: IO[bytes], schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    fitted = {"csv": sayable, "parquet": as_texts}.get(form, _as_it_is)
    kinds = [fitted(pa.nulls(0, field.type)).type for field in schema]
    schema = pa.schema([field.with_type(kind) for field, kind in zip(schema, kinds, strict=True)])
    with _writer(form, stream, schema) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays([fitted(column) for column in batch.columns], schema=schema))


def _as_it_is(column: pa.Array) -> pa.Array:
    return column


@contextmanager
def _holding(form: str, done: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowNotImplementedError, ValueError, OverflowError) as error:
        help_ = "cast it to text, or take another --format"
        raise UsageError(
            Problem("R614", f"{form} can't hold a value of the answer: {error}{done}", help=help_)
        ) from error


def _must_differ(names: list[str], done: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        message = f"two columns of the answer are called {twice[0]}, and an object of JSON has one of a name{done}"
        raise UsageError(Problem("R614", message, help="give each a name with AS"))


@contextmanager
def _opened(target: Path | None) -> Iterator[IO[bytes]]:
    """Standard output, a file aside, or what can't be replaced: a device or a pipe."""
    if target is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    to_replace = target.is_file() or not target.exists()
    with aside(target) if to_replace else nullcontext(target) as path, path.open("wb") as stream:
        yield stream


def _writer(form: str, stream: IO[bytes], schema: pa.Schema) -> Any:
    if form == "csv":
        return pyarrow.csv.CSVWriter(stream, schema)
    if form == "parquet":
        return pyarrow.parquet.ParquetWriter(stream, schema)
    return pa.ipc.new_stream(stream, schema)


def _limited(answer: Result, limit: int | None) -> Generator[pa.RecordBatch, None, None]:
    with closing(iter(answer)) as batches:  # type: ignore[type-var]  # a generator, which stops the engine
        left = limit
        for batch in batches:
            yield batch if left is None else batch.slice(0, left)
            if left is not None and (left := left - batch.num_rows) <= 0:
                return


def _json(batches: Iterator[pa.RecordBatch]) -> Iterator[str]:
    """One object a line."""
    for batch in batches:
        names = batch.schema.names
        for row in zip(*map(values, batch.columns), strict=True):
            yield as_json(dict(zip(names, row, strict=True)))


def _table(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[str]:
    """Columns under their names, a page of rows at a time."""
    page: list[list[str]] = []
    names = list(schema.names)
    for batch in batches:
        for row in zip(*map(values, batch.columns), strict=True):
            page.append([_cell(value) for value in row])
            if len(page) == _PAGE:
                yield from _aligned(names, page)
                page = []
    yield from _aligned(names, page)


def _aligned(names: list[str], rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in (names, ["-" * width for width in widths], *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cell(value: Any) -> str:
    whole = "" if value is None else text(value)
    shown = "".join(character if character.isprintable() else " " for character in whole)
    return shown if len(shown) <= _WIDEST else f"{shown[: _WIDEST - 3]}..."
