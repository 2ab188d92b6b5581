"""What changed between two contracts: each change at its place, of a kind that says what it breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ciq.contract.changes import CHANGE_KINDS, ChangeKind
from ciq.contract.effective import effective
from ciq.contract.model import Contract, Deduplicate

_ABSENT = object()
Found = tuple[str, str, Any, Any]
"""The place below the compared one, the kind, and what stood there before and after."""
Comparison = Callable[[Any, Any], Iterator[Found]]

_WIDER = {
    "int8": {"int16", "int32", "int64", "float32", "float64"},
    "int16": {"int32", "int64", "float32", "float64"},
    "int32": {"int64", "float64"},
    "float32": {"float64"},
    "date": {"datetime"},
}
"""For each type those that take every value of it, beside text, which takes any."""
_TEXTS = {"string", "category"}


@dataclass(frozen=True)
class Change:
    """One change: where, of which kind, from what to what (None for nothing)."""

    path: str
    kind: ChangeKind
    before: Any
    after: Any

    def __str__(self) -> str:
        effects = (("producers", self.kind.producers), ("consumers", self.kind.consumers))
        broken = "; ".join(f"breaks {who}: {what}" for who, what in effects if what)
        change = f"{self.path}: {self.kind.name}, {json.dumps(self.before)} -> {json.dumps(self.after)}"
        return f"{change}: {broken}" if broken else change


def diff(before: Contract, after: Contract) -> tuple[Change, ...]:
    """Every change from ``before`` to ``after``, in the contract's order."""
    changes = (Change(path, CHANGE_KINDS[kind], *values) for path, kind, *values in _found(before, after))
    return tuple(changes)


def _found(before: Contract, after: Contract) -> Iterator[Found]:
    """The changes place by place, each of the kind that it is beside all else that ``after`` says."""
    for path, kind, old, new in _walk((), effective(before), effective(after)):
        column = path.split(".", 1)[-1]
        if path.endswith(".pii") and "drop" in (old, new):
            known = column.removesuffix(".pii") in after.types
            kind = "described" if known else "column_left_out" if _takes_more(after, column[:-4]) else "column_removed"
        elif kind == "column_removed" and _takes_more(after, column):
            kind = "column_left_out"
        elif (
            kind == "category_removed" and path.removeprefix("constraints.categories.") in after.clean.unknown_category
        ):
            kind = "mend_added"
        elif path == "constraints.unique" and old is None and new == _sorted_key(after.clean.deduplicate):
            continue  # The rows that would break it are dropped.
        yield path, kind, old, new


def _takes_more(contract: Contract, column: str) -> bool:
    """Whether files may have a column that ``types`` doesn't list."""
    note = contract.columns.get(column)
    return contract.extra_columns == "drop" or bool(note and note.pii == "drop")


def _sorted_key(deduplicate: Deduplicate | None) -> list[str]:
    return sorted(deduplicate.by) if deduplicate else []


def _walk(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Found]:
    """Down to the places that the table knows; what it doesn't know is a change of unknown effect."""
    compare = _comparison(path)
    if compare is not None:
        yield from ((".".join(path) + below, *rest) for below, *rest in compare(before, after))
    elif before == after:
        return
    elif isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for key in dict.fromkeys((*old, *new)):
            yield from _walk((*path, key), old.get(key), new.get(key))
    else:
        yield ".".join(path), "setting_changed", before, after


def _comparison(path: tuple[str, ...]) -> Comparison | None:
    wild = (path[0], "*", path[2]) if path[:1] == ("columns",) and len(path) == 3 else path
    return _TABLE.get(wild)


def _scalar(kind: str) -> Comparison:
    def compare(before: Any, after: Any) -> Iterator[Found]:
        if before != after:
            yield "", kind, before, after

    return compare


def _set(added: str, removed: str) -> Comparison:
    def compare(before: Any, after: Any) -> Iterator[Found]:
        yield from (("", removed, item, None) for item in before if item not in after)
        yield from (("", added, None, item) for item in after if item not in before)

    return compare


