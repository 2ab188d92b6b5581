"""A refusal for poor overlap says what the ways out would give, computed on the rows of the same attempt."""

from __future__ import annotations

import errno
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels.api as sm
from campaign.studies import clean, defective
from campaign.trial import Judged, judge
from pyarrow import csv
from whole_project import ROOT

EXAMPLE = ROOT / "examples" / "lalonde"


def of_example(dataset: str, **changed: str) -> tuple[Judged, pd.DataFrame]:
    """What is said of a data set of the example under its contract, with some texts of it changed; and its rows."""
    table = csv.read_csv(EXAMPLE / "data" / "raw" / f"{dataset}.csv")
    contract = (EXAMPLE / "contracts" / f"{dataset}.yaml").read_text()
    for old, new in changed.items():
        contract = contract.replace(old, new)
    return judge(dataset, contract, table), table.to_pandas()


def scores(rows: pd.DataFrame, columns: list[str]) -> Any:
    """statsmodels' propensity scores."""
    design = sm.add_constant(rows[columns].astype(float))
    return np.asarray(sm.GLM(rows["treat"], design, family=sm.families.Binomial()).fit(tol=1e-12).predict(design))


def largest_smd(rows: pd.DataFrame, columns: list[str], w: Any) -> float:
    """The largest ATE-weighted |SMD|, binary columns by p (1 - p)."""
    arms = [rows["treat"] == arm for arm in (0, 1)]

    def smd(x: pd.Series) -> float:
        spread = [x[arm].mean() * (1 - x[arm].mean()) if set(x) <= {0, 1} else x[arm].var() for arm in arms]
        control, treated = (np.average(x[arm], weights=w[arm]) for arm in arms)
        return float((treated - control) / np.sqrt(sum(spread) / 2))

    return max(abs(smd(rows[name].astype(float))) for name in columns)


def test_the_trims_figures_are_those_of_a_refit_by_statsmodels() -> None:
    judged, rows = of_example("lalonde")
    rows = rows.join(pd.get_dummies(rows["race"], prefix="race", dtype=int))
    numbers = ["age", "educ", "married", "nodegree", "re74", "re75"]
    columns = [*numbers, "race_hispan", "race_white"]
    trim, e = judged.advice["trim"], scores(rows, columns)
    kept = rows[(e >= trim["alpha"]) & (e <= 1 - trim["alpha"])].reset_index(drop=True)
    e = scores(kept, columns)
    w = np.where(kept["treat"] == 1, 1 / e, 1 / (1 - e))
    assert (trim["of"], trim["n"], trim["n_treated"], trim["n_control"]) == (614, 354, 176, 178)
    for arm, said in enumerate(("control", "treated")):
        of_arm = w[kept["treat"] == arm]
        assert trim[f"ess_{said}"] == pytest.approx(of_arm.sum() ** 2 / (of_arm**2).sum(), abs=1e-6)
    assert trim["overlap_share"] == ((e > 0.05) & (e < 0.95)).mean()
    assert trim["max_smd"] == pytest.approx(largest_smd(kept, [*numbers, "race_black", *columns[-2:]], w), abs=1e-8)
    assert (trim["verdict"], trim["failing"]) == ("pass", [])


def test_the_refusal_of_lalondes_comparison_names_every_way_out_once() -> None:
    judged, _ = of_example("nsw_cps")
    assert {"G308", "G309", "G315"} <= set(judged.refused)
    said = judged.refused["G308"].help or ""
    assert "trimming to 0.0855 <= e <= 0.9145 keeps 535 of 16,177 rows, 149 treated (Crump et al. 2009)" in said
    assert (
        "fitted again to these, overlap_share is 1 and the largest |SMD| is 0.125 with an effective sample of" in said
    )
    assert "collinear (black is constant; hisp is constant) would still fail" in said
    (overlap,) = judged.rows("overlap")
    carried = f"{overlap['ess_ato_treated']:,.0f} treated and {overlap['ess_ato_control']:,.0f} untreated rows"
    assert f"with estimand ATO the largest |SMD| is 0.000 with an effective sample of {carried}" in said
    assert "rows: overlap_share, tail_lt_001 would still fail" in said
    assert said.endswith("the arms differ most in black (2.43), re75 (1.75), re74 (1.57)")
    assert not any("trimming to" in (problem.help or "") for id_, problem in judged.refused.items() if id_ != "G308")


def test_a_warning_names_the_trim_without_a_refit() -> None:
    judged, _ = of_example("lalonde", **{"estimand: ATE": "estimand: ATT"})
    assert not judged.refused
    assert "verdict" not in judged.advice["trim"]
    assert "fitted again" not in (judged.warned["G315"].help or "")


def test_what_trimming_can_not_mend_has_no_advice() -> None:
    random = np.random.default_rng(4)
    leaking = defective(random, "leaking", "treatment proxy", most=1_000)
    assert judge("leaking", leaking.contract, leaking.table).advice == {}
    randomised = clean(random, "randomised", randomised=True, most=1_000)
    assert judge("randomised", randomised.contract, randomised.table).advice == {}


def test_a_figure_that_can_not_be_had_is_said_to_be_missing() -> None:
    types = "treated: int8, age: float64"
    rows = pa.table({"treated": pa.array([0, 0, 1, 0, 0], pa.int8()), "age": [1.0, 2.0, 1.7, 3.0, 1.1]})
    judged = judge("few", f"treatment_col: treated\ncovariate_cols: [age]\ntypes: {{{types}}}\n", rows)
    assert judged.refused["G315"].message.endswith(
        "balance has no figure, must be at most 0.1 (|SMD|, ATE): age has no figure"
    )


def test_no_room_for_a_refit_leaves_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ciq.pipeline.advice.TemporaryDirectory", full)
    judged, _ = of_example("lalonde")
    assert set(judged.refused) == {"G315"}
    assert "fitted again" not in (judged.refused["G315"].help or "")
    assert "keeps 354 of 614 rows" in (judged.refused["G315"].help or "")
