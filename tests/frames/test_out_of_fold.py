"""Scores out of fold against a plain computation with scikit-learn, and what they don't depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from numpy.typing import NDArray
from pyarrow import csv
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from soaking import campaign
from whole_project import ROOT

from ciq import frames
from ciq.contract import Contract, load

NUMBERS = ["sex", "race", "age", "smokeintensity", "smokeyrs", "wt71"]
INTERACTIONS = (("age", "wt71"), ("sex", "age"), ("smokeyrs", "education"), ("exercise", "active"))


def nhefs(**asked: Any) -> tuple[pa.Table, Contract]:
    """The study and its contract, with other keys of ``propensity``."""
    contract = load(ROOT / "contracts" / "nhefs.yaml")
    changed = contract.propensity.model_copy(update=asked)
    table = csv.read_csv(ROOT / "data" / "raw" / "nhefs.csv")
    return table, contract.model_copy(update={"propensity": changed})


def matrix(rows: pd.DataFrame) -> NDArray[np.float64]:
    """The standardised design of NHEFS' contract."""
    squares = [rows[name].astype(float) ** 2 for name in ("age", "smokeintensity", "smokeyrs", "wt71")]
    levels = pd.get_dummies(rows[["education", "exercise", "active"]].astype(str), drop_first=True)
    x = np.column_stack([rows[NUMBERS], *squares, levels]).astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def ten_bins(e: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    order = np.argsort(e)
    parts = zip(np.array_split(e[order], 10), np.array_split(t[order], 10), strict=True)
    return float(sum(abs(x.sum() - y.sum()) for x, y in parts) / len(e))


@pytest.mark.parametrize("folds", campaign([2], [2, 5]))
@pytest.mark.parametrize("method", ["streaming", "sql"])
def test_figures_are_those_of_scikit_learn(method: str, folds: int) -> None:
    table, contract = nhefs(method=method, folds=folds)
    rows = table.to_pandas()
    digests = [hashlib.md5(str(int(unit)).encode()).hexdigest() for unit in rows["seqn"]]
    fold = np.array([int(digest[:8], 16) * folds // 2**32 for digest in digests])
    x, t = matrix(rows), rows["qsmk"].to_numpy(float)
    e = np.empty(len(t))
    for number in range(folds):
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
        model.fit(x[fold != number], t[fold != number])
        e[fold == number] = model.predict_proba(x[fold == number])[:, 1]
    overlap = frames.overlap(table, contract)
    assert overlap["auc_oof"] == pytest.approx(roc_auc_score(t, e), rel=0, abs=1e-12)
    assert overlap["brier_oof"] == pytest.approx(brier_score_loss(t, e), rel=0, abs=1e-9)
    assert overlap["ece10_oof"] == pytest.approx(ten_bins(e, t), rel=0, abs=1e-9)
    assert overlap["auc_oof"] < overlap["auc"] and overlap["brier_oof"] > overlap["brier"]


def calibrated(table: pa.Table, contract: Contract) -> pd.DataFrame:
    return frames.diagnostics(table, contract).calibration.to_pandas()


CHANGES: dict[str, Callable[[pa.Table, Contract], tuple[pa.Table, Contract]]] = {
    "rows": lambda table, contract: (table.take(np.random.default_rng(1).permutation(table.num_rows)), contract),
    "columns": lambda table, contract: (
        table.select(table.column_names[::-1]),
        contract.model_copy(update={"covariate_cols": contract.covariate_cols[::-1]}),
    ),
}


@pytest.mark.parametrize("order", CHANGES)
def test_order_does_not_matter(order: str) -> None:
    table, contract = nhefs(interactions=INTERACTIONS)
    ours, theirs = calibrated(table, contract), calibrated(*CHANGES[order](table, contract))
    pd.testing.assert_frame_equal(ours, theirs, check_exact=False, rtol=1e-9, atol=1e-9)


def test_a_fold_stays_that_of_its_row_when_others_are_appended() -> None:
    table, contract = nhefs()
    scores = frames.diagnostics(table.slice(0, 1_000), contract).scores
    longer = frames.diagnostics(table, contract).scores
    assert scores["row_id"].to_pylist() == longer["row_id"].to_pylist()[:1_000]


def test_interactions_agree_with_statsmodels() -> None:
    table, contract = nhefs(interactions=INTERACTIONS)
    formula = (
        "qsmk ~ sex + race + age + I(age**2) + C(education) + smokeintensity + I(smokeintensity**2) + smokeyrs"
        " + I(smokeyrs**2) + C(exercise) + C(active) + wt71 + I(wt71**2)"
        " + age:wt71 + sex:age + C(education):smokeyrs + C(exercise):C(active)"
    )
    theirs = smf.glm(formula, table.to_pandas(), family=sm.families.Binomial()).fit(tol=1e-14, tol_criterion="params")
    measured = frames.diagnostics(table, contract)
    assert measured.scores["ps_hat"].to_numpy() == pytest.approx(theirs.fittedvalues.to_numpy(), rel=0, abs=1e-9)
    ours = {row["term"]: row["coefficient"] for row in measured.terms.to_pylist() if row["kind"] == "interaction"}
    named = {
        "age * wt71": "age:wt71",
        "sex * age": "sex:age",
        **{f"smokeyrs * education_{level}": f"C(education)[T.{level}]:smokeyrs" for level in range(2, 6)},
        **{f"exercise_{a} * active_{b}": f"C(exercise)[T.{a}]:C(active)[T.{b}]" for a in (1, 2) for b in (1, 2)},
    }
    assert ours.keys() == named.keys()
    assert ours == pytest.approx({ours: theirs.params[theirs_] for ours, theirs_ in named.items()}, rel=1e-6, abs=1e-9)


@pytest.mark.skipif(campaign(True, False), reason="makes some hundred sums of products; make soak does")
def test_interactions_summed_by_sql_are_the_same() -> None:
    streamed, summed = (frames.propensity(*nhefs(interactions=INTERACTIONS, method=m)) for m in ("streaming", "sql"))
    assert summed["ps_hat"].to_numpy() == pytest.approx(streamed["ps_hat"].to_numpy(), rel=0, abs=1e-9)


def test_a_cell_that_nobody_is_in_leaves_the_design() -> None:
    table, contract = nhefs(interactions=(("exercise", "active"),))
    rows = table.to_pandas()
    table = pa.Table.from_pandas(rows[(rows["exercise"] != 2) | (rows["active"] != 1)], preserve_index=False)
    terms = frames.diagnostics(table, contract).terms.to_pylist()
    assert [row["term"] for row in terms if row["kind"] == "interaction"] == [
        "exercise_1 * active_1",
        "exercise_1 * active_2",
        "exercise_2 * active_2",
    ]
