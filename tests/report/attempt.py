"""Facts of made-up attempts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from ciq.errors import Problem
from ciq.report.facts import Facts

SHA = "0123456789abcdef" * 4
_WEIGHTINGS = ("ate", "att", "atc", "ato")


SEGMENT = {
    "segment": "site",
    "stratum": "north",
    "n": 8,
    "n_treated": 3,
    "n_control": 5,
    "overlap_share": 0.75,
    "tail_lt_001": 0.0,
    "tail_gt_099": 0.0,
    "equipoise": 0.5,
    "ess_treated": 2.5,
    "ess_control": 4.5,
    "max_smd": 0.31,
    "worst": "age",
    "beyond": 0,
}


def balance_row(name: str, raw: float | None, weighted: float | None) -> dict[str, Any]:
    """A covariate whose SMD is ``weighted`` under each weighting."""
    return {
        "covariate": name,
        "parent": name,
        "type": "continuous",
        "n_treated": 3,
        "n_control": 5,
        "mean_treated": 1.25,
        "mean_control": 1.0,
        "raw_difference": 0.25,
        "smd_unadjusted": raw,
        "smd_unadjusted_att": raw,
        **{f"smd_{weighting}": weighted for weighting in _WEIGHTINGS},
        **{f"{kind}_{w}": 1.0 for kind in ("variance_ratio", "ks") for w in ("unadjusted", *_WEIGHTINGS)},
        "p_unadjusted": 0.5,
        "p_weighted": 0.5,
    }


def gate(
    name: str, value: float, comparison: str, threshold: float, verdict: str, subject: str | None = None
) -> dict[str, Any]:
    """A row of the gates model."""
    return {
        "gate": name,
        "value": value,
        "comparison": comparison,
        "threshold": threshold,
        "verdict": verdict,
        "subject": subject,
    }


LEAKAGE = {
    "covariate": "age",
    "parent": "age",
    "kind": "number",
    "n": 8,
    "n_treated": 3,
    "auc_treatment": 0.625,
    "correlation_treatment": 0.25,
    "n_outcome": 8,
    "auc_outcome": None,
    "r2_outcome": 0.125,
    "sample": "31 (treated, outcome 2.5)",
}


ADVICE: dict[str, Any] = {
    "trim": {"alpha": 0.0855, "of": 8, "n": 5, "n_treated": 2, "n_control": 3, "overlap_share": 0.625, "max_smd": 0.321}
    | {"tail_lt_001": 0.0, "tail_gt_099": 0.0, "ess_treated": 17.0, "ess_control": 19.0, "verdict": "fail"}
    | {"failing": [{"gate": "collinear", "value": 1.0, "subject": "age is constant"}]},
    "overlap_weights": {"max_smd": 0.0, "ess_treated": 23.0, "ess_control": 29.0, "failing": []},
    "drivers": [{"covariate": "age", "smd": 0.456}],
}

CALIBRATION = {
    "bin": 1,
    "n": 8,
    "score_min": 0.25,
    "score_max": 0.5,
    "score_mean": 0.375,
    "treated_share": 0.25,
    "auc": 0.625,
    "brier": 0.1875,
}


def attempt(names: tuple[str, ...] = ("age", "income"), **changes: Any) -> Facts:
    """A published attempt with a covariate for each name, the later ones less out of balance."""
    facts = Facts(
        dataset="visits",
        description="Visits",
        contract_version="1.2.0",
        estimand="ATE",
        source_version=SHA,
        sources=({"path": "data/raw/visits.csv", "sha256": SHA, "bytes": 2048, "rows": 8},),
        snapshot="42",
        rows=8,
        scores="sqlmesh__diagnostics.diagnostics__visits_scores__42",
        population={"of": "calls", "of_version": "c" * 64, "scores": "diagnostics.calls", "alpha": 0.1}
        | {"rows": 21, "n": 8},
        contract_path="contracts/visits.yaml",
        staged=f"data/staged/visits/{SHA}.parquet",
        published={"path": "data/processed/visits/causal_ready.parquet", "source_version": SHA}
        | {"contract_version": "1.2.0", "snapshot": "42"},
        rejected={"I202": 2},
        rejects=f"data/rejects/visits/{SHA}.parquet",
        overlap={"n": 8, "n_treated": 3, "n_control": 5, "overlap_share": 0.875, "auc": 0.6, "crump_alpha": 0.0},
        gates=(gate("overlap_share", 0.875, ">=", 0.6, "pass"), gate("balance", 0.05, "<=", 0.1, "pass")),
        balance=tuple(balance_row(name, 1 / (at + 2), 0.05) for at, name in enumerate(names)),
        segments=(SEGMENT,),
        positivity=({"covariate": "plan", "level": "free", "n": 8, "n_treated": 3, "n_control": 5},),
        histogram=({"bin": 3, "n_treated": 1, "n_control": 5}, {"bin": 39, "n_treated": 2, "n_control": 0}),
        calibration=tuple(CALIBRATION | {"scores": scores} for scores in ("in_sample", "out_of_fold")),
        leakage=(LEAKAGE,),
        availability=({"covariate": "age", "available_at": "seen", "n": 2, "sample": "7 at 10:00, known 11:00"},),
        advice=ADVICE,
        missing=(
            {"name": "age", "missing": 1, "missing_treated": 1, "missing_control": 0, "n_treated": 3, "n_control": 5},
        ),
    )
    return replace(facts, **changes)


def refused(**changes: Any) -> Facts:
    """An attempt that ended at ingest."""
    nothing: dict[str, Any] = dict.fromkeys(("source_version", "snapshot", "rows", "scores", "staged", "published"))
    nothing |= dict.fromkeys(("gates", "balance", "positivity", "segments", "histogram", "calibration", "missing"), ())
    nothing |= {"overlap": {}, "advice": {}, "population": {}}
    problem = Problem("I203", "age 'x' can't be cast", Path("data/raw/visits.csv"), 7, help="mend it at the source")
    return attempt(**(nothing | {"problems": (problem,)} | changes))


NOT_FINITE = attempt(balance=(balance_row("age", math.inf, math.nan), balance_row("income", None, 0.2)))
