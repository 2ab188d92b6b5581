"""The golden figures, and whether a balance table and overlap figures agree with them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from whole_project import ROOT

GOLDEN = Path(__file__).parent / "golden"
SHIPPED = {
    "nhefs": ROOT,
    "nsw_rct": ROOT,
    "lalonde": ROOT / "examples" / "lalonde",
    "nsw_cps": ROOT / "examples" / "lalonde",
}
NAMES = {
    "share_005_095": "overlap_share",
    "equipoise_03_07": "equipoise",
    "min": "ps_min",
    "max": "ps_max",
    "mean_treated": "ps_mean_treated",
    "mean_control": "ps_mean_control",
}
NOT_MATCHED = {"oof5_seed0", "irls_iters", "covariates"}
# Shares at other cut-offs than those that ciq publishes.
NOT_PUBLISHED = {"share_01_09", "tail_lt_005", "tail_gt_095"}


def golden(name: str, dataset: str) -> Iterator[dict[str, str]]:
    with (GOLDEN / name).open() as stream:
        yield from (row for row in csv.DictReader(stream) if row["dataset"] == dataset)


def balance_agrees(dataset: str, balance: Mapping[str, Mapping[str, Any]]) -> int:
    """How many golden rows agree with the balance model."""
    rows = list(golden("cobalt_balance.csv", dataset))
    for theirs in rows:
        ours = balance[theirs["covariate"]]
        weight = "unadjusted" if theirs["weight"] == "none" else theirs["weight"].lower()
        smd = "smd_unadjusted_att" if (weight, theirs["denom"]) == ("unadjusted", "treated") else f"smd_{weight}"
        figures = {"smd": smd, "vr": f"variance_ratio_{weight}", "ks": f"ks_{weight}"}
        assert ours["type"] == {"Contin.": "continuous", "Binary": "binary"}[theirs["type"]]
        for name, column in figures.items():
            where = (theirs["covariate"], weight, name)
            if theirs[name] in ("", "NA"):
                assert ours[column] is None, where
            else:
                assert ours[column] == pytest.approx(float(theirs[name]), rel=0, abs=1e-10), where
    return len(rows)


def ess_agrees(dataset: str, overlap: Mapping[str, Any]) -> None:
    weights = []
    for row in golden("cobalt_ess.csv", dataset):
        weight = row["weight"].lower()
        weights.append(weight)
        assert overlap[f"ess_{weight}_treated"] == pytest.approx(float(row["ess1"]), rel=0, abs=1e-8)
        assert overlap[f"ess_{weight}_control"] == pytest.approx(float(row["ess0"]), rel=0, abs=1e-8)
    assert weights == ["ate", "att", "ato"]


def overlap_agrees(dataset: str, overlap: Mapping[str, Any]) -> None:
    theirs = json.loads((GOLDEN / "overlap.json").read_text())[dataset]
    for name in theirs.keys() - NOT_MATCHED - NOT_PUBLISHED:
        column = NAMES.get(name) or name.lower().replace("wmax_", "max_weight_")
        assert overlap[column] == pytest.approx(theirs[name], rel=0, abs=1e-9), name
    (glm,) = golden("r_glm_propensity.csv", dataset)
    for ours, name in (("ps_min", "min"), ("ps_max", "max"), ("deviance", "deviance")):
        assert overlap[ours] == pytest.approx(float(glm[name]), rel=0, abs=1e-9)
