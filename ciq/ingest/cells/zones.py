"""Local times as UTC, exactly, and without the price of a calendar where a zone no longer changes its offset."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlglot import exp

_FIRST, _LAST = datetime(1900, 1, 1), datetime(2100, 1, 1)
_DAY = timedelta(days=1)


def as_utc(local: exp.Expr, timezone: str) -> exp.Expr:
    """A naive TIMESTAMP on the clock of ``timezone`` as UTC; NULL where that clock showed it never, or twice."""
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


def is_shown_twice(local: exp.Expr, timezone: str) -> exp.Expr:
    """Whether the clock of ``timezone`` was put back over the naive TIMESTAMP ``local``."""
    if timezone == "UTC":
        return exp.false()
    return exp.and_(_shows(_instant(local, timezone), local, timezone), exp.not_(_shows_once(local, timezone)))


def _by_calendar(local: exp.Expr, timezone: str) -> exp.Expr:
    instant = _instant(local, timezone)
    once = exp.and_(_shows(instant, local, timezone), _shows_once(local, timezone))
    return exp.Case(ifs=[exp.If(this=once, true=_clock(instant.copy(), "UTC"))])


def _shows_once(local: exp.Expr, timezone: str) -> exp.Expr:
    """Whether the offset of two days before gives no second reading; the engine's own is the later one."""
    instant = _instant(local, timezone)
    before = exp.Sub(this=instant.copy(), expression=exp.Interval(this=exp.Literal.string("2"), unit=exp.var("DAY")))
    offset = exp.paren(exp.Sub(this=_clock(before, timezone), expression=_clock(before, "UTC")))
    earlier = _instant(exp.paren(exp.Sub(this=local.copy(), expression=offset)), "UTC")
    same = exp.EQ(this=earlier, expression=instant)
    return exp.or_(same, exp.not_(_shows(earlier.copy(), local, timezone)))


def _shows(instant: exp.Expr, local: exp.Expr, timezone: str) -> exp.Expr:
    return exp.EQ(this=_clock(instant, timezone), expression=local.copy())


def _instant(local: exp.Expr, timezone: str) -> exp.Expr:
    return exp.AtTimeZone(this=local.copy(), zone=exp.Literal.string(timezone))


def _clock(instant: exp.Expr, timezone: str) -> exp.Expr:
    return exp.AtTimeZone(this=exp.paren(instant.copy()), zone=exp.Literal.string(timezone))


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
