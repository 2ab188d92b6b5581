"""Covariates at the edge of their kind: a category that reads like a missing one, numbers with two values, and a small
level that would hide a separation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from campaign.trial import Judged, judge

ROWS = 800
CONTRACT = """\
treatment_col: treated
outcome_col: y
covariate_cols: [age, phase, flag, half, answer]
types: {treated: int8, y: float64, age: int16, phase: int8, flag: int8, half: float64, answer: category}
"""
RANDOM = np.random.default_rng(8)
TREATED = (RANDOM.random(ROWS) < 0.5).astype(int)
PHASE = np.where(RANDOM.random(ROWS) < 0.3, 2, 1)
ANSWERS: list[str | None] = [["yes", "<NA>", "\\<NA>", None][code] for code in RANDOM.integers(0, 4, ROWS)]


@pytest.fixture(scope="module")
def judged() -> Judged:
    return judge(
        "kinds",
        CONTRACT,
        pa.table(
            {
                "treated": TREATED.astype(np.int8),
                "y": RANDOM.normal(size=ROWS),
                "age": RANDOM.integers(20, 80, ROWS).astype(np.int16),
                "phase": PHASE.astype(np.int8),
                "flag": RANDOM.integers(0, 2, ROWS).astype(np.int8),
                "half": RANDOM.choice([0.5, 1.5], ROWS),
                "answer": pa.array(ANSWERS),
            }
        ),
    )


def test_a_text_that_reads_like_a_missing_value_is_a_level_of_its_own(judged: Judged) -> None:
    counts = {row["level"]: row["n"] for row in judged.rows("positivity")}
    assert counts == {
        "yes": ANSWERS.count("yes"),
        "\\<NA>": ANSWERS.count("<NA>"),
        "\\\\<NA>": ANSWERS.count("\\<NA>"),
        "<NA>": ANSWERS.count(None),
    }
    names = {row["covariate"] for row in judged.rows("balance") if row["parent"] == "answer"}
    assert names == {"answer_yes", "answer_\\<NA>", "answer_\\\\<NA>", "answer:<NA>"}
    assert judged.refused == {}


def test_a_number_with_two_values_is_the_share_of_the_larger_one(judged: Judged) -> None:
    balance = {row["covariate"]: row for row in judged.rows("balance")}
    assert {name for name, row in balance.items() if row["parent"] != "answer"} == {
        "age",
        "phase_2",
        "flag",
        "half_1.5",
    }
    assert {balance[name]["type"] for name in ("phase_2", "flag", "half_1.5")} == {"binary"}
    p1, p0 = ((PHASE[arm == TREATED] == 2).mean() for arm in (1, 0))
    row = balance["phase_2"]
    assert (row["mean_treated"], row["mean_control"]) == pytest.approx((p1, p0), rel=0, abs=1e-12)
    pooled = np.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2)
    assert row["smd_unadjusted"] == pytest.approx((p1 - p0) / pooled, rel=0, abs=1e-12)
    assert row["ks_unadjusted"] == pytest.approx(abs(p1 - p0), rel=0, abs=1e-12)
    assert row["variance_ratio_unadjusted"] is None


def test_a_small_level_in_one_arm_does_not_hide_a_separation() -> None:
    """`low` and `high` separate only together, so that no covariate tells the treatment by itself."""
    random = np.random.default_rng(9)
    low, high = random.normal(size=(2, ROWS))
    treated = (low + high > 0).astype(np.int8)
    clinic = random.choice(["east", "west"], ROWS)
    clinic[np.flatnonzero(treated)[:8]] = "tiny"
    contract = """\
treatment_col: treated
covariate_cols: [low, high, clinic]
types: {treated: int8, low: float64, high: float64, clinic: category}
"""
    judged = judge("hidden", contract, pa.table({"treated": treated, "low": low, "high": high, "clinic": clinic}))
    assert set(judged.refused) == {"G305"}
    said = judged.refused["G305"].message.rpartition(": ")[2].split("; ")
    assert {"low", "high"} <= {term.partition(" from ")[0] for term in said}
    assert "G303" in judged.warned
    gates = {gate["gate"]: gate for gate in judged.rows("gates")}
    for follower in ("fit_invariant", "balance", "overlap_share"):
        assert (gates[follower]["verdict"], gates[follower]["follows_from"]) == ("fail", "separation")


def test_a_number_with_one_value_in_an_arm_is_named_where_chance_does_not_leave_it_so() -> None:
    """Means and scores are alike where the one value lies amid those of the other arm."""
    random = np.random.default_rng(11)
    amid = np.where(TREATED == 1, 3.0, random.integers(1, 6, ROWS))
    rare = np.where((TREATED == 0) & (np.arange(ROWS) < 20), random.choice([2, 4], ROWS), 3)
    untreated = np.where(TREATED == 0, 0.1, random.normal(0.1, 1, ROWS))
    contract = """\
treatment_col: treated
covariate_cols: [age, amid, rare, untreated]
types: {treated: int8, age: float64, amid: float64, rare: int16, untreated: float64}
"""
    columns = {"age": random.normal(size=ROWS), "amid": amid, "rare": rare, "untreated": untreated}
    judged = judge("amid", contract, pa.table({"treated": TREATED, **columns}))
    treated = int(TREATED.sum())
    assert judged.refused == {} and set(judged.warned) == {"G366"}
    assert judged.warned["G366"].message.partition("at most 0: ")[2] == (
        f"amid is 3.0 in all {treated} treated rows with a value; "
        f"untreated is 0.1 in all {ROWS - treated} untreated rows with a value"
    )


def test_a_covariate_without_any_value_is_constant_and_nothing_else() -> None:
    contract = """\
treatment_col: treated
covariate_cols: [age, empty]
types: {treated: int8, age: float64, empty: float64}
"""
    age = np.random.default_rng(10).normal(size=ROWS)
    judged = judge("holes", contract, pa.table({"treated": TREATED, "age": age, "empty": pa.nulls(ROWS, pa.float64())}))
    assert set(judged.refused) == {"G306"}
    assert judged.refused["G306"].message.endswith(": empty is constant; empty:<NA> is constant")
    assert judged.warned == {}
