"""What a Parquet file holds more exactly than the engine reads it: decimals beyond 38 digits, and nanoseconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ciq.contract.model import Contract
from ciq.errors import Problem

_DIGITS = 38


def problems(path: Path, content: Path, contract: Contract) -> Iterator[Problem]:
    """A problem for each declared column of the file ``content``, called ``path``, whose values would lose digits.

    Raises what pyarrow raises where the file can't be read.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(content) as file:
        for field in file.schema_arrow:
            if field.name not in contract.types:
                continue
            kind = field.type
            if pa.types.is_decimal(kind) and kind.precision > _DIGITS:
                message = f"column {field.name!r} is {kind}, of which only {_DIGITS} digits can be read"
                yield Problem("F121", message, path)
            timed = pa.types.is_time64(kind) or (pa.types.is_timestamp(kind) and kind.tz is not None)
            if timed and kind.unit == "ns" and not _whole_microseconds(file, field.name):
                message = f"column {field.name!r} has times finer than a microsecond"
                yield Problem("F121", message, path, help="round them at the source")


def _whole_microseconds(file: Any, name: str) -> bool:
    import pyarrow as pa
    from pyarrow import compute

    for batch in file.iter_batches(columns=[name]):
        nanoseconds = batch.column(0).cast(pa.int64())
        rounded = compute.multiply(compute.divide(nanoseconds, 1000), 1000)
        if compute.any(compute.not_equal(nanoseconds, rounded)).as_py():
            return False
    return True