def _each(added: str, removed: str, changed: Comparison) -> Comparison:
    """Two mappings, key by key."""

    def compare(before: Any, after: Any) -> Iterator[Found]:
        for key in dict.fromkeys((*before, *after)):
            old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
            if new is _ABSENT:
                yield f".{key}", removed, old, None
            elif old is _ABSENT:
                yield f".{key}", added, None, new
            else:
                yield from ((f".{key}", kind, *values) for _, kind, *values in changed(old, new))

    return compare


def _ordered(raised: str, lowered: str) -> Comparison:
    def compare(before: Any, after: Any) -> Iterator[Found]:
        if before != after:
            yield "", raised if after > before else lowered, before, after

    return compare


def _optional(added: str, removed: str, changed: str) -> Comparison:
    def compare(before: Any, after: Any) -> Iterator[Found]:
        if before != after:
            yield "", added if before is None else removed if after is None else changed, before, after

    return compare


def _tolerance(before: Any, after: Any) -> Iterator[Found]:
    """The shares of each rule that one of the two names; a rule without a share of its own has the default."""
    for rule in dict.fromkeys(("default", *before, *after)):
        old, new = (shares.get(rule, shares.get("default", 0.0)) for shares in (before, after))
        yield from ((f".{rule}", *rest) for _, *rest in _ordered("tolerance_raised", "tolerance_lowered")(old, new))


def _range(before: Any, after: Any) -> Iterator[Found]:
    (low, high), (new_low, new_high) = _bounds(before), _bounds(after)
    tighter, wider = new_low > low or new_high < high, new_low < low or new_high > high
    if tighter or wider:
        kind = "range_moved" if tighter and wider else "range_tightened" if tighter else "range_widened"
        yield "", kind, before, after


def _bounds(declared: Any) -> tuple[float, float]:
    low, high = declared
    return float("-inf") if low is None else low, float("inf") if high is None else high


def _type(before: str, after: str) -> Iterator[Found]:
    if before == after:
        return
    if {before, after} == _TEXTS:
        yield "", "type_renamed", before, after
    else:
        wider = after in _TEXTS or after in _WIDER.get(before, ())
        yield "", "type_widened" if wider else "type_narrowed", before, after


def _rules(before: Any, after: Any) -> Iterator[Found]:
    """Rules that only warn break nobody; one that begins to refuse is a new one to producers."""
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old != new:
            refused, refuses = bool(old) and old[1] == "fail", bool(new) and new[1] == "fail"
            kinds = {
                (True, True): "constraint_changed",
                (False, True): "constraint_added",
                (True, False): "constraint_removed",
                (False, False): "warning_changed",
            }
            yield f".{key}", kinds[refused, refuses], old, new


