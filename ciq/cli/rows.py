"""Rows as a table, CSV, JSON, Parquet or an Arrow stream, on stdout or in a file."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ciq.files import aside
from ciq.router import Result

_WIDEST = 60
_PAGE = 1000
"""Rows that a table's widths are taken from at a time."""


def write_rows(answer: Result, form: str, limit: int | None, target: Path | None) -> None:
    """Write the rows of an answer, at most ``limit`` of them; a file appears whole or not at all."""
    with _opened(target) as stream, closing(_limited(answer, limit)) as batches:
        if form in ("table", "json"):
            lines = _table(answer.schema, batches) if form == "table" else _json(batches)
            for line in lines:
                stream.write(f"{line}\n".encode())
            return
        with _writer(form, stream, answer.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)


@contextmanager
def _opened(target: Path | None) -> Iterator[IO[bytes]]:
    with aside(target) if target else nullcontext() as path:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with path.open("wb") as stream:
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
        for row in batch.to_pylist():
            yield json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """Numbers that JSON does not have become null; exact ones stay exact, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _plain_number(value) if isinstance(value, Decimal) else value


def _plain_number(value: Decimal) -> str:
    """Without the zeros that only fill up a column's scale."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _table(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[str]:
    """Columns under their names, a page of rows at a time."""
    page: list[list[str]] = []
    names = list(schema.names)
    for batch in batches:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
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
    text = "" if value is None else _plain_number(value) if isinstance(value, Decimal) else str(value)
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= _WIDEST else f"{shown[: _WIDEST - 3]}..."
