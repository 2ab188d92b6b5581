"""The contract's constraints as conditions over typed rows, counted in one scan of the values after their mends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from ciq.contract.clean import Mend, cleaned, mends
from ciq.contract.magnitude import LARGEST, squared
from ciq.contract.model import Contract, Rule
from ciq.errors import ContractError, Problem
from ciq.ingest.cells import casting
from ciq.ingest.engine import call, column, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

POSITION = ("_file", "_row")


@dataclass(frozen=True)
class Check:
    """One constraint: ``violated`` is true of the rows that break it; ``column`` is None for a rule over several."""

    rule: str
    column: str | None
    violated: exp.Expr
    expected: str
    severity: str = "fail"


@dataclass(frozen=True)
class Violation:
    """A broken check: how many rows break it, and the (file ordinal, record) of the first of them."""

    check: Check
    count: int
    at: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Judged:
    """What one scan found: broken checks, rows in breach of each rule that only warns, and mends by column and step."""

    violations: tuple[Violation, ...]
    warnings: dict[str, int]
    mends: dict[str, dict[str, int]]


def judge(con: DuckDBPyConnection, contract: Contract, typed: exp.Query, *, fresh: bool) -> Judged:
    """Judge ``typed`` rows; ``fresh`` ones carry the text of cells that could not be cast.

    Raises ContractError where a row rule fails on the values.
    """
    every = list(checks(contract, fresh=fresh))
    counts = _counts(con, contract, _mended(contract, typed, fresh), every)
    broken = [(check, count) for check, count in zip(every, counts, strict=True) if count]
    return Judged(
        tuple(Violation(check, count) for check, count in broken if check.severity == "fail"),
        {check.expected: count for check, count in broken if check.severity == "warn"},
        _mend_counts(con, contract, typed),
    )


def first(
    con: DuckDBPyConnection, contract: Contract, typed: exp.Query, check: Check, limit: int, *, fresh: bool
) -> tuple[tuple[int, int], ...]:
    """The (file ordinal, record) of the first ``limit`` rows that break ``check``."""
    query = positions(contract, typed, check, fresh=fresh)
    found = rows(con, query.order_by(*map(column, POSITION)).limit(limit))
    return tuple((int(file), int(record)) for file, record in found)


def positions(contract: Contract, typed: exp.Query, check: Check, *, fresh: bool) -> exp.Select:
    """The (file ordinal, record) of every row that breaks ``check``."""
    query = exp.select(*map(column, POSITION)).from_(_mended(contract, typed, fresh).subquery("m"))
    return query.where(check.violated.copy())


def checks(contract: Contract, *, fresh: bool) -> Iterator[Check]:
    """Every check of the contract; of ``fresh`` rows also whether each cell could be cast."""
    for name in contract.types:
        raw = casting.raw(contract, name) if fresh else None
        if raw is not None:
            yield from _cast_checks(contract, name, raw)
        if name in contract.required:
            yield Check("I201", name, _absent(name, raw), "a value")
        yield from _value_checks(contract, name)
    for rule in contract.constraints.rules:
        yield Check("I208", None, _broken(rule), rule.id, rule.severity)


def _cast_checks(contract: Contract, name: str, raw: exp.Expr) -> Iterator[Check]:
    """What keeps the text of a cell from being a value of its type."""
    kind, pattern, zone = (
        contract.type_of(name).kind,
        contract.source.datetime_format.get(name),
        contract.source.timezone,
    )
    failed: exp.Expr = raw.is_(exp.null()).not_()
    if kind == "datetime":
        skipped, twice = casting.skipped(contract, name, raw), casting.shown_twice(contract, name, raw)
        yield Check("I210", name, exp.and_(failed.copy(), skipped), f"a time that the clock of {zone} showed")
        yield Check("I211", name, exp.and_(failed.copy(), twice), f"a time that the clock of {zone} showed once")
        failed = exp.and_(failed, exp.not_(exp.or_(skipped.copy(), twice.copy())))
    expected = casting.EXPECTED[kind].format(type=contract.types[name])
    if pattern:
        expected = f"a time as {pattern}" if kind == "datetime" else f"a date as {pattern}, with no time of day"
    yield Check("I203", name, failed, expected)


def _value_checks(contract: Contract, name: str) -> Iterator[Check]:
    constraints, value = contract.constraints, column(name)
    if name in constraints.ranges:
        low, high = constraints.ranges[name]
        expected = f"{'' if low is None else low} .. {'' if high is None else high}"
        yield Check("I202", name, _outside(value, low, high), expected)
    if name in constraints.categories:
        levels = constraints.categories[name]
        known = exp.In(this=value.copy(), expressions=[exp.convert(level) for level in levels])
        yield Check("I204", name, known.not_(), f"one of {', '.join(map(repr, levels))}")
    if name in constraints.patterns:
        pattern = constraints.patterns[name]
        text = exp.cast(value.copy(), "VARCHAR")
        fits = call("regexp_full_match", text, exp.Literal.string(pattern))
        yield Check("I205", name, exp.not_(fits), f"a text that {pattern!r} covers")
    if name in squared(contract):
        yield Check("I214", name, _outside(value, -LARGEST, LARGEST), f"{-LARGEST:g} .. {LARGEST:g}")
    if name == contract.treatment_col and contract.type_of(name).kind != "bool":
        yield Check("I206", name, _no_arm(contract, name, value), "0 or 1")


def _outside(value: exp.Expr, low: float | None, high: float | None) -> exp.Expr:
    below = [exp.LT(this=value.copy(), expression=exp.convert(low))] if low is not None else []
    above = [exp.GT(this=value.copy(), expression=exp.convert(high))] if high is not None else []
    return exp.or_(*below, *above)


def _no_arm(contract: Contract, name: str, value: exp.Expr) -> exp.Expr:
    if contract.type_of(name).kind == "integer":
        return exp.In(this=value.copy(), expressions=[exp.convert(arm) for arm in (0, 1)]).not_()
    text = exp.cast(value.copy(), "VARCHAR")
    return exp.In(this=text, expressions=[exp.convert(arm) for arm in ("0", "1", "0.0", "1.0")]).not_()


def _absent(name: str, raw: exp.Expr | None) -> exp.Expr:
    absent: exp.Expr = column(name).is_(exp.null())
    return absent if raw is None else exp.and_(absent, raw.copy().is_(exp.null()))


def how_many(condition: exp.Expr) -> exp.Expr:
    """The number of rows of which ``condition`` is true."""
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition))


def _broken(rule: Rule) -> exp.Expr:
    condition = sqlglot.parse_one(rule.sql, dialect="duckdb")
    return exp.not_(exp.Coalesce(this=exp.paren(condition), expressions=[exp.true()]))


def _mended(contract: Contract, typed: exp.Query, fresh: bool) -> exp.Select:
    values = [exp.alias_(cleaned(contract, name, column(name)), name, quoted=True) for name in contract.types]
    raws = casting.raw_columns(contract) if fresh else []
    return exp.select(*values, *raws, *map(column, POSITION)).from_(typed.copy().subquery("t"))


def _counts(con: DuckDBPyConnection, contract: Contract, mended: exp.Select, checks: Sequence[Check]) -> list[int]:
    every = exp.select(exp.Count(this=exp.Star())).from_(mended.subquery("m"))
    # A statement each: the file's own statistics answer most of them, and no other columns are read for the rest.
    return [_counted(con, contract, every, check) for check in checks]


def _counted(con: DuckDBPyConnection, contract: Contract, every: exp.Select, check: Check) -> int:
    import duckdb

    try:
        return int(rows(con, every.where(check.violated.copy()))[0][0])
    except (duckdb.OutOfRangeException, duckdb.ConversionException, duckdb.InvalidInputException) as error:
        what = f"a mend of {check.column}" if check.column else f"rule {check.expected!r}"
        message = f"{what} can't be evaluated: {str(error).partition(chr(10))[0]}"
        help_ = "put what fails into try(...), which is NULL then; NULL passes"
        raise ContractError(Problem("C117", message, contract.path, help=help_)) from error


def _mend_counts(con: DuckDBPyConnection, contract: Contract, typed: exp.Query) -> dict[str, dict[str, int]]:
    steps = [mend for name in contract.types for mend in mends(contract, name, column(name))]
    if not steps:
        return {}
    counted = [how_many(mend.applied) for mend in steps]
    return by_step(steps, rows(con, exp.select(*counted).from_(typed.copy().subquery("t")))[0])


def by_step(steps: Sequence[Mend], counts: Sequence[int]) -> dict[str, dict[str, int]]:
    """The ``counts`` of the rows that each step changed, by column and step."""
    found: dict[str, dict[str, int]] = {}
    for mend, count in zip(steps, counts, strict=True):
        found.setdefault(mend.column, {})[mend.step] = int(count)
    return found
