"""Which intervals of an appended data set were built from other rows than are staged now."""

from __future__ import annotations

from datetime import date, datetime

from duckdb import DuckDBPyConnection
from sqlglot import exp

from ciq.blueprint.datasets import Dataset
from ciq.blueprint.variables import staged_rows
from ciq.causal import sql

_DAY = "day"


def stale(cursor: DuckDBPyConnection, dataset: Dataset, until: datetime) -> tuple[date, date] | None:
    """The first and the last day before ``until`` whose rows, by source file, are not those of ``staging.<dataset>``.

    Late rows, a file that was replaced and days that were built before their file came all show there.
    """
    contract = dataset.contract
    here = _days(contract.time_col, exp.Table(this=staged_rows(dataset), alias=_named("s")), until)
    there = _days(contract.time_col, exp.table_(contract.name, db="staging", quoted=True), until)
    day = exp.func("COALESCE", exp.column(_DAY, "here"), exp.column(_DAY, "there"))
    differing = (
        exp.select(exp.Min(this=day), exp.Max(this=day.copy()))
        .from_(here.subquery("here"))
        .join(there.subquery("there"), using=["_source", _DAY], join_type="full")
        .where(exp.NullSafeNEQ(this=exp.column("n", "here"), expression=exp.column("n", "there")))
    )
    first, last = cursor.execute(differing.sql("duckdb", identify=True)).fetchall()[0]
    return None if first is None else (first, last)


def not_due(cursor: DuckDBPyConnection, dataset: Dataset, until: datetime) -> int:
    """How many staged rows belong to intervals that are not over at ``until``."""
    time = sql.column(str(dataset.contract.time_col))
    rows = exp.Table(this=staged_rows(dataset), alias=_named("s"))
    counted = exp.select(exp.Count(this=exp.Star())).from_(rows).where(exp.GTE(this=time, expression=_timestamp(until)))
    return int(cursor.execute(counted.sql("duckdb", identify=True)).fetchall()[0][0])


def _timestamp(moment: datetime) -> exp.Expr:
    return exp.cast(exp.convert(moment.isoformat(" ")), "timestamp")


def _named(alias: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(alias))


def _days(time_col: str | None, table: exp.Expr, until: datetime) -> exp.Select:
    time = sql.column(str(time_col))
    day = exp.cast(time, "date")
    before = exp.LT(this=time.copy(), expression=_timestamp(until))
    named = [exp.column("_source"), exp.alias_(day, _DAY), exp.alias_(exp.Count(this=exp.Star()), "n")]
    return exp.select(*named).from_(table).where(before).group_by("1", "2")
