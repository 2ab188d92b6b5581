"""What others rely on in the published files: columns, gates with their default thresholds, figures."""

from __future__ import annotations

WEIGHTED = ("ate", "att", "atc", "ato")
NAMED = [
    *("covariate", "type", "mean_treated", "mean_control", "raw_difference", "smd_unadjusted"),
    *(f"smd_{weighting}" for weighting in WEIGHTED),
    *(f"variance_ratio_{weighting}" for weighting in ("unadjusted", *WEIGHTED)),
    *(f"ks_{weighting}" for weighting in ("unadjusted", *WEIGHTED)),
]
THRESHOLDS = {
    "both_arms": 1,
    "positivity": 0,
    "positivity_small_levels": 0,
    "positivity_cells": 0,
    "constant_in_arm": 0,
    "fit_converged": 1,
    "separation": 0,
    "collinear": 0,
    "fit_invariant": 1e-8,
    "overlap_share": 0.6,
    "tail_lt_001": 0.05,
    "tail_gt_099": 0.05,
    "equipoise": 0.2,
    "auc": 0.9,
    "ess_share": 0.1,
    "max_weight_share": 0.05,
    "leakage_time": 0,
    "leakage_time_missing": 0,
    "leakage_treatment": 0.99,
    "leakage_treatment_missing": 0.99,
    "leakage_correlation": 0.5,
    "leakage_outcome": 0.99,
    "leakage_outcome_missing": 0.99,
    "outcome_absent": 0,
    "outcome_constant": 0,
    "balance": 0.1,
    "balance_terms": 0.1,
    "segment_overlap": 0.6,
    "segment_balance": 0,
}
FIGURES = {
    *("n", "n_treated", "n_control", "prevalence", "overlap_share", "tail_lt_001", "tail_gt_099"),
    *("equipoise", "equipoise_treated", "equipoise_control", "common_support_share", "auc", "brier", "ece10"),
    *("crump_alpha", "crump_kept", "ps_min", "ps_max", "ps_mean_treated", "ps_mean_control", "deviance"),
    *(f"ess_{weighting}_{arm}" for weighting in WEIGHTED for arm in ("treated", "control")),
    *(f"max_weight_{weighting}" for weighting in WEIGHTED),
}
AT_LEAST = {"both_arms", "fit_converged", "overlap_share", "segment_overlap", "equipoise", "ess_share"}
