"""Typed values as the declared type, where that holds every one of them exactly."""

from __future__ import annotations

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.ingest.engine import call

FLOATS = ("FLOAT", "DOUBLE")
"""The engine types that hold what is not finite."""

_WIDENS: dict[str, tuple[str, ...]] = {
    "TINYINT": ("TINYINT", "BOOLEAN"),
    "SMALLINT": ("SMALLINT", "TINYINT", "UTINYINT", "BOOLEAN"),
    "INTEGER": ("INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT", "BOOLEAN"),
    "BIGINT": ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT", "UINTEGER", "BOOLEAN"),
    "FLOAT": ("FLOAT", "TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"),
    "DOUBLE": ("DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"),
    "BOOLEAN": ("BOOLEAN",),
    "VARCHAR": (),
    "DATE": ("DATE",),
    "TIMESTAMP": (),
}
"""For each target the engine types whose every value it holds exactly."""


def lossless(contract: Contract, name: str, source: str, value: exp.Expr) -> exp.Expr | None:
    """A value of engine type ``source`` as the declared type, or None where its text has to be cast."""
    target = contract.type_of(name)
    if target.kind == "datetime" and source == "TIMESTAMP WITH TIME ZONE":
        utc = exp.AtTimeZone(this=value, zone=exp.Literal.string("UTC"))
        return _if_finite(utc, utc)
    if source not in _WIDENS[target.duckdb]:
        return None
    same = value if source == target.duckdb else exp.cast(value.copy(), target.duckdb, dialect="duckdb")
    if target.kind == "float":
        return _if_finite(value, same)
    return _if_finite(same, same) if target.kind == "date" else same


def _if_finite(value: exp.Expr, then: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=call("isfinite", value.copy()), true=then)])
