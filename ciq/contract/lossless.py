"""What values of a frame would lose in the contract's types: frame libraries round, cut and wrap without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ciq.contract.model import Contract
from ciq.contract.types import Kind
from ciq.errors import Problem

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def losses(before: Any, after: Any, contract: Contract) -> Iterator[Problem]:
    """A problem for each column of which ``after`` has other values than ``before``, the frame that was given."""
    found = _of_polars if type(before).__module__.partition(".")[0] == "polars" else _of_pandas
    for name, type_name in contract.types.items():
        rows = found(before[name], after[name], contract.type_of(name).kind)
        if rows:
            place, value = rows[0]
            tally = f" ({len(rows)} rows in all)" if len(rows) > 1 else ""
            message = f"{name} {value!r} in row {place}: expected what {type_name} holds exactly{tally}"
            yield Problem("I203", message, contract.path)


def _of_polars(before: pl.Series, after: pl.Series, kind: Kind) -> list[tuple[Any, Any]]:
    import polars as pl

    numeric = before.dtype.is_numeric() or before.dtype == pl.Boolean
    if before.dtype == after.dtype or kind == "text" or not (numeric or isinstance(before.dtype, pl.Datetime)):
        return []
    if kind in ("date", "datetime"):
        lost = before.is_not_null() if numeric else _moment(after).ne_missing(_moment(before))
    elif kind != "float" or before.dtype.is_integer():
        lost = after.cast(before.dtype, strict=False).ne_missing(before)
    else:
        given, taken = before.cast(pl.Float64), after.cast(pl.Float64)
        lost = given.is_finite() & (~taken.is_finite() | ((given == given.floor()) & (given != taken)))
    return [(at, before[at]) for at in lost.fill_null(value=False).arg_true()]


def _moment(times: pl.Series) -> pl.Series:
    """Times in UTC, to the nanosecond where their type tells it, else to the microsecond."""
    import polars as pl

    if not isinstance(times.dtype, pl.Datetime):
        return times.cast(pl.Datetime("us"))
    return times.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if times.dtype.time_zone else times


def _of_pandas(before: pd.Series, after: pd.Series, kind: Kind) -> list[tuple[Any, Any]]:
    import numpy as np
    from pandas.api import types

    numeric, present = types.is_numeric_dtype(before.dtype), before.notna()
    if kind in ("date", "datetime"):
        times = after[present]
        lost = np.full(len(times), fill_value=True) if numeric else times.to_numpy() != times.dt.normalize().to_numpy()
        lost &= numeric or kind == "date"
    elif kind == "float" and numeric:
        taken = after[present].to_numpy(dtype="float64")
        if types.is_float_dtype(before.dtype):
            given = before[present].to_numpy(dtype="float64")
            lost = np.isfinite(given) & (~np.isfinite(taken) | ((given == np.floor(given)) & (given != taken)))
        else:
            given = before[present].to_numpy(dtype="int64")
            with np.errstate(invalid="ignore"):
                lost = taken.astype("int64") != given
    else:
        return []
    return list(before[present][lost].items())
