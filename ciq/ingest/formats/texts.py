"""A Parquet file of texts, for formats whose cells the engine does not read as exactly as it must."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

Text = str | None
_BATCH = 20_000


def write(path: Path, names: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    """Write ``rows`` of texts, one a name, as a Parquet file of VARCHAR columns."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, pa.string()) for name in names])
    with parquet.ParquetWriter(path, schema, compression="lz4", write_statistics=False) as writer:
        rest = iter(rows)
        while batch := list(islice(rest, _BATCH)):
            columns = [pa.array(texts, pa.string()) for texts in zip(*batch, strict=True)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
