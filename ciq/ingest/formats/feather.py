"""Feather (an Arrow IPC file) as Parquet: batch by batch, values as they are, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ciq.errors import DataRefused, Problem
from ciq.ingest.content.raw import Raw
from ciq.ingest.formats.header import bound
from ciq.ingest.formats.precision import bare_number


def to_parquet(raw: Raw, packed: Path, target: Path) -> None:
    """Write the Arrow file ``packed`` to ``target``. Raises DataRefused where it can't be read,
    and LimitExceeded for too many columns.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with pa.memory_map(str(packed)) as source, pa.ipc.open_file(source) as arrow:
            bound(raw.path, len(arrow.schema))
            schema = _writable(arrow.schema)
            named = any(map(bare_number, schema))  # which the Parquet file then says of them
            with parquet.ParquetWriter(target, schema, compression="lz4", store_schema=named) as writer:
                for at in range(arrow.num_record_batches):
                    batch = arrow.get_batch(at)
                    batch.validate(full=True)
                    writer.write_batch(batch if schema is arrow.schema else batch.cast(schema))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        said = str(error).partition("\n")[0]
        help_ = "write it again; columns of a type that Parquet has not need another type"
        raise DataRefused(Problem("F143", f"the Arrow file can't be read: {said}", raw.path, help=help_)) from error


def _writable(schema: Any) -> Any:
    """The schema as Parquet's writer takes it: it can't unpack the dictionaries of views that polars writes."""
    import pyarrow as pa

    for at, field in enumerate(schema):
        kind = field.type
        if pa.types.is_dictionary(kind) and pa.types.is_string_view(kind.value_type):
            texts = pa.dictionary(kind.index_type, pa.large_string(), kind.ordered)
            schema = schema.set(at, field.with_type(texts))
    return schema
