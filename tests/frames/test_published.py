"""Numbers printed in public documents, digit for digit: MatchIt, WeightIt, cobalt and Hernan & Robins' What If."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from golden_figures import GOLDEN
from test_diagnostics import shipped

from ciq import frames

TABLES = json.loads((GOLDEN / "published_tables.json").read_text())
LALONDE, NHEFS = TABLES["lalonde_matchit"], TABLES["nhefs_complete"]
BINARY = ("married", "nodegree", "race_")


def printed(ours: float, theirs: float) -> bool:
    """Whether ``ours`` is printed as ``theirs`` is, to as many decimals."""
    decimals = len(repr(theirs).partition(".")[2])
    return bool(abs(ours - theirs) <= 0.5 * 10.0**-decimals + 1e-12)


def agree(ours: dict[str, float], theirs: dict[str, float]) -> None:
    assert {name: ours[name] for name in theirs if not printed(ours[name], theirs[name])} == {}


def rows(measured: frames.Diagnostics) -> dict[str, dict[str, Any]]:
    return {row["covariate"]: row for row in measured.balance.to_pylist()}


def column(balance: dict[str, dict[str, Any]], name: str) -> dict[str, float]:
    return {covariate: row[name] for covariate, row in balance.items()}


@pytest.fixture(scope="module")
def lalonde() -> frames.Diagnostics:
    return frames.diagnostics(*shipped("lalonde"))


@pytest.fixture(scope="module")
def nhefs() -> frames.Diagnostics:
    return frames.diagnostics(*shipped("nhefs"))


def test_matchit(lalonde: frames.Diagnostics) -> None:
    theirs, balance = LALONDE["matchit_readme_all_data"], rows(lalonde)
    agree(column(balance, "smd_unadjusted_att"), theirs["std_mean_diff"])
    agree(column(balance, "variance_ratio_unadjusted"), theirs["var_ratio"])
    agree(column(balance, "ks_unadjusted"), theirs["ecdf_max"])
    assert [balance["age"]["n_control"], balance["age"]["n_treated"]] == theirs["n"]


def test_cobalt_unadjusted(lalonde: frames.Diagnostics) -> None:
    theirs = {
        name: value for name, value in LALONDE["cobalt_readme_unadjusted"]["diff_un"].items() if name != "distance"
    }
    balance = rows(lalonde)
    raw, smd = column(balance, "raw_difference"), column(balance, "smd_unadjusted_att")
    agree({name: raw[name] if name.startswith(BINARY) else smd[name] for name in balance}, theirs)


def weighted(balance: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Differences under ATT weights as cobalt prints them: of a binary covariate, in proportions."""
    size, smd = column(balance, "ks_att"), column(balance, "smd_att")
    return {
        name: float(np.copysign(size[name], smd[name])) if name.startswith(BINARY) else smd[name] for name in balance
    }


def test_weightit(lalonde: frames.Diagnostics) -> None:
    theirs = LALONDE["weightit_readme_att"]
    agree(weighted(rows(lalonde)), {name: value for name, value in theirs["diff_adj"].items() if name != "prop_score"})
    w = lalonde.scores["w_att"].to_numpy()[lalonde.scores["_treated"].to_numpy() == 0]
    assert printed(lalonde.overlap["ess_att_control"], theirs["ess_control"])
    assert printed(w.min(), theirs["control_weight_min"])
    assert all(
        printed(ours, printed_) for ours, printed_ in zip(np.sort(w)[-5:], theirs["top5_control_weights"], strict=True)
    )


def test_cobalt_2020() -> None:
    table, contract = shipped("lalonde")
    fewer = contract.model_copy(update={"covariate_cols": ("age", "educ", "race", "re74", "re75")})
    measured, theirs = frames.diagnostics(table, fewer), LALONDE["cobalt_2020_vignette_att"]
    balance = rows(measured)
    agree(weighted(balance), {name: value for name, value in theirs["diff_adj"].items() if name != "p_score"})
    agree(column(balance, "smd_att"), theirs["diff_adj_binary_std"])
    agree(column(balance, "variance_ratio_att"), theirs["v_ratio_adj"])
    assert printed(measured.overlap["ess_att_control"], theirs["ess_control"])


def test_what_if_programs_12_1_and_12_2(nhefs: frames.Diagnostics) -> None:
    means, theirs = rows(nhefs), NHEFS["program_12_2"]
    agree(column(means, "mean_control"), NHEFS["program_12_1"]["mean_qsmk0"])
    agree(column(means, "mean_treated"), NHEFS["program_12_1"]["mean_qsmk1"])
    terms = nhefs.terms.to_pylist()
    coefficients = {term["term"].replace("^2", "_sq"): term["coefficient"] for term in terms}
    coefficients["(Intercept)"] -= sum(term["coefficient"] * term["centre"] for term in terms)
    agree(coefficients, theirs["coef"])
    assert printed(nhefs.overlap["deviance"], theirs["residual_deviance"])
    w = nhefs.scores["w_ate"].to_numpy()
    said = theirs["w_summary"]
    quantiles = dict(zip(("min", "q1", "median", "q3", "max"), np.quantile(w, [0, 0.25, 0.5, 0.75, 1]), strict=True))
    agree({**quantiles, "mean": w.mean(), "sd": w.std(ddof=1)}, said)


@pytest.mark.parametrize("stabilised", [False, True])
def test_what_if_effect_of_quitting(nhefs: frames.Diagnostics, stabilised: bool) -> None:
    """Programs 12.2 and 12.3: 3.4 kg (95% interval 2.4 to 4.5), by a weighted mean difference and its robust error."""
    scores = nhefs.scores
    t, y, w = (scores[name].to_numpy() for name in ("_treated", "wt82_71", "w_ate"))
    if stabilised:
        w = w * np.where(t == 1, t.mean(), 1 - t.mean())
    arms = [(y[t == arm], w[t == arm]) for arm in (0, 1)]
    control, treated = (np.average(outcome, weights=weight) for outcome, weight in arms)
    variance = sum(
        (weight**2 * (outcome - np.average(outcome, weights=weight)) ** 2).sum() / weight.sum() ** 2
        for outcome, weight in arms
    )
    effect, margin = treated - control, 1.96 * np.sqrt(variance)
    assert f"{effect:.1f} ({effect - margin:.1f} to {effect + margin:.1f})" == "3.4 (2.4 to 4.5)"
    assert printed(effect, 3.44)
