"""The kinds of change between two contracts, and what each breaks: for who delivers files, for who reads the results.

A producer is broken where a file that was accepted may now be refused. A consumer is broken where a column goes or
changes its type, where values come to mean something else, or where something that was promised of them no longer is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChangeKind:
    """``producers`` and ``consumers`` say what breaks for them, None where nothing does."""

    name: str
    producers: str | None = None
    consumers: str | None = None


_REFUSED = "files that were accepted may be refused"
_ELSEWHERE = "the data set has another name in folders, models and tables"
_GATES = "other gates may fail"
_VALUES = "values of the same rows change"
_WEIGHTS = "propensity scores and weights change"
_LESS = "less is promised of the values"

CHANGE_KINDS = {
    kind.name: kind
    for kind in (
        ChangeKind("column_added", "files without the column are refused"),
        ChangeKind("column_removed", "files with the column are refused"),
        ChangeKind("column_left_out"),
        ChangeKind("published_column_added"),
        ChangeKind("published_column_removed", None, "the column is gone"),
        ChangeKind("type_widened", None, "the column has another type"),
        ChangeKind("type_narrowed", "values that don't fit the type are refused", "the column has another type"),
        ChangeKind("type_renamed"),
        ChangeKind("constraint_added", _REFUSED),
        ChangeKind("constraint_removed", None, _LESS),
        ChangeKind("constraint_changed", _REFUSED, _LESS),
        ChangeKind("range_tightened", "values outside the new range are refused"),
        ChangeKind("range_widened", None, "values outside the old range may come"),
        ChangeKind("range_moved", "values outside the new range are refused", "values outside the old range may come"),
        ChangeKind("category_added", None, "a level that nobody knew may come"),
        ChangeKind("category_removed", "rows with the level are refused"),
        ChangeKind("warning_changed"),
        ChangeKind("mend_added", "values that were accepted may be mended into ones that are refused", _VALUES),
        ChangeKind("mend_removed", "values that were mended are refused or stay as they are", _VALUES),
        ChangeKind("mend_changed", _REFUSED, _VALUES),
        ChangeKind("reading_changed", _REFUSED, _VALUES),
        ChangeKind(
            "null_value_added", "rows with the text in a required column are refused", "the text is now missing"
        ),
        ChangeKind("null_value_removed", "the text is no longer a missing value", "the text is now a value"),
        ChangeKind("non_finite_refused", "files with NaN or infinity are refused"),
        ChangeKind("non_finite_taken"),
        ChangeKind("limit_lowered", "larger files are refused"),
        ChangeKind("limit_raised"),
        ChangeKind("extra_columns_forbidden", "files with undeclared columns are refused"),
        ChangeKind("extra_columns_dropped"),
        ChangeKind("forbidden_glob_added", "files with a column that the glob covers are refused"),
        ChangeKind("forbidden_glob_removed", None, "a column that may know the outcome can be declared"),
        ChangeKind("role_changed", _REFUSED, "the column plays another part"),
        ChangeKind("covariate_added", _GATES, _WEIGHTS),
        ChangeKind("covariate_removed", _GATES, _WEIGHTS),
        ChangeKind("segment_added", "a segment in one arm only is refused"),
        ChangeKind("segment_removed", None, "positivity is not judged in the segment"),
        ChangeKind("estimand_changed", _GATES, "the weights stand for another estimand"),
        ChangeKind("model_changed", _GATES, _WEIGHTS),
        ChangeKind("gate_tightened", "data that passed may be refused"),
        ChangeKind("gate_loosened", None, "data that were refused may pass"),
        ChangeKind("gate_changed", "data that passed may be refused", "data that were refused may pass"),
        ChangeKind("window_changed", _GATES, "rows of other intervals are published"),
        ChangeKind("unit_changed", None, "the values mean something else"),
        ChangeKind("protection_changed", None, _VALUES),
        ChangeKind("tolerance_lowered", _REFUSED),
        ChangeKind("tolerance_raised", None, "more rows may be left out"),
        ChangeKind("renamed", "files named after the data set are no longer claimed", _ELSEWHERE),
        ChangeKind("files_changed", "other files are claimed"),
        ChangeKind("trim_added", "its files are no longer claimed", "the rows are of another population"),
        ChangeKind("trim_removed", "files of its own are needed", "the rows are of another population"),
        ChangeKind("trim_changed", None, "the rows are of another population"),
        ChangeKind("published_elsewhere", None, "the published table has another name"),
        ChangeKind("grant_added"),
        ChangeKind("grant_removed", None, "the role can no longer read"),
        ChangeKind("described"),
        ChangeKind("setting_changed", "nothing is known of this setting's effect", "nothing is known of its effect"),
    )
}
