"""pandera and SQL give the same verdict on each row and rule, for pandas and for polars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors
from soaking import examples
from sqlglot import exp

from ciq.contract import Contract, load
from ciq.contract.frames import PANDAS_TYPES, POLARS_TYPES, pandas_schema, polars_schema, rule_of, validate
from ciq.contract.model import Constraints
from ciq.errors import DataRefused
from ciq.ingest.engine import column
from ciq.ingest.verdict.judging import first, judge

pl = pytest.importorskip("polars", reason="needs the extra polars")
ROOT = Path(__file__).parents[2]
BOUNDS = st.none() | st.integers(-3, 3) | st.sampled_from([-1.5, 0.1, 2.25])
LEVELS = st.sampled_from(["a", "b", "c", "é", ""])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int8": st.integers(-4, 4),
    "int64": st.integers(-4, 4) | st.integers(-(2**63), 2**63 - 1),
    "float32": st.floats(-4, 4, width=32),
    "float64": st.floats(-4, 4) | st.sampled_from([0.1, 1e70, -1.1e70]),
    "bool": st.booleans(),
    "string": LEVELS | st.sampled_from(["ab", "abc1", "1", "a\nb", "a\n"]),
    "category": LEVELS,
    "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    "datetime": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
}
PATTERNS = st.sampled_from(["a", "[a-c]*", "[a-z]+[0-9]?", "a|b", ".+"])
Verdicts = set[tuple[int, str, str]]
Row = dict[str, Any]


@st.composite
def judged(draw: st.DrawFn) -> tuple[Contract, list[Row]]:
    """A contract over a few columns of any types and constraints, and rows that may break it."""
    types = {f"c{at}": draw(st.sampled_from(sorted(VALUES))) for at in range(draw(st.integers(1, 4)))}
    numbers = [name for name, kind in types.items() if kind in ("int8", "int64", "float32", "float64")]
    texts = [name for name, kind in types.items() if kind in ("string", "category")]
    bounds = st.tuples(BOUNDS, BOUNDS).filter(lambda pair: pair != (None, None))
    constraints = Constraints(
        not_null=tuple(name for name in types if draw(st.booleans())),
        ranges={name: draw(bounds) for name in numbers if draw(st.booleans())},
        categories={name: tuple(draw(st.sets(LEVELS, min_size=1))) for name in texts if draw(st.booleans())},
        patterns={name: draw(PATTERNS) for name in texts if draw(st.booleans())},
    )
    contract = Contract(
        name="d",
        path=Path("d.yaml"),
        treatment_col="t",
        covariate_cols=("c0",),
        types={"t": "int8", **types},
        constraints=constraints,
    )
    row = st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in contract.types.items()})
    return contract, draw(st.lists(row, min_size=1, max_size=6))


def by_sql(contract: Contract, rows: list[Row]) -> Verdicts:
    kinds = {**{name: contract.type_of(name).duckdb for name in contract.types}, "_file": "INT", "_row": "BIGINT"}
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE typed ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        marks = ", ".join("?" * len(kinds))
        for at, row in enumerate(rows):
            con.execute(f"INSERT INTO typed VALUES ({marks})", [*(row[name] for name in contract.types), 0, at])  # noqa: S608
        typed = exp.select(*map(column, kinds)).from_("typed")
        found = judge(con, contract, typed, fresh=False).violations
        places = [(each, first(con, contract, typed, each.check, len(rows), fresh=False)) for each in found]
        return {(row, each.check.rule, str(each.check.column)) for each, at in places for _, row in at}


def by_pandera(schema: Any, frame: Any) -> Verdicts:
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        found = cases.to_dicts() if hasattr(cases, "to_dicts") else cases.to_dict("records")
        return {(int(case["index"]), rule_of(str(case["check"])), case["column"]) for case in found}
    return set()


def in_pandas(contract: Contract, rows: list[Row]) -> Verdicts:
    columns = {
        name: pd.Series([row[name] for row in rows], dtype=PANDAS_TYPES[kind]) for name, kind in contract.types.items()
    }
    return by_pandera(pandas_schema(contract), pd.DataFrame(columns))


def in_polars(contract: Contract, rows: list[Row]) -> Verdicts:
    kinds = {name: getattr(pl, POLARS_TYPES[kind]) for name, kind in contract.types.items()}
    return by_pandera(polars_schema(contract), pl.DataFrame(rows, schema=kinds))


@pytest.mark.parametrize("by_frame", [in_pandas, in_polars])
def test_same_verdict_per_row_and_rule(by_frame: Callable[[Contract, list[Row]], Verdicts]) -> None:
    @settings(max_examples=examples(30), deadline=None)
    @given(case=judged())
    def same(case: tuple[Contract, list[Row]]) -> None:
        assert by_frame(*case) == by_sql(*case)

    same()


@pytest.mark.parametrize("by_frame", [in_pandas, in_polars])
def test_a_line_feed_at_the_end_is_part_of_a_text(by_frame: Callable[[Contract, list[Row]], Verdicts]) -> None:
    contract = Contract(
        name="d",
        path=Path("d.yaml"),
        treatment_col="t",
        covariate_cols=("c",),
        types={"t": "int8", "c": "string"},
        constraints=Constraints(patterns={"c": "a|b"}),
    )
    rows: list[Row] = [{"t": 0, "c": "a\n"}, {"t": 1, "c": "a"}]
    assert by_frame(contract, rows) == by_sql(contract, rows) == {(0, "I205", "c")}


NOON = datetime(2020, 1, 1, 12)


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize(
    ("type_", "values", "good"),
    [
        ("int8", [2.6, 1.0], [2.0, None]),
        ("bool", [2, 0], [1, 0]),
        ("bool", [0.5, 1.0], [1.0, 0.0]),
        ("float32", [1e39, 1.0], [0.1, 1.5]),
        ("float32", [16777217.0, 1.0], [16777216.0, None]),
        ("float64", [2**53 + 1, 1], [2**53, 1]),
        ("date", [NOON, NOON], [NOON.replace(hour=0), None]),
        ("datetime", [1577836800, 0], [NOON, None]),
        ("date", [18262, 0], [date(2020, 1, 1), None]),
    ],
)
def test_a_value_that_its_type_would_change_is_refused(
    library: Any, type_: str, values: list[Any], good: list[Any]
) -> None:
    contract = Contract(
        name="d",
        path=Path("d.yaml"),
        treatment_col="t",
        covariate_cols=("v",),
        types={"t": "int8", "v": "int8", "x": type_},
    )
    with pytest.raises(DataRefused, match="I203 x "):
        validate(library.DataFrame({"t": [0, 1], "v": [1, 2], "x": values}), contract)
    assert len(validate(library.DataFrame({"t": [0, 1], "v": [1, 2], "x": good}), contract)) == 2


def test_a_frame_is_taken_in_the_contract_s_types_or_refused_by_rule() -> None:
    contract = load(ROOT / "contracts" / "nsw_rct.yaml")
    frame = pd.read_csv(ROOT / "data" / "raw" / "nsw_rct.csv")
    assert {str(kind) for kind in validate(frame, contract).dtypes} == {"string", "Int8", "Int16", "float64"}
    assert validate(pl.from_pandas(frame), contract).schema["age"] == pl.Int16
    frame.loc[3, "age"] = 200
    frame.loc[5, "treat"] = 2
    frame.loc[7, "re78"] = None
    for broken in (frame, pl.from_pandas(frame)):
        with pytest.raises(DataRefused) as refused:
            validate(broken, contract)
        assert {problem.rule for problem in refused.value.problems} == {"I201", "I202", "I206"}
    with pytest.raises(DataRefused) as refused:
        validate(frame.drop(columns="age"), contract)
    assert "F106" in {problem.rule for problem in refused.value.problems}
    with pytest.raises(DataRefused) as refused:
        validate(frame.assign(more=1), contract)
    assert "F107" in {problem.rule for problem in refused.value.problems}
    with pytest.raises(DataRefused) as refused:
        validate(frame.assign(age=frame["age"] + 0.5), contract)
    assert "I203" in {problem.rule for problem in refused.value.problems}