_CONSTRAINT = ("constraint_added", "constraint_removed")
_MEND = _each("mend_added", "mend_removed", _scalar("mend_changed"))
_TABLE: dict[tuple[str, ...], Comparison] = {
    ("name",): _scalar("renamed"),
    ("version",): _scalar("described"),
    ("owner",): _scalar("described"),
    ("description",): _scalar("described"),
    ("source", "files"): _scalar("files_changed"),
    ("source", "trim"): _optional("trim_added", "trim_removed", "trim_changed"),
    ("source", "mode"): _scalar("reading_changed"),
    ("source", "encoding"): _scalar("reading_changed"),
    ("source", "sheet"): _scalar("reading_changed"),
    ("source", "delimiter"): _scalar("reading_changed"),
    ("source", "timezone"): _scalar("reading_changed"),
    ("source", "datetime_format"): _each("reading_changed", "reading_changed", _scalar("reading_changed")),
    ("source", "non_finite"): _ordered("non_finite_refused", "non_finite_taken"),
    ("source", "null_values"): _set("null_value_added", "null_value_removed"),
    ("source", "limits", "max_bytes"): _ordered("limit_raised", "limit_lowered"),
    ("source", "limits", "max_decompressed"): _ordered("limit_raised", "limit_lowered"),
    ("source", "limits", "max_ratio"): _ordered("limit_raised", "limit_lowered"),
    ("source", "limits", "max_rows"): _ordered("limit_raised", "limit_lowered"),
    ("source", "limits", "max_line"): _ordered("limit_raised", "limit_lowered"),
    ("id_col",): _scalar("role_changed"),
    ("time_col",): _scalar("role_changed"),
    ("treatment_col",): _scalar("role_changed"),
    ("outcome_col",): _scalar("role_changed"),
    ("covariate_cols",): _set("covariate_added", "covariate_removed"),
    ("segment_cols",): _set("segment_added", "segment_removed"),
    ("estimand",): _scalar("estimand_changed"),
    ("types",): _each("column_added", "column_removed", _type),
    ("columns", "*", "description"): _scalar("described"),
    ("columns", "*", "unit"): _optional("described", "described", "unit_changed"),
    ("columns", "*", "available_at"): _optional(*_CONSTRAINT, "constraint_changed"),
    ("columns", "*", "pii"): _scalar("protection_changed"),
    ("columns", "*", "mask"): _scalar("protection_changed"),
    ("columns", "*", "covariate"): _scalar("described"),
    ("constraints", "not_null"): _set(*_CONSTRAINT),
    ("constraints", "categories"): _each(*_CONSTRAINT, _set("category_added", "category_removed")),
    ("constraints", "ranges"): _each(*_CONSTRAINT, _range),
    ("constraints", "unique"): _set(*_CONSTRAINT),
    ("constraints", "patterns"): _each(*_CONSTRAINT, _scalar("constraint_changed")),
    ("constraints", "rules"): _rules,
    ("clean", "sentinels"): _MEND,
    ("clean", "upper"): _set("mend_added", "mend_removed"),
    ("clean", "fill"): _MEND,
    ("clean", "unknown_category"): _MEND,
    ("clean", "deduplicate"): _optional("mend_added", "mend_removed", "mend_changed"),
    ("on_violation",): _scalar("described"),
    ("tolerance",): _tolerance,
    ("extra_columns",): _ordered("extra_columns_forbidden", "extra_columns_dropped"),
    ("leakage_forbidden_cols",): _set("forbidden_glob_added", "forbidden_glob_removed"),
    ("leakage", "treatment"): _ordered("gate_loosened", "gate_tightened"),
    ("leakage", "outcome"): _ordered("gate_loosened", "gate_tightened"),
    ("leakage", "auc"): _ordered("gate_loosened", "gate_tightened"),
    ("leakage", "correlation"): _scalar("warning_changed"),
    ("propensity", "learner"): _scalar("model_changed"),
    ("propensity", "folds"): _scalar("model_changed"),
    ("propensity", "squares"): _scalar("model_changed"),
    ("propensity", "interactions"): _scalar("model_changed"),
    ("propensity", "collinear"): _ordered("gate_tightened", "gate_loosened"),
    ("propensity", "method"): _scalar("described"),
    ("balance", "on"): _scalar("gate_changed"),
    ("balance", "squares"): _scalar("warning_changed"),
    ("balance", "interactions"): _scalar("warning_changed"),
    ("gates", "overlap_share"): _ordered("gate_tightened", "gate_loosened"),
    ("gates", "tail_mass"): _ordered("gate_loosened", "gate_tightened"),
    ("gates", "smd", "warn"): _scalar("warning_changed"),
    ("gates", "smd", "fail"): _ordered("gate_loosened", "gate_tightened"),
    ("gates", "smd", "small_sample_fail"): _ordered("gate_loosened", "gate_tightened"),
    ("gates", "equipoise", "warn"): _scalar("warning_changed"),
    ("gates", "min_level_rows"): _ordered("gate_loosened", "gate_tightened"),
    ("report",): _scalar("described"),
    ("schedule", "cron"): _scalar("described"),
    ("schedule", "lookback"): _scalar("described"),
    ("schedule", "window"): _scalar("window_changed"),
    ("publish", "schema"): _scalar("published_elsewhere"),
    ("publish", "table"): _scalar("published_elsewhere"),
    ("publish", "grants"): _set("grant_added", "grant_removed"),
    ("publish", "indexes"): _set("described", "described"),
    ("published",): _set("published_column_added", "published_column_removed"),
}
"""How each place of a contract is compared; ``*`` is any column. Of two words the later refuses, but for ``warn``."""
