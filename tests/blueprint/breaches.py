"""Changes to a built data set: for each audit of each model those that make it fail, and some that no audit minds."""

from __future__ import annotations

EMPTY = "DELETE FROM bad"
DOUBLE = "INSERT INTO bad FROM good LIMIT 1"


def put(column: str, value: str, where: str = "rowid = 0") -> str:
    """One value of one row replaced."""
    return f'UPDATE bad SET "{column}" = {value} WHERE {where}'  # noqa: S608


def null(*columns: str) -> list[str]:
    """A breach a column: NULL in one row."""
    return [put(column, "NULL") for column in columns]


def failed(gate: str) -> str:
    """The verdict of one gate turned to fail."""
    return put("verdict", "'fail'", f"gate = '{gate}'")


CASES: dict[str, dict[str, list[str]]] = {
    "staging.doses": {
        "number_of_rows(threshold := 0)": [EMPTY],
        'not_null(columns := ("_source", "_file", "_row"))': null("_source", "_file", "_row"),
    },
    "curated.doses": {
        "number_of_rows(threshold := 0)": [EMPTY],
        'not_null(columns := ("row_id", "unit", "at", "treated", "y"))': null("row_id", "unit", "at", "treated", "y"),
        'unique_values(columns := ("row_id"))': [DOUBLE],
        'accepted_values(column := "treated", is_in := (0, 1))': [put("treated", "2"), put("treated", "-1")],
        "accepted_values(column := \"region\", is_in := ('north', 'o''hara'))": [
            put("region", "'south'"),
            put("region", "'North'"),
            put("region", "''"),
        ],
        "accepted_values(column := \"site\", is_in := ('only'))": [put("site", "'other'")],
        'accepted_range(column := "age", min_v := 18, max_v := 90)': [put("age", "17"), put("age", "91")],
        'accepted_range(column := "y", max_v := 100.5)': [put("y", "100.6"), put("y", "'nan'"), put("y", "'inf'")],
        'accepted_range(column := "dose (mg)", min_v := 0)': [put("dose (mg)", "-0.5")],
        "match_regex_pattern_list(column := \"code\", patterns := ('^(?:[A-Z]{2}-\\d+|none)$'))": [
            put("code", "'AB-'"),
            put("code", "'xAB-7'"),
            put("code", "'AB-7x'"),
            put("code", "'nonesuch'"),
            put("code", "'AB-7' || chr(10)"),
        ],
        'unique_combination_of_columns(columns := ("code"), condition := NOT "code" IS NULL)': [put("code", "'none'")],
        'unique_combination_of_columns(columns := ("unit", "seen"), '
        'condition := NOT "unit" IS NULL AND NOT "seen" IS NULL)': [put("unit", "1")],
        'forall(criteria := ("dose (mg)" < 50 OR age >= 30))': [put("dose (mg)", "50")],
        "forall_non_blocking(criteria := (y < 40))": [put("y", "40")],
    },
    "diagnostics.doses_histogram": {
        "not_null(columns := (n_treated, n_control))": null("n_treated", "n_control"),
        "unique_values(columns := (bin))": [DOUBLE],
        "accepted_range(column := bin, min_v := 0, max_v := 39)": [put("bin", "-1"), put("bin", "40")],
    },
    "diagnostics.doses_missing": {
        "not_null(columns := (name, missing, missing_treated, missing_control, n_treated, n_control))": null(
            "name", "missing", "missing_treated", "missing_control", "n_treated", "n_control"
        ),
        "unique_values(columns := (name))": [DOUBLE],
    },
    "diagnostics.doses_positivity": {
        "not_null(columns := (kind, covariate, level, rule, n, n_treated, n_control))": null(
            "kind", "covariate", "level", "rule", "n", "n_treated", "n_control"
        ),
        "unique_combination_of_columns(columns := (kind, covariate, level))": [DOUBLE],
        "accepted_values(column := kind, is_in := ('level', 'cell'))": [put("kind", "'pair'")],
    },
    "diagnostics.doses_fits": {
        "not_null(columns := (fold, term, kind, status))": null("fold", "term", "kind", "status"),
        "forall(criteria := (status = 'boosted' OR NOT coefficient IS NULL))": null("coefficient"),
        "unique_combination_of_columns(columns := (fold, kind, covariate, level, with_covariate, with_level))": [
            DOUBLE
        ],
    },
    "diagnostics.doses_propensity": {"number_of_rows(threshold := 0)": [EMPTY]},
    "diagnostics.doses_out_of_fold": {"number_of_rows(threshold := 0)": [EMPTY]},
    "diagnostics.doses_calibration": {
        "not_null(columns := (scores, bin, n, score_mean, treated_share))": null(
            "scores", "bin", "n", "score_mean", "treated_share"
        ),
        "unique_combination_of_columns(columns := (scores, bin))": [DOUBLE],
        "accepted_values(column := scores, is_in := ('in_sample', 'out_of_fold'))": [put("scores", "'cross_fitted'")],
        "accepted_range(column := score_min, min_v := 0)": [put("score_min", "-0.1")],
        "accepted_range(column := score_max, max_v := 1)": [put("score_max", "1.1"), put("score_max", "'nan'")],
    },
    "diagnostics.doses_scores": {
        'not_null(columns := ("row_id", "_treated", "ps_hat"))': null("row_id", "_treated", "ps_hat"),
        'accepted_range(column := "ps_hat", min_v := 0, max_v := 1)': [
            put("ps_hat", "-1e-9"),
            put("ps_hat", "1.000001"),
            put("ps_hat", "'nan'"),
        ],
    },
    "diagnostics.doses_crump": {
        "number_of_rows(threshold := 0)": [EMPTY],
        "not_null(columns := (crump_alpha))": null("crump_alpha"),
    },
    "diagnostics.doses_overlap": {
        "number_of_rows(threshold := 0)": [EMPTY],
        "not_null(columns := (n, n_treated, n_control, prevalence))": null("n", "n_treated", "n_control", "prevalence"),
    },
    "diagnostics.doses_moments": {
        "not_null(columns := (factor, level, covariate, weighting, _treated, arm_rows, n))": null(
            "factor", "level", "covariate", "weighting", "_treated", "arm_rows", "n"
        ),
        "unique_combination_of_columns(columns := (factor, level, covariate, weighting, _treated))": [DOUBLE],
        "accepted_values(column := _treated, is_in := (0, 1))": [put("_treated", "2")],
    },
    "diagnostics.doses_levels": {
        "not_null(columns := (factor, stratum, covariate, level, weighting))": null(
            "factor", "stratum", "covariate", "level", "weighting"
        ),
        "unique_combination_of_columns(columns := (factor, stratum, covariate, level, weighting))": [DOUBLE],
        "relationships(columns := (covariate, level), parent := diagnostics.@{dataset}_positivity)": [
            put("level", "'south'"),
            put("covariate", "'age'"),
        ],
    },
    "diagnostics.doses_distributions": {
        "not_null(columns := (covariate, distinct_values, lowest, highest))": null(
            "covariate", "distinct_values", "lowest", "highest"
        ),
        "unique_values(columns := (covariate))": [DOUBLE],
        "accepted_range(column := ks_unadjusted, min_v := 0, max_v := 1.000001)": [
            put("ks_unadjusted", "-0.1"),
            put("ks_unadjusted", "1.1"),
            put("ks_unadjusted", "'nan'"),
        ],
        "accepted_range(column := auc_treatment, min_v := 0, max_v := 1)": [
            put("auc_treatment", "-0.1"),
            put("auc_treatment", "1.1"),
        ],
        "accepted_range(column := ks_bound, min_v := 0, max_v := 1)": [put("ks_bound", "-0.1"), put("ks_bound", "1.1")],
    },
    "diagnostics.doses_covariates": {
        "accepted_values(column := kind, is_in := ('number', 'level', 'missing'))": [put("kind", "'ordinal'")],
    },
    "diagnostics.doses_leakage": {
        "not_null(columns := (covariate, parent, kind, n))": null("covariate", "parent", "kind", "n"),
        "unique_values(columns := (covariate))": [DOUBLE],
        "accepted_range(column := auc_treatment, min_v := 0.5, max_v := 1)": [
            put("auc_treatment", "0.4"),
            put("auc_treatment", "1.1"),
        ],
        "accepted_range(column := correlation_treatment, min_v := 0, max_v := 1.000001)": [
            put("correlation_treatment", "-0.1"),
            put("correlation_treatment", "1.1"),
        ],
    },
    "diagnostics.doses_availability": {
        "not_null(columns := (covariate, available_at, n, undated))": null("covariate", "available_at", "n", "undated"),
        "unique_values(columns := (covariate))": [DOUBLE],
    },
    "diagnostics.doses_contrasts": {
        "not_null(columns := (segment, stratum, covariate, parent, term, type, weighting))": null(
            "segment", "stratum", "covariate", "parent", "term", "type", "weighting"
        ),
        "unique_combination_of_columns(columns := (segment, stratum, parent, covariate, weighting))": [DOUBLE],
        "accepted_values(column := type, is_in := ('continuous', 'binary'))": [put("type", "'ordinal'")],
    },
    "diagnostics.doses_segments": {
        "not_null(columns := (segment, stratum, n, n_treated, n_control))": null(
            "segment", "stratum", "n", "n_treated", "n_control"
        ),
        "unique_combination_of_columns(columns := (segment, stratum))": [DOUBLE],
    },
    "diagnostics.doses_products": {
        "not_null(columns := (covariate, parent, term, type, weighting))": null(
            "covariate", "parent", "term", "type", "weighting"
        ),
        "unique_combination_of_columns(columns := (parent, covariate, weighting))": [DOUBLE],
    },
    "diagnostics.doses_differences": {
        "not_null(columns := (segment, stratum, covariate, type, weighting))": null(
            "segment", "stratum", "covariate", "type", "weighting"
        ),
        "unique_combination_of_columns(columns := (segment, stratum, parent, covariate, weighting))": [DOUBLE],
    },
    "diagnostics.doses_judged_fit": {
        "not_null(columns := (gate, comparison, threshold, otherwise))": null(
            "gate", "comparison", "threshold", "otherwise"
        ),
        "unique_values(columns := (gate))": [DOUBLE],
    },
    "diagnostics.doses_judged_leakage": {
        "not_null(columns := (gate, comparison, threshold, otherwise))": null(
            "gate", "comparison", "threshold", "otherwise"
        ),
        "unique_values(columns := (gate))": [DOUBLE],
    },
    "diagnostics.doses_judged_outcome": {
        "not_null(columns := (gate, comparison, threshold, otherwise))": null(
            "gate", "comparison", "threshold", "otherwise"
        ),
        "unique_values(columns := (gate))": [DOUBLE],
    },
    "diagnostics.doses_judgements": {
        "unique_values(columns := (gate))": [DOUBLE],
        "accepted_values(column := verdict, is_in := ('pass', 'warn', 'fail'))": [put("verdict", "'unknown'")],
    },
    "diagnostics.doses_balance": {
        "not_null(columns := (covariate, parent, type, term))": null("covariate", "parent", "type", "term"),
        "unique_combination_of_columns(columns := (parent, covariate))": [DOUBLE],
        "accepted_values(column := type, is_in := ('continuous', 'binary'))": [put("type", "'ordinal'")],
    },
    "diagnostics.doses_gates": {
        "number_of_rows(threshold := @gates_less_one)": ["DELETE FROM bad WHERE rowid = 0"],
        "unique_values(columns := (gate))": [DOUBLE],
        "accepted_values(column := verdict, is_in := ('pass', 'warn', 'fail'))": [put("verdict", "'unknown'")],
        "both_arms()": [failed("both_arms")],
        "positivity()": [failed("positivity")],
        "fit_converged()": [failed("fit_converged")],
        "no_separation()": [failed("separation")],
        "no_collinearity()": [failed("collinear")],
        "no_late_values()": [failed("leakage_time")],
        "no_leakage()": [
            failed(f"leakage_{what}{missing}") for what in ("treatment", "outcome") for missing in ("", "_missing")
        ],
        "outcome_in_both_arms()": [failed("outcome_absent")],
        "outcome_varies()": [failed("outcome_constant")],
        "fit_invariant()": [failed("fit_invariant")],
        "overlap_share()": [failed("overlap_share")],
        "tail_mass()": [failed("tail_lt_001"), failed("tail_gt_099")],
        "covariate_balance()": [failed("balance")],
        "gate_warnings()": [put("verdict", "'warn'")],
    },
    "features.doses": {
        'not_null(columns := ("row_id", "ps_hat", "weight"))': null("row_id", "ps_hat", "weight"),
    },
}
ONLY_WARN = {
    ("curated.doses", "forall_non_blocking(criteria := (y < 40))"),
    ("diagnostics.doses_gates", "gate_warnings()"),
}
HARMLESS = [
    'UPDATE bad SET "age" = 18, "y" = 100.5, "dose (mg)" = 0 WHERE rowid = 90',
    'UPDATE bad SET "age" = 90 WHERE rowid = 90',
    "UPDATE bad SET code = 'ZZ-0' WHERE rowid = 0",
    'UPDATE bad SET "code" = NULL WHERE rowid < 4',
    'UPDATE bad SET "unit" = 1, "seen" = NULL WHERE rowid < 4',
    'UPDATE bad SET "age" = NULL, "region" = NULL, "dose (mg)" = NULL, "site" = NULL WHERE rowid < 4',
]
