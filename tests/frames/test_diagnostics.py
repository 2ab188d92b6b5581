"""Frames of every kind give one set of figures, and what can't be measured is refused with its cause."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from golden_figures import SHIPPED, balance_agrees, ess_agrees, overlap_agrees
from pyarrow import csv

from ciq import frames
from ciq.contract import Contract, load
from ciq.errors import CiqError, DataRefused, GateRefused

CONTRACT = """
treatment_col: treated
covariate_cols: [age, spend, plan]
types: {treated: int8, age: int16, spend: float64, plan: category}
"""


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contracts") / "study.yaml"
    path.write_text(CONTRACT)
    return load(path)


def study(**changed: Any) -> pa.Table:
    """300 rows that fit the contract, with some columns changed."""
    random = np.random.default_rng(1)
    age = random.integers(18, 80, 300)
    spend = random.normal(50, 10, 300)
    e = 1 / (1 + np.exp(-(age - 50) / 20))
    columns = {
        "treated": (random.random(300) < e).astype(np.int64),
        "age": age,
        "spend": pa.array(spend, mask=random.random(300) < 0.1),
        "plan": random.choice(["free", "paid", "trial"], 300),
        "note": ["not declared"] * 300,
    }
    return pa.table(columns | changed)


def shipped(dataset: str) -> tuple[pa.Table, Contract]:
    root = SHIPPED[dataset]
    table = csv.read_csv(root / "data" / "raw" / f"{dataset}.csv", csv.ReadOptions(block_size=2**24))
    return table, load(root / "contracts" / f"{dataset}.yaml")


@pytest.mark.parametrize("dataset", SHIPPED)
def test_the_fit_in_sql_agrees_with_cobalt_and_glm(dataset: str) -> None:
    """As the streaming one does, through which the golden figures of the whole project come."""
    table, contract = shipped(dataset)
    fit = contract.propensity.model_copy(update={"method": "sql"})
    measured = frames.diagnostics(table, contract.model_copy(update={"propensity": fit}))
    balance = {row["covariate"]: row for row in measured.balance.to_pylist()}
    assert balance_agrees(dataset, balance) == len(balance) * 5
    ess_agrees(dataset, measured.overlap)
    overlap_agrees(dataset, measured.overlap)


KINDS: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": lambda table: table.to_pandas(),
    "polars": pl.from_arrow,
    "batches": lambda table: table.to_reader(17),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_gives_the_same(contract: Contract, kind: str) -> None:
    whole, other = frames.diagnostics(study(), contract), frames.diagnostics(KINDS[kind](study()), contract)
    assert other.overlap == whole.overlap
    assert other.balance == whole.balance
    assert other.scores == whole.scores


def test_a_relation_gives_the_same(contract: Contract) -> None:
    rows = study()
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        assert frames.balance(connection.table("rows"), contract) == frames.balance(rows, contract)


def test_each_question_alone_gives_what_all_together_give(contract: Contract) -> None:
    measured = frames.diagnostics(study(), contract)
    assert frames.propensity(study(), contract) == measured.scores
    assert frames.overlap(study(), contract) == measured.overlap
    assert frames.balance(study(), contract) == measured.balance


def test_scores_come_in_the_order_of_the_rows(contract: Contract) -> None:
    scores = frames.propensity(study(), contract)
    assert scores["age"].to_pylist() == study()["age"].to_pylist()
    assert scores["plan"].to_pylist() == study()["plan"].to_pylist()
    assert "note" not in scores.column_names


def test_clean_steps_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(CONTRACT + "clean: {sentinels: {age: [-1]}, upper: [plan]}\n")
    age = study()["age"].to_numpy().copy()
    age[::9] = -1
    terms = frames.diagnostics(study(age=age), load(path)).terms
    assert {"age:<NA>", "plan_PAID"} <= set(terms["term"].to_pylist())


def missing(name: str) -> pa.Table:
    return study().drop_columns([name])


def with_value(name: str, value: Any) -> pa.Table:
    return study(**{name: [value, *study()[name].to_pylist()[1:]]})


REFUSED: dict[str, tuple[Callable[[], pa.Table], type[CiqError], str]] = {
    "column missing": (lambda: missing("age"), DataRefused, "G330 the frame has no column `age`"),
    "number as text": (lambda: study(age=["30"] * 300), DataRefused, "G331 `age` is string in the frame and int16"),
    "half a year": (lambda: with_value("age", 30.5), DataRefused, "G331 `age` has no int16 that equals it in 1 of 300"),
    "too large": (lambda: with_value("age", 40_000), DataRefused, "G331 `age` has no int16 that equals it in 1 of"),
    "NaN": (lambda: with_value("spend", float("nan")), DataRefused, "G332 `spend` is NaN or infinite in 1 of 300"),
    "infinity": (lambda: with_value("spend", float("-inf")), DataRefused, "G332 `spend` is NaN or infinite in 1 of"),
    "third arm": (lambda: with_value("treated", 2), DataRefused, "G333 `treated` is not 0 or 1 in 1 of 300 rows"),
    "no arm": (lambda: with_value("treated", None), DataRefused, "G333 `treated` is not 0 or 1 in 1 of 300 rows"),
    "beyond squares": (
        lambda: with_value("spend", -1e160),
        DataRefused,
        "I214 `spend` is too large to be squared, beyond 1e+70",
    ),
    "no rows": (lambda: study().slice(0, 0), DataRefused, "G334 the frame has no rows"),
    "one row": (lambda: study().slice(0, 1), GateRefused, "G301 study: "),
    "all treated": (lambda: study(treated=[1] * 300), GateRefused, "G301 study: all of 300 rows are treated"),
    "none treated": (lambda: study(treated=[0] * 300), GateRefused, "G301 study: none of 300 rows are treated"),
    "constant": (lambda: study(spend=[5.0] * 300), GateRefused, "G306 study: spend is constant"),
    "all missing": (lambda: study(spend=pa.nulls(300)), GateRefused, "G306 study: spend is constant"),
    "one level": (lambda: study(plan=["free"] * 300), GateRefused, "G306 study: plan_free is constant"),
    "copy": (lambda: study(spend=study()["age"]), GateRefused, "G306 study: spend is determined by age"),
    "separation": (
        lambda: study(spend=[float(t) for t in study()["treated"].to_pylist()]),
        GateRefused,
        "G305 study: spend separates the treated from the untreated",
    ),
    "hole": (
        lambda: study(plan=["paid" if t and i % 2 else "free" for i, t in enumerate(study()["treated"].to_pylist())]),
        GateRefused,
        "G302 study: plan = 'paid': ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_cause(contract: Contract, case: str) -> None:
    make, kind, message = REFUSED[case]
    with pytest.raises(kind) as refused:
        frames.overlap(make(), contract)
    assert message in str(refused.value)
    assert all(problem.help for problem in refused.value.problems)


def test_every_reason_is_given_at_once(contract: Contract) -> None:
    with pytest.raises(DataRefused) as refused:
        frames.balance(missing("age").drop_columns(["plan"]), contract)
    assert [problem.rule for problem in refused.value.problems] == ["G330", "G330"]


def test_a_redundant_covariate_may_be_dropped(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(CONTRACT + "propensity: {collinear: drop}\n")
    terms = frames.diagnostics(study(spend=study()["age"]), load(path)).terms.to_pylist()
    assert {row["term"]: row["status"] for row in terms}["spend"] == "collinear"


def test_of_many_that_determine_a_covariate_the_first_are_named(contract: Contract) -> None:
    rows = study(plan=[f"plan{at:03}" for at in range(300)]).slice(0, 40)
    with pytest.raises(GateRefused) as refused:
        frames.overlap(rows, contract)
    *_, problem = (problem for problem in refused.value.problems if problem.rule == "G306")
    assert re.fullmatch(r"study: plan_plan039 is determined by (\S+, ){4}\S+ and \d\d more", problem.message)


@pytest.mark.parametrize("scale", [1e-150, 1e-9, 1e9, 1e60])
def test_units_do_not_matter(contract: Contract, scale: float) -> None:
    spend = [None if value is None else value * scale for value in study()["spend"].to_pylist()]
    measured, whole = frames.diagnostics(study(spend=spend), contract), frames.diagnostics(study(), contract)
    assert measured.scores["ps_hat"].to_numpy() == pytest.approx(whole.scores["ps_hat"].to_numpy(), rel=0, abs=1e-9)


def test_a_thing_without_columns_is_no_frame(contract: Contract) -> None:
    with pytest.raises(TypeError, match="list is no frame"):
        frames.balance([1, 2, 3], contract)
