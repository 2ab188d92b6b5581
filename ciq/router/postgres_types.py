"""PostgreSQL's result types as Arrow's, and rows as record batches."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
from psycopg2 import extensions

from ciq.errors import Problem
from ciq.router.engine import StatementRefused

_BY_OID: dict[int, pa.DataType] = {
    16: pa.bool_(),
    17: pa.binary(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    26: pa.uint32(),
    700: pa.float32(),
    701: pa.float64(),
    1082: pa.date32(),
    1083: pa.time64("us"),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
}
NUMERIC = 1700
_REAL = 700
_TEXTS = frozenset({18, 19, 25, 1043})
LOOSE = pa.decimal128(38, 18)
"""A numeric without a declared precision, as averages and quotients are: to 18 decimals, with 20 digits before them."""

_STEP = Decimal(1).scaleb(-LOOSE.scale)
_EXACT = Context(prec=LOOSE.precision)
# What the driver has values for and Arrow has not, as intervals, whose months it would count as 30 days. Modules of the
# driver's add ranges and JSON, before or after this one.
_WRITTEN = {114, 1186, 3802, *range(3904, 3928)}
_WRITTEN |= {oid for oid, kind in extensions.string_types.items() if oid not in _BY_OID and kind.name != "STRING"}
_WRITTEN -= {NUMERIC}
_AS_TEXT = extensions.new_type(tuple(sorted(_WRITTEN)), "AS_TEXT", lambda value, cursor: value)


def _finite(read: Any) -> Any:
    """psycopg2 reads an infinite time as the year 9999, and the end of a day as its begin."""

    def value(text: str | None, cursor: Any) -> Any:
        if text is not None and (text.endswith("infinity") or text == "24:00:00"):
            raise ValueError(f"the time {text}")
        return read(text, cursor)

    return value


CASTS = (
    _AS_TEXT,
    extensions.new_type((1082,), "FINITE_DATE", _finite(extensions.PYDATE)),
    extensions.new_type((1083,), "FINITE_CLOCK", _finite(extensions.PYTIME)),
    extensions.new_type((1114,), "FINITE_TIME", _finite(extensions.PYDATETIME)),
    extensions.new_type((1184,), "FINITE_INSTANT", _finite(extensions.PYDATETIMETZ)),
)
"""What the driver is to read otherwise than it would."""


def arrow_type(oid: int, precision: int | None, scale: int | None) -> pa.DataType:
    """The Arrow type of a column; what has none of its own becomes text as PostgreSQL writes it."""
    if oid == NUMERIC:
        declared = precision is not None and scale is not None and 0 <= scale <= precision <= LOOSE.precision
        return pa.decimal128(precision, scale) if declared and precision else LOOSE
    return _BY_OID.get(oid, pa.string())


def is_alike(oid: int) -> bool:
    """Whether the values of a type compare as those of its Arrow type do; a ``real`` is compared as a double."""
    return oid in _TEXTS or oid == NUMERIC or (oid in _BY_OID and oid != _REAL)


def unfit(error: Exception) -> StatementRefused:
    """The refusal of a value such as the year 10000, 1e30 without a precision, NaN as a numeric."""
    help_ = "cast it to text, or give the number a precision"
    return StatementRefused(Problem("R609", f"PostgreSQL gave a value that Arrow can't hold: {error}", help=help_))


def batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Rows as psycopg2 gives them, as one record batch. Raises ValueError or ArithmeticError for what doesn't fit."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [_array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The driver's values as Arrow's; those that are so already are most, and cost no call."""
    if kind == LOOSE:
        column = [_loose(value) for value in column]
    elif pa.types.is_string(kind):
        column = [value if type(value) is str else _text(value) for value in column]
    elif pa.types.is_binary(kind):
        column = [bytes_or_none(value) for value in column]
    return pa.array(column, kind)


def _loose(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_STEP, context=_EXACT)


def bytes_or_none(value: Any) -> bytes | None:
    """psycopg2's memoryview as bytes."""
    return None if value is None else bytes(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value)
