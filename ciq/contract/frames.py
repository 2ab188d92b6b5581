"""A contract as a pandera schema, for frames at the Python boundary; SQL judges what is large.

A frame holds values after the mends. pandera and SQL give the same verdict on each row and rule; keys that repeat are
judged on the whole frame, and row rules, which are SQL, by SQL alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciq.contract.lossless import losses
from ciq.contract.magnitude import LARGEST, squared
from ciq.contract.model import Contract, Name
from ciq.contract.patterns import for_frames
from ciq.contract.types import TypeName
from ciq.errors import DataRefused, Problem
from ciq.rules import RULES

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

PANDAS_TYPES: dict[TypeName, str] = {
    "int8": "Int8",
    "int16": "Int16",
    "int32": "Int32",
    "int64": "Int64",
    "float32": "float32",
    "float64": "float64",
    "bool": "boolean",
    "string": "string",
    "category": "string",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
}
"""The types that pandas coerces a column to; all of them can hold missing values."""

POLARS_TYPES: dict[TypeName, str] = {
    "int8": "Int8",
    "int16": "Int16",
    "int32": "Int32",
    "int64": "Int64",
    "float32": "Float32",
    "float64": "Float64",
    "bool": "Boolean",
    "string": "String",
    "category": "String",
    "date": "Date",
    "datetime": "Datetime",
}

PANDAS_END, POLARS_END = r"\Z", "$"
"""Where a text ends, to Python's expressions and to those of Rust: a last line feed is part of it."""


@dataclass(frozen=True)
class FrameCheck:
    """One check of a column: the method of ``pandera.Check`` with its arguments, and what it says when it fails.

    ``error`` is the contract's rule and what was expected.
    """

    method: str
    arguments: tuple[Any, ...]
    error: str


def frame_checks(contract: Contract, name: Name, end: str = PANDAS_END) -> Iterator[FrameCheck]:
    """What the contract asks of the values of one column, missing ones aside; ``end`` ends a pattern.

    Raises UsageError where Python doesn't know the pattern.
    """
    constraints = contract.constraints
    low, high = constraints.ranges.get(name, (None, None))
    if low is not None:
        yield FrameCheck("ge", (low,), f"I202 at least {low}")
    if high is not None:
        yield FrameCheck("le", (high,), f"I202 at most {high}")
    if name in squared(contract):
        yield FrameCheck("in_range", (-LARGEST, LARGEST), f"I214 from {-LARGEST:g} to {LARGEST:g}")
    if name in constraints.categories:
        levels = list(constraints.categories[name])
        yield FrameCheck("isin", (levels,), f"I204 one of {', '.join(map(repr, levels))}")
    if name in constraints.patterns:
        expected = f"I205 a text that {constraints.patterns[name]!r} covers"
        yield FrameCheck("str_matches", (f"^{for_frames(contract, name, end)}{end}",), expected)
    if name == contract.treatment_col and contract.type_of(name).kind == "integer":
        yield FrameCheck("isin", ([0, 1],), "I206 0 or 1")


def pandas_schema(contract: Contract) -> Any:
    """A ``pandera.pandas.DataFrameSchema`` that coerces to the contract's types and refuses undeclared columns."""
    import pandera.pandas as pa

    types = {name: PANDAS_TYPES[contract.types[name]] for name in contract.types}
    return _schema(pa, contract, types, PANDAS_END)


def polars_schema(contract: Contract) -> Any:
    """As :func:`pandas_schema`, a ``pandera.polars.DataFrameSchema``; needs the extra ``polars``."""
    import pandera.polars as pa
    import polars

    types = {name: getattr(polars, POLARS_TYPES[contract.types[name]]) for name in contract.types}
    return _schema(pa, contract, types, POLARS_END)


def validate(frame: pd.DataFrame | pl.DataFrame, contract: Contract) -> Any:
    """``frame`` in the contract's types.

    Raises DataRefused with a problem for each broken check of a column, and for each whose values its type can't hold.
    """
    from pandera.errors import SchemaErrors

    ours = type(frame).__module__.partition(".")[0] == "polars"
    try:
        taken = (polars_schema if ours else pandas_schema)(contract).validate(frame, lazy=True)
    except SchemaErrors as errors:
        raise DataRefused(*(_problems(errors, contract))) from errors
    if lost := tuple(losses(frame, taken, contract)):
        raise DataRefused(*lost)
    return taken


def strictness(contract: Contract) -> bool | str:
    """What pandera is to do with columns that the contract doesn't declare."""
    return "filter" if contract.extra_columns == "drop" else True


def _schema(pa: Any, contract: Contract, types: dict[str, Any], end: str) -> Any:
    columns = {
        name: pa.Column(
            types[name],
            [
                getattr(pa.Check, check.method)(*check.arguments, error=check.error)
                for check in frame_checks(contract, name, end)
            ],
            nullable=name not in contract.required,
        )
        for name in contract.types
    }
    return pa.DataFrameSchema(columns, coerce=True, strict=strictness(contract), name=contract.name)


def _problems(errors: Any, contract: Contract) -> Iterator[Problem]:
    cases = errors.failure_cases
    found = cases.to_dicts() if hasattr(cases, "to_dicts") else cases.to_dict("records")
    broken: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for case in found:
        broken.setdefault((str(case["column"]), rule_of(str(case["check"]))), []).append(case)
    for (column, rule), of_it in broken.items():
        first = of_it[0]
        place = "" if first["index"] is None else f" in row {first['index']}"
        tally = f" ({len(of_it)} rows in all)" if len(of_it) > 1 else ""
        expected = str(first["check"]).removeprefix(f"{rule} ")
        message = f"{column} {first['failure_case']!r}{place}: expected {expected}{tally}"
        yield Problem(rule, message, contract.path)


def rule_of(check: str) -> str:
    """The rule that a failure of pandera's is about, by what the check says."""
    rule = check.partition(" ")[0]
    if rule in RULES:
        return rule
    named = {"not_nullable": "I201", "column_in_dataframe": "F106", "column_in_schema": "F107"}
    return named.get(check, "I203")
