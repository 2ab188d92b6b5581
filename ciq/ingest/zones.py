"""Local times as UTC, exactly, and without the price of a calendar where a zone no longer changes its offset."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlglot import exp

_FIRST, _LAST = datetime(1900, 1, 1), datetime(2100, 1, 1)
_DAY = timedelta(days=1)


def as_utc(local: exp.Expr, timezone: str) -> exp.Expr:
    """A naive TIMESTAMP on the clock of ``timezone`` as UTC; NULL where that clock never showed it.

    Of the two readings of a time that the clock showed twice, it is the later one, in standard time.
    """
    if timezone == "UTC":
        return local
    by_calendar = _by_calendar(local, timezone)
    settled = _settled(timezone)
    if settled is None:
        return by_calendar
    since, offset = settled
    seconds = exp.Interval(this=exp.Literal.string(str(int(offset.total_seconds()))), unit=exp.var("SECOND"))
    shifted = exp.Sub(this=local.copy(), expression=seconds)
    recent = exp.GTE(this=local.copy(), expression=exp.cast(exp.Literal.string(since.isoformat(" ")), "TIMESTAMP"))
    finite = exp.Anonymous(this="isfinite", expressions=[local.copy()])
    return exp.Case(ifs=[exp.If(this=exp.and_(recent, finite), true=shifted)], default=by_calendar)


def _by_calendar(local: exp.Expr, timezone: str) -> exp.Expr:
    zone, utc = exp.Literal.string(timezone), exp.Literal.string("UTC")
    instant = exp.AtTimeZone(this=local.copy(), zone=zone)
    shown = exp.AtTimeZone(this=instant.copy(), zone=zone.copy())
    exists = exp.EQ(this=shown, expression=local.copy())
    return exp.Case(ifs=[exp.If(this=exists, true=exp.AtTimeZone(this=instant, zone=utc))])


@cache
def _settled(timezone: str) -> tuple[datetime, timedelta] | None:
    """Since when the zone has one offset for good, and which; None where it changes to this day."""
    zone = ZoneInfo(timezone)
    offset = _LAST.replace(tzinfo=zone).utcoffset() or timedelta()
    day = _LAST
    while day > _FIRST and (day - _DAY).replace(tzinfo=zone).utcoffset() == offset:
        day -= _DAY
    since = day + 2 * _DAY
    return (since, offset) if since.year < _LAST.year - 1 else None
