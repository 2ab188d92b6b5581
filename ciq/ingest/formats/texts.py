"""A Parquet file of texts, for formats whose cells the engine does not read as exactly as it must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

Text = str | None
_BATCH = 20_000
_GROUP = 16_000_000
"""Bytes of texts from which they are written as a row group."""


def write(path: Path, names: Sequence[str], batches: Iterable[Sequence[pa.Array]]) -> int:
    """Write ``batches`` of texts, an array a name, as a Parquet file of VARCHAR columns; how many rows they have."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, pa.string()) for name in names])
    with parquet.ParquetWriter(path, schema, compression="lz4", write_statistics=False) as writer:
        waiting, size, count = list[pa.RecordBatch](), 0, 0
        for columns in batches:
            batch = pa.RecordBatch.from_arrays(list(columns), schema=schema)
            waiting.append(batch)
            size, count = size + batch.nbytes, count + batch.num_rows
            if size >= _GROUP:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting, size = [], 0
        writer.write_table(pa.Table.from_batches(waiting, schema))
    return count


def batches(rows: Iterable[Sequence[Text]]) -> Iterator[list[pa.Array]]:
    """``rows`` of texts, some at a time, an array a column."""
    import pyarrow as pa

    rest = iter(rows)
    while batch := list(islice(rest, _BATCH)):
        yield [pa.array(texts, pa.string()) for texts in zip(*batch, strict=True)]
