"""DuckDB's intervals as PostgreSQL writes them."""

from __future__ import annotations

import pyarrow as pa

_UNITS = ("year", "mon", "day")


def as_texts(column: pa.Array) -> pa.Array:
    """A column of intervals as texts; any other as it is."""
    if not pa.types.is_interval(column.type):
        return column
    return pa.array([None if value is None else _text(*value) for value in column.to_pylist()], pa.string())


def _text(months: int, days: int, nanoseconds: int) -> str:
    years = int(months / 12)  # towards 0
    parts, negative = [], False
    for number, unit in zip((years, months - 12 * years, days), _UNITS, strict=True):
        if number:
            sign = "+" if negative and number > 0 else ""
            parts.append(f"{sign}{number} {unit}{'' if number == 1 else 's'}")
            negative = number < 0
    if nanoseconds or not parts:
        seconds, micros = divmod(abs(nanoseconds) // 1000, 1_000_000)
        sign = "-" if nanoseconds < 0 else "+" if negative else ""
        clock = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        parts.append(clock + (f".{micros:06}".rstrip("0") if micros else ""))
    return " ".join(parts)
