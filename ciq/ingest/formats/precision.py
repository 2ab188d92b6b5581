"""What a Parquet or Arrow file says more exactly than the engine reads it: digits, nanoseconds, a number's unit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ciq.contract.model import Contract
from ciq.errors import Problem

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

_DIGITS = 38
_OF_ARROW = "arrow."


def problems(path: Path, content: Path, contract: Contract) -> Iterator[Problem]:
    """A problem for each declared column of the file ``content``, called ``path``, whose values would lose something.

    Raises what pyarrow raises where the file can't be read.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(content) as file:
        old = _int96(file)
        for field in file.schema_arrow:
            if field.name not in contract.types:
                continue
            kind = field.type
            if pa.types.is_decimal(kind) and kind.precision > _DIGITS:
                message = f"column {field.name!r} is {kind}, of which only {_DIGITS} digits can be read"
                yield Problem("F121", message, path)
            timed = pa.types.is_time64(kind) or (pa.types.is_timestamp(kind) and kind.tz is not None)
            finer = _finer_int96(content, field.name) if field.name in old else None
            if timed and kind.unit == "ns" and field.name not in old:
                finer = not _whole_microseconds(file, field.name)
            if finer:
                message = f"column {field.name!r} has times finer than a microsecond"
                yield Problem("F121", message, path, help="round them at the source")


def bare_number(field: pa.Field) -> str | None:
    """The type of a column whose values the engine would take for the bare numbers that they are kept as.

    That is a duration, or the type of a library that counts something, as pandas' periods count months. It is no cell,
    see :func:`ciq.ingest.formats.header.is_cell`.
    """
    import pyarrow as pa

    kind, metadata = field.type, field.metadata or {}
    name = metadata.get(b"ARROW:extension:name", b"").decode()
    if isinstance(kind, pa.BaseExtensionType):
        name, kind = kind.extension_name, kind.storage_type
    if pa.types.is_duration(kind):
        return str(kind)
    return f"{name}[{kind}]" if pa.types.is_integer(kind) and name and not name.startswith(_OF_ARROW) else None


def _int96(file: parquet.ParquetFile) -> frozenset[str]:
    """The columns of the timestamps that Spark and Hive write, always in nanoseconds."""
    columns = (file.schema.column(at) for at in range(len(file.schema)))
    return frozenset(column.path for column in columns if column.physical_type == "INT96")


def _finer_int96(content: Path, name: str) -> bool:
    """Whether microseconds don't hold the times: nanoseconds in 64 bits wrap beyond the year 2262, theirs alike."""
    import pyarrow as pa
    from pyarrow import compute, parquet

    def times(unit: str) -> Iterator[pa.Array]:
        with parquet.ParquetFile(content, coerce_int96_timestamp_unit=unit) as file:
            yield from (batch.column(0).cast(pa.int64()) for batch in file.iter_batches(columns=[name]))

    return any(
        compute.any(compute.not_equal(exact, compute.multiply(kept, 1000))).as_py()
        for exact, kept in zip(times("ns"), times("us"), strict=True)
    )


def _whole_microseconds(file: parquet.ParquetFile, name: str) -> bool:
    import pyarrow as pa
    from pyarrow import compute

    for batch in file.iter_batches(columns=[name]):
        nanoseconds = batch.column(0).cast(pa.int64())
        rounded = compute.multiply(compute.divide(nanoseconds, 1000), 1000)
        if compute.any(compute.not_equal(nanoseconds, rounded)).as_py():
            return False
    return True
