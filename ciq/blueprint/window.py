"""The newest intervals of appended rows as SQL: which rows diagnostics and features are of."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh.core.node import IntervalUnit

from ciq.contract import Contract

_MINUTES = {IntervalUnit.HALF_HOUR: 30, IntervalUnit.QUARTER_HOUR: 15, IntervalUnit.FIVE_MINUTE: 5}


def window_begins(contract: Contract) -> exp.Expr:
    """When the contract's window begins whose last interval is that of the time ``latest``; NULL without a window.

    Intervals are SQLMesh's own: of UTC, and of the longest unit that is no longer than the cron's.
    """
    if not contract.schedule.window:
        return exp.null()
    unit, before = IntervalUnit.from_cron(contract.schedule.cron), contract.schedule.window - 1
    latest = exp.cast(exp.column("latest"), "timestamp")
    if unit not in _MINUTES:
        part = unit.value.upper()
        return _earlier(exp.TimestampTrunc(this=latest, unit=exp.var(part)), exp.convert(before), part)
    minutes = _MINUTES[unit]
    minute = exp.Extract(this=exp.var("MINUTE"), expression=latest.copy())
    into = exp.paren(exp.Mod(this=minute, expression=exp.convert(minutes)))
    begun = _earlier(exp.TimestampTrunc(this=latest, unit=exp.var("MINUTE")), into, "MINUTE")
    return _earlier(begun, exp.convert(before * minutes), "MINUTE")


def _earlier(time: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    return exp.Sub(this=time, expression=exp.Interval(this=count, unit=exp.var(unit)))
