"""Outcomes of which no effect can be estimated, however good the covariates are: each is refused or warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from campaign.trial import judge

from ciq.contract import Contract, load
from ciq.frames.models import Models
from ciq.frames.staging import stage

ROWS = 400
CONTRACT = """\
treatment_col: treated
outcome_col: y
covariate_cols: [age]
types: {treated: int8, y: float64, age: float64}
"""
RANDOM = np.random.default_rng(3)
TREATED = (np.arange(ROWS) % 4 == 0).astype(np.int8)
AGE, NORMAL = RANDOM.normal(size=(2, ROWS))
OUTCOMES = {
    "normal": NORMAL,
    "rare": np.where(np.arange(ROWS) < 2, 1.0, 0.0),
    "nowhere": pa.nulls(ROWS, pa.float64()),
    "of one arm": pa.array(NORMAL, mask=TREATED == 0),
    "of three rows": pa.array(NORMAL, mask=(np.arange(ROWS) > 3) | (np.arange(ROWS) == 2)),
    "constant": np.zeros(ROWS),
    "constant with gaps": pa.array(np.full(ROWS, 7.5), mask=np.arange(ROWS) < 8),
    "the treatment": TREATED.astype(float),
    "its opposite": 1.0 - TREATED,
    "a value an arm": np.where(TREATED == 1, 3.0, 2.0),
    "constant in one arm": np.where(TREATED == 1, NORMAL, 0.0),
    "constant in the one arm that has it": pa.array(np.zeros(ROWS), mask=TREATED == 0),
}
CONSTANT, ABSENT = "outcome_constant", "outcome_absent"
SAID = {
    "normal": [],
    "rare": [],
    "nowhere": [
        (ABSENT, "fail", 2, "y has no value in any of 100 treated rows; y has no value in any of 300 untreated rows")
    ],
    "of one arm": [(ABSENT, "fail", 1, "y has no value in any of 300 untreated rows")],
    "of three rows": [(CONSTANT, "warn", 1, f"y is {NORMAL[0]} in all 1 treated rows with a value")],
    "constant": [(CONSTANT, "fail", 2, "y is 0.0 in all 400 rows with a value")],
    "constant with gaps": [(CONSTANT, "fail", 2, "y is 7.5 in all 392 rows with a value")],
    "the treatment": [(CONSTANT, "fail", 2, "y is the treatment in all 400 rows with a value")],
    "its opposite": [(CONSTANT, "fail", 2, "y is 1 less the treatment in all 400 rows with a value")],
    "a value an arm": [
        (
            CONSTANT,
            "fail",
            2,
            "y is 3.0 in all 100 treated rows with a value; y is 2.0 in all 300 untreated rows with a value",
        )
    ],
    "constant in one arm": [(CONSTANT, "warn", 1, "y is 0.0 in all 300 untreated rows with a value")],
    "constant in the one arm that has it": [
        (ABSENT, "fail", 1, "y has no value in any of 300 untreated rows"),
        (CONSTANT, "warn", 1, "y is 0.0 in all 100 treated rows with a value"),
    ],
}


def contract(folder: Path, text: str = CONTRACT) -> Contract:
    path = folder / "study.yaml"
    path.write_text(text)
    return load(path)


def built(study: Contract, outcome: Any, model: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        stage(connection, pa.table({"treated": TREATED, "y": outcome, "age": AGE}), study)
        return Models.of_staged(connection, study).rows(model)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_is_said_of_an_outcome(tmp_path: Path, outcome: str) -> None:
    found = built(contract(tmp_path), OUTCOMES[outcome], "judged_outcome")
    assert {(row["gate"], row["comparison"], row["threshold"]) for row in found} == {
        (ABSENT, "<=", 0),
        (CONSTANT, "<=", 0),
    }
    said = [(row["gate"], row["otherwise"], row["value"], row["subject"]) for row in found if row["value"]]
    assert sorted(said) == SAID[outcome]


def test_without_an_outcome_nothing_is_said_of_it(tmp_path: Path) -> None:
    undeclared = contract(tmp_path, CONTRACT.replace("outcome_col: y\n", ""))
    assert {row["value"] for row in built(undeclared, NORMAL, "judged_outcome")} == {0}


def test_an_outcome_that_is_the_treatment_refuses_the_data_set() -> None:
    judged = judge("study", CONTRACT, pa.table({"treated": TREATED, "y": TREATED.astype(float), "age": AGE}))
    assert set(judged.refused) == {"G365"}
    assert judged.refused["G365"].message == (
        "study: the outcome is constant within an arm: outcome_constant is 2, must be at most 0: "
        "y is the treatment in all 400 rows with a value"
    )


def test_a_constant_that_follows_from_an_absent_outcome_is_not_said_again(tmp_path: Path) -> None:
    rows = built(contract(tmp_path), OUTCOMES["constant in the one arm that has it"], "gates")
    gates = {row["gate"]: (row["verdict"], row["follows_from"]) for row in rows if row["verdict"] != "pass"}
    assert gates == {ABSENT: ("fail", None), CONSTANT: ("warn", ABSENT)}
