"""Values as texts and JSON have them."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ciq.router.intervals import as_texts


def sayable(column: pa.Array) -> pa.Array:
    """A column as Arrow writes it to CSV: bytes in hexadecimal as PostgreSQL has them, intervals as texts, lists and
    structs as JSON.

    Raises ValueError for a time that is on no calendar, such as infinity.
    """
    kind = column.type
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        _must_be_on_a_calendar(column)
    if pa.types.is_nested(kind) or _is_bytes(kind):
        return pa.array([None if value is None else text(value) for value in column.to_pylist()], pa.string())
    return as_texts(column)


def values(column: pa.Array) -> list[Any]:
    """The values of a column as Python has them; times as texts where one is of a year that Python has not.

    Raises ValueError as ``sayable`` does.
    """
    if pa.types.is_temporal(column.type):
        column = sayable(column)
    try:
        return list(column.to_pylist())
    except OverflowError:
        return list(column.cast(pa.string()).to_pylist())


def text(value: Any) -> str:
    """A value as one cell shows it."""
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return as_json(value) if isinstance(value, dict | list | tuple) else str(value)


def as_json(value: Any) -> str:
    """A value and all that is in it, on one line."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, default=text)


def _plain(value: Any) -> Any:
    """Numbers that JSON does not have become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, pa.MonthDayNano):
        return as_texts(pa.array([value]))[0].as_py()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _number(value: Decimal) -> str:
    """Exact, and without the zeros that only fill up a column's scale."""
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _must_be_on_a_calendar(column: pa.Array) -> None:
    """Arrow writes DuckDB's infinity, and 24:00, as a remark in the place of the value."""
    ends = pc.min_max(column)
    for end in (ends["min"], ends["max"]):
        written = end.cast(pa.string()).as_py() if end.is_valid else ""
        if written.startswith("<"):
            raise ValueError(f"a time {written.strip('<>')}")
