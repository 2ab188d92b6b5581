"""A frame as the staging table of its contract, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from ciq.blueprint.roles import treated, typed
from ciq.causal import sql
from ciq.contract import Contract
from ciq.contract.magnitude import LARGEST, squared
from ciq.errors import DataRefused, Problem
from ciq.rules import RULES

# What each kind of contract column takes from a frame; a whole number is also a level.
_TAKES = {
    "integer": ("integer", "float", "bool"),
    "float": ("integer", "float", "bool"),
    "bool": ("integer", "bool"),
    "text": ("text", "integer", "bool"),
    "date": ("date", "datetime"),
    "datetime": ("date", "datetime"),
}


def stage(connection: duckdb.DuckDBPyConnection, frame: Any, contract: Contract) -> None:
    """Make ``staging.<dataset>`` of ``frame``, typed as the contract says, rows in the frame's order.

    Columns that the contract doesn't declare are left out. Raises DataRefused with every reason at once: a column
    that is missing or of another type (G330, G331), NaN or infinity (G332), a treatment other than 0 or 1 (G333),
    no rows (G334), a number too large to be squared (I214); TypeError where ``frame`` does not speak the Arrow C
    stream.
    """
    if not hasattr(frame, "__arrow_c_stream__"):
        raise TypeError(f"a {type(frame).__name__} is no frame: it has no __arrow_c_stream__")
    reader = pa.RecordBatchReader.from_stream(frame)
    _refuse(contract, _unfit(contract, reader.schema))
    connection.register("frame", reader)
    given = [exp.alias_(sql.column(name), name, quoted=True) for name in contract.types]
    connection.execute(f"CREATE TEMP TABLE given AS {exp.select(*given).from_('frame').sql('duckdb')}")
    connection.unregister("frame")
    _refuse(contract, _unsound(connection, contract))
    columns = [exp.alias_(typed(contract, name), name, quoted=True) for name in contract.types]
    provenance = ["'frame' AS _source", "0 AS _file", "rowid AS _row"]
    query = exp.select(*columns, *provenance).from_("given").sql("duckdb")
    connection.execute("CREATE SCHEMA staging")
    connection.execute(f"CREATE VIEW staging.{contract.name} AS {query}")


def _refuse(contract: Contract, found: Iterator[tuple[str, str]]) -> None:
    problems = [Problem(rule, message, contract.path, help=RULES[rule].mend) for rule, message in found]
    if problems:
        raise DataRefused(*problems)


def _unfit(contract: Contract, schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """What is wrong with the frame's columns."""
    for name in contract.types:
        found = schema.get_all_field_indices(name)
        if len(found) != 1:
            yield "G330", f"the frame has {'no' if not found else 'more than one'} column `{name}`"
            continue
        given = schema.field(name).type
        if not pa.types.is_null(given) and _kind(given) not in _TAKES[contract.type_of(name).kind]:
            yield "G331", f"`{name}` is {given} in the frame and {contract.types[name]} in the contract"


def _kind(given: pa.DataType) -> str:
    kinds = pa.types
    if kinds.is_dictionary(given):
        return _kind(given.value_type)
    tests = {
        "integer": kinds.is_integer(given),
        "float": kinds.is_floating(given) or kinds.is_decimal(given),
        "bool": kinds.is_boolean(given),
        "text": kinds.is_string(given) or kinds.is_large_string(given) or kinds.is_string_view(given),
        "date": kinds.is_date(given),
        "datetime": kinds.is_timestamp(given) and given.tz is None,
    }
    return next((kind for kind, holds in tests.items() if holds), "other")


def _unsound(connection: duckdb.DuckDBPyConnection, contract: Contract) -> Iterator[tuple[str, str]]:
    """What is wrong with the frame's values: one scan that counts each flaw."""
    flaws = list(_flaws(contract))
    counts = [exp.Count(this=exp.Case(ifs=[exp.If(this=flaw, true=exp.convert(1))])) for _, _, flaw in flaws]
    query = exp.select(exp.Count(this=exp.Star()), *counts).from_("given").sql("duckdb")
    rows, *found = connection.execute(query).fetchall()[0]
    if not rows:
        yield "G334", "the frame has no rows"
    for (rule, message, _), count in zip(flaws, found, strict=True):
        if count:
            yield rule, f"{message} in {count:,} of {rows:,} rows"


def _flaws(contract: Contract) -> Iterator[tuple[str, str, exp.Expr]]:
    """Rule, message and a condition that is true of the rows with the flaw."""
    for name, declared in contract.types.items():
        value, kind = sql.column(name), contract.type_of(name).kind
        cast = exp.TryCast(**typed(contract, name).args)
        if kind == "float":
            wide = exp.TryCast(this=value.copy(), to=exp.DataType.build("double"))
            odd = exp.or_(exp.IsNan(this=wide), exp.IsInf(this=wide.copy()))
            yield "G332", f"`{name}` is NaN or infinite", odd
            if name in squared(contract):
                large = exp.GT(this=exp.Abs(this=wide.copy()), expression=exp.convert(LARGEST))
                beyond = exp.and_(large, exp.not_(odd.copy()))
                yield "I214", f"`{name}` is too large to be squared, beyond {LARGEST:g},", beyond
        else:
            changed = exp.NullSafeNEQ(this=value, expression=cast)
            yield "G331", f"`{name}` has no {declared} that equals it", changed
    arm = treated(contract)
    yield (
        "G333",
        f"`{contract.treatment_col}` is not 0 or 1",
        exp.or_(
            exp.Is(this=arm, expression=exp.null()),
            exp.Not(this=exp.In(this=arm.copy(), expressions=[exp.convert(0), exp.convert(1)])),
        ),
    )
