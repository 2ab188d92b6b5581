"""COPY from DuckDB into a PostgreSQL table: binary where every column's type is exact, as CSV otherwise."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import duckdb
import pyarrow as pa
from pyarrow import csv
from sqlglot import exp

from ciq.publish.types import Column, selection

BATCH_ROWS = 20_000
_AT_ONCE = 1 << 24
Method = Literal["binary", "csv"]


def copy(
    source: duckdb.DuckDBPyConnection,
    query: exp.Query,
    columns: tuple[Column, ...],
    cursor: Any,
    table: exp.Table,
    *,
    freeze: bool,
    tell: Callable[[int], None] = lambda rows: None,
) -> Method:
    """Copy the rows of ``query`` into ``table``; memory holds two batches, one that goes over and one being encoded.

    ``freeze`` is for a table made in the cursor's transaction: its rows need no vacuum and are read faster at first.
    ``tell`` hears how many rows are on their way. Raises psycopg2.Error where the server refuses a value.
    """
    reader = source.execute(selection(query, columns).sql("duckdb")).to_arrow_reader(BATCH_ROWS)
    method: Method = "binary" if _exact(reader.schema, columns) else "csv"
    encode = _binary if method == "binary" else _csv
    chunks = encode(reader.schema, _counted(reader, tell))
    command = f"COPY {table.sql('postgres')} FROM STDIN WITH (FORMAT {method}, FREEZE {freeze})"
    cursor.copy_expert(command, _Stream(_ahead(chunks)), size=_AT_ONCE)
    return method


def _exact(schema: pa.Schema, columns: tuple[Column, ...]) -> bool:
    return [str(kind) for kind in schema.types] == [column.target.arrow for column in columns]


def _counted(batches: Iterable[pa.RecordBatch], tell: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        yield batch
        rows += len(batch)
        tell(rows)


def _binary(source: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    from pgpq import ArrowToPostgresBinaryEncoder

    # PostgreSQL's instants are in UTC, and so are DuckDB's times here: the same number under another name.
    instants = [pa.timestamp("us", "UTC") if pa.types.is_timestamp(kind) else kind for kind in source.types]
    schema = pa.schema([pa.field(name, kind) for name, kind in zip(source.names, instants, strict=True)])
    encoder = ArrowToPostgresBinaryEncoder(schema)
    yield encoder.write_header()
    for batch in batches:
        yield encoder.write_batch(batch.cast(schema))
    yield encoder.finish()


def _csv(source: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    """Every value in quotes, so that only NULL is empty."""
    texts = pa.schema([pa.field(name, pa.string()) for name in source.names])
    for batch in batches:
        sink = io.BytesIO()
        options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        csv.write_csv(batch.cast(texts), sink, options)
        yield sink.getvalue()


def _ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, each made while the one before it goes over."""
    with ThreadPoolExecutor(1) as other:
        coming = other.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = other.submit(next, chunks, None)
            yield chunk


class _Stream:
    """Chunks as the file that psycopg2 reads from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = memoryview(chunk)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)
