"""Scores of gradient-boosted trees: those of scikit-learn without the row's fold, whatever the order, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ciq import frames
from ciq.causal import boosting
from ciq.contract import Contract, load
from ciq.frames.models import Models
from ciq.frames.staging import stage

ROWS, NUMBERS = 2_000, 20
CONTRACT = f"""\
id_col: unit
treatment_col: treated
covariate_cols: [{", ".join(f"x{i}" for i in range(NUMBERS))}, plan]
types: {{unit: int64, treated: int8, {", ".join(f"x{i}: float64" for i in range(NUMBERS))}, plan: category}}
propensity: {{learner: gradient_boosting}}
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    path = tmp_path / "study.yaml"
    path.write_text(CONTRACT)
    return load(path)


def study(seed: int = 1, rows: int = ROWS) -> pa.Table:
    """Treatment depends on a product of two of the numbers and on one more; some values are missing."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, NUMBERS))
    eta = 0.8 * x[:, 0] * x[:, 1] + 0.4 * x[:, 2]
    columns: dict[str, Any] = {f"x{i}": x[:, i] for i in range(NUMBERS)}
    columns["x3"] = pa.array(x[:, 3], mask=random.random(rows) < 0.1)
    plan = pa.array(random.choice(["free", "paid", "trial"], rows), mask=random.random(rows) < 0.05)
    treated = (random.random(rows) < 1 / (1 + np.exp(-eta))).astype(np.int8)
    return pa.table({"unit": np.arange(rows), "treated": treated, "plan": plan} | columns)


def built(connection: duckdb.DuckDBPyConnection, table: pa.Table, contract: Contract) -> Models:
    stage(connection, table, contract)
    return Models.of_staged(connection, contract)


def verdicts(table: pa.Table, contract: Contract) -> dict[str, str]:
    with duckdb.connect() as connection:
        return {row["gate"]: row["verdict"] for row in built(connection, table, contract).rows("gates")}


def test_scores_are_those_of_scikit_learn_without_the_fold(contract: Contract) -> None:
    table = study()
    with duckdb.connect() as connection:
        models = built(connection, table, contract)
        scores = sorted(models.rows("scores"), key=lambda row: row["row_id"])
        folds = {row["row_id"]: row["fold"] for row in models.rows("boosted")}
    names = sorted(name for name in contract.covariate_cols)
    levels = sorted({row["plan"] or "<NA>" for row in scores})
    x = np.array(
        [
            [levels.index(row[n] or "<NA>") if n == "plan" else np.nan if row[n] is None else row[n] for n in names]
            for row in scores
        ]
    )
    t = np.array([row["treated"] for row in scores])
    fold = np.array([folds[row["row_id"]] for row in scores])
    assert set(fold) == {1, 2, 3, 4, 5}
    for number in range(1, 6):
        learner = HistGradientBoostingClassifier(
            max_iter=500,
            learning_rate=0.1,
            max_depth=3,
            early_stopping=True,
            random_state=0,
            categorical_features=[names.index("plan")],
        ).fit(x[fold != number], t[fold != number])
        ours = [row["ps_hat"] for row, own in zip(scores, fold, strict=True) if own == number]
        assert ours == pytest.approx(learner.predict_proba(x[fold == number])[:, 1], rel=0, abs=1e-12)


def test_order_of_rows_and_columns_does_not_matter(contract: Contract) -> None:
    table = study()
    order = np.random.default_rng(2).permutation(ROWS)
    other = table.take(order).select(table.column_names[::-1])
    turned = contract.model_copy(update={"covariate_cols": contract.covariate_cols[::-1]})
    ours, theirs = frames.diagnostics(table, contract), frames.diagnostics(other, turned)
    assert ours.scores["ps_hat"].to_numpy()[order].tolist() == theirs.scores["ps_hat"].to_numpy().tolist()
    assert ours.calibration.to_pylist() == theirs.calibration.to_pylist()


def test_all_figures_are_out_of_fold(contract: Contract) -> None:
    overlap = frames.overlap(study(), contract)
    for name in ("auc", "brier", "ece10"):
        assert overlap[name] == pytest.approx(overlap[f"{name}_oof"], rel=1e-12)


def test_scores_of_rows_that_were_seen_would_fail_a_gate(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees remember by which noise the treated differ: their weights then take the arms apart in what is no cause."""
    random = np.random.default_rng(0)
    x = random.normal(size=(4_000, NUMBERS))
    treated = (random.random(4_000) < 1 / (1 + np.exp(-0.5 * x[:, 2]))).astype(np.int8)
    numbers = {f"x{i}": x[:, i] for i in range(NUMBERS)}
    table = pa.table({"unit": np.arange(4_000), "treated": treated, "plan": ["free", "paid"] * 2_000} | numbers)
    plain = contract.model_copy(update={"covariate_cols": tuple(numbers)})
    assert "fail" not in verdicts(table, plain).values()
    outside = boosting._Rows.outside
    monkeypatch.setattr(boosting._Rows, "outside", lambda rows, fold: outside(rows, 0))
    assert {gate for gate, verdict in verdicts(table, plain).items() if verdict == "fail"} == {"balance"}


def test_gates_of_a_likelihood_are_left_out_and_no_other(contract: Contract) -> None:
    fit = contract.propensity.model_copy(update={"learner": "logistic"})
    logistic = contract.model_copy(update={"propensity": fit})
    left_out = verdicts(study(), logistic).keys() - verdicts(study(), contract).keys()
    assert left_out == {"fit_converged", "separation", "collinear", "fit_invariant"}


def test_a_covariate_that_separates_is_refused_by_other_gates(contract: Contract) -> None:
    table = study()
    at = table.column_names.index("x5")
    told = table.set_column(at, "x5", pa.array(np.where(table["treated"].to_numpy() == 1, 1.0, -1.0)))
    found = verdicts(told, contract)
    failed = {gate for gate, verdict in found.items() if verdict == "fail"}
    assert {"leakage_treatment", "overlap_share", "tail_lt_001", "tail_gt_099"} <= failed


@pytest.mark.parametrize("treated", [0, 1])
def test_an_empty_arm_is_refused_as_such(contract: Contract, treated: int) -> None:
    table = study(rows=300)
    at = table.column_names.index("treated")
    table = table.set_column(at, "treated", pa.array(np.full(300, treated, dtype=np.int8)))
    assert verdicts(table, contract)["both_arms"] == "fail"


def test_more_levels_than_the_learner_can_tell_apart(contract: Contract) -> None:
    table = study()
    at = table.column_names.index("plan")
    many = [f"level{min(i % 700, i % 290)}" for i in range(ROWS)]
    scores = frames.propensity(table.set_column(at, "plan", pa.array(many)), contract.model_copy(update=LENIENT))
    assert scores.num_rows == ROWS
    assert np.ptp(scores["ps_hat"].to_numpy()) > 0.1


LENIENT = {"gates": Contract.model_fields["gates"].default.model_copy(update={"min_level_rows": 1_000})}
