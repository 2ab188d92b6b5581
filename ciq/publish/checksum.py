"""Count and checksum of a table's content, the same on both sides: whatever order the rows come in.

A row's hash is ``hash_record_extended`` of its columns' values: texts and those of 4 bytes at most as they are, others
in PostgreSQL's binary form, since a hash of their own would be of 32 bits or take -0.0 for 0. It is the seed of a
further hash, since that function alone is a sum over the columns and would not see two rows exchange a value; the
hashes of all rows are added up. PostgreSQL does it in one scan, by parallel workers where the table is large; here
numpy does it from DuckDB's values (:mod:`ciq.publish.lookup3`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from sqlglot import exp

from ciq.publish import lookup3
from ciq.publish.types import Column, selection

BATCH_ROWS = 20_000
_MODULUS = 2**64
_EPOCH_DAYS, _EPOCH_MICROSECONDS = 10_957, 946_684_800_000_000  # from 1970 to 2000, where PostgreSQL counts from
_WEIGHT = np.uint64(31)  # of the columns before, in hash_record_extended


@dataclass(frozen=True)
class Content:
    """``rows`` and, as 16 hexadecimal digits, the sum of the rows' hashes modulo 2^64."""

    rows: int
    checksum: str

    @classmethod
    def of(cls, rows: int, total: Any) -> Content:
        """From a count and the exact sum, which may be negative."""
        return cls(rows, f"{int(total or 0) % _MODULUS:016x}")


def of_duckdb(cursor: duckdb.DuckDBPyConnection, query: exp.Query, columns: tuple[Column, ...]) -> Content:
    """What ``query`` gives; memory holds one batch."""
    rows = total = 0
    for batch in cursor.execute(selection(query, columns).sql("duckdb")).to_arrow_reader(BATCH_ROWS):
        rows += len(batch)
        total += int(_hashes(batch).sum())
    return Content.of(rows, total)


def of_postgres(cursor: Any, table: exp.Table, columns: tuple[Column, ...]) -> Content:
    """What ``table`` holds, uncommitted rows of the cursor's transaction included."""
    images = [_image(column) for column in columns]
    row = exp.Anonymous(this="ROW", expressions=images)
    hashed = exp.func("hashint4extended", exp.convert(0), exp.func("hash_record_extended", row, exp.convert(0)))
    query = exp.select(exp.func("count", exp.Star()), exp.func("sum", hashed)).from_(table)
    cursor.execute(query.sql("postgres"))
    return Content.of(*cursor.fetchone())


def _image(column: Column) -> exp.Expr:
    value: exp.Expr = exp.column(column.name, quoted=True)
    if column.target.arrow is None:
        value = exp.cast(value, "text")
    return exp.func(column.target.send, value) if column.target.send else value


def _hashes(batch: pa.RecordBatch) -> lookup3.Hashes:
    """PostgreSQL's hash of each row."""
    row = np.zeros(len(batch), np.uint64)
    for values in batch.columns:
        hashes = _of_texts(values) if pa.types.is_string(values.type) else lookup3.of_numbers(_numbers(values))
        if values.null_count:
            hashes[values.is_null().to_numpy(zero_copy_only=False)] = 0
        row *= _WEIGHT
        row += hashes
    return lookup3.of_seeds(row)


def _numbers(values: pa.Array) -> Any:
    """Values of a fixed width as PostgreSQL's numbers for them; anything where there is none."""
    if pa.types.is_date(values.type):
        return _numbers(values.cast(pa.int32())) - np.int32(_EPOCH_DAYS)
    if pa.types.is_timestamp(values.type):
        return _numbers(values.cast(pa.int64())) - np.int64(_EPOCH_MICROSECONDS)
    return values.fill_null(pa.scalar(0).cast(values.type)).to_numpy(zero_copy_only=False)


def _of_texts(values: pa.Array) -> lookup3.Hashes:
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    content = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if data else np.empty(0, np.uint8)
    return lookup3.of_texts(np.concatenate([content, np.zeros(lookup3.BLOCK, np.uint8)]), ends - ends[0])
