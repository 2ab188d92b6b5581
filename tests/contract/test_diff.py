"""Every change between two contracts is listed, with what it breaks for who delivers and for who reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from ciq.contract import Contract, load
from ciq.contract.changes import CHANGE_KINDS
from ciq.contract.diff import diff
from ciq.contract.model import Contract as Model

ROOT = Path(__file__).parents[2]
BASE = """\
name: d
source: {files: d.*, null_values: ['', NA]}
id_col: id
time_col: at
treatment_col: treated
outcome_col: y
covariate_cols: [age, plan]
types: {id: int32, at: date, treated: int8, y: float32, age: int16, plan: category, note: string}
columns: {age: {unit: years}}
constraints:
  not_null: [age]
  categories: {plan: [a, b]}
  ranges: {age: [0, 110]}
  patterns: {note: '[a-z]*'}
  rules: [{id: sane, sql: age < 100, severity: warn}]
clean: {sentinels: {age: [-1]}, upper: [plan]}
leakage_forbidden_cols: [future_*]
gates: {overlap_share: 0.6}
"""
CHANGES = [
    ("name: d", "name: e", "name", "renamed", True, True),
    ("'', NA", "''", "source.null_values", "null_value_removed", True, True),
    ("'', NA", "'', NA, x", "source.null_values", "null_value_added", True, True),
    ("id: int32", "id: int64", "types.id", "type_widened", False, True),
    ("id: int32", "id: int16", "types.id", "type_narrowed", True, True),
    ("note: string", "note: category", "types.note", "type_renamed", False, False),
    ("note: string", "note: string, more: int8", "types.more", "column_added", True, False),
    ("not_null: [age]", "not_null: [age, plan]", "constraints.not_null", "constraint_added", True, False),
    ("not_null: [age]", "not_null: []", "constraints.not_null", "constraint_removed", False, True),
    ("plan: [a, b]", "plan: [a]", "constraints.categories.plan", "category_removed", True, False),
    ("plan: [a, b]", "plan: [a, b, c]", "constraints.categories.plan", "category_added", False, True),
    ("[0, 110]", "[0, 99]", "constraints.ranges.age", "range_tightened", True, False),
    ("[0, 110]", "[null, 110]", "constraints.ranges.age", "range_widened", False, True),
    ("[0, 110]", "[1, 111]", "constraints.ranges.age", "range_moved", True, True),
    ("[a-z]*", "[a-y]*", "constraints.patterns.note", "constraint_changed", True, True),
    ("severity: warn", "severity: fail", "constraints.rules.sane", "constraint_added", True, False),
    ("age < 100", "age < 90", "constraints.rules.sane", "warning_changed", False, False),
    ("age: [-1]", "age: [-1, -2]", "clean.sentinels.age", "mend_changed", True, True),
    ("upper: [plan]", "upper: []", "clean.upper", "mend_removed", True, True),
    ("future_*", "future_*, post_*", "leakage_forbidden_cols", "forbidden_glob_added", True, False),
    ("overlap_share: 0.6", "overlap_share: 0.7", "gates.overlap_share", "gate_tightened", True, False),
    ("overlap_share: 0.6", "tail_mass: 0.1", "gates.tail_mass", "gate_loosened", False, True),
    ("unit: years", "unit: months", "columns.age.unit", "unit_changed", False, True),
    ("unit: years", "unit: years, description: so", "columns.age.description", "described", False, False),
    ("source:", "estimand: ATT\nsource:", "estimand", "estimand_changed", True, True),
    ("source:", "extra_columns: drop\nsource:", "extra_columns", "extra_columns_dropped", False, False),
    ("d.*,", "d.*, timezone: Asia/Tokyo,", "source.timezone", "reading_changed", True, True),
    ("d.*,", "d.*, limits: {max_rows: 10},", "source.limits.max_rows", "limit_lowered", True, False),
    ("source:", "propensity: {squares: [age]}\nsource:", "propensity.squares", "model_changed", True, True),
    ("source:", "propensity: {method: sql}\nsource:", "propensity.method", "described", False, False),
    ("source:", "propensity: {collinear: drop}\nsource:", "propensity.collinear", "gate_loosened", False, True),
    ("source:", "balance: {on: raw}\nsource:", "balance.on", "gate_changed", True, True),
    ("source:", "balance: {squares: true}\nsource:", "balance.squares", "warning_changed", False, False),
    ("source:", "leakage: {treatment: warn}\nsource:", "leakage.treatment", "gate_loosened", False, True),
    ("source:", "leakage: {outcome: fail}\nsource:", "leakage.outcome", "gate_tightened", True, False),
    ("source:", "leakage: {auc: 0.9}\nsource:", "leakage.auc", "gate_tightened", True, False),
    ("source:", "segment_cols: [plan]\nsource:", "segment_cols", "segment_added", True, False),
    ("source:", "publish: {schema: other}\nsource:", "publish.schema", "published_elsewhere", False, True),
    ("source:", "publish: {table: other}\nsource:", "publish.table", "published_elsewhere", False, True),
    ("source:", "publish: {grants: []}\nsource:", "publish.grants", "grant_removed", False, True),
    ("source:", "publish: {indexes: [[age]]}\nsource:", "publish.indexes", "described", False, False),
    ("d.*,", "d.*, non_finite: missing,", "source.non_finite", "non_finite_taken", False, False),
    ("clean: {", "clean: {fill: {y: 0}, ", "clean.fill.y", "mend_added", True, True),
    ("unit: years", "unit: years, available_at: at", "columns.age.available_at", "constraint_added", True, False),
    ("{age: {unit", "{y: {unit: kg}, age: {unit", "columns.y.unit", "described", False, False),
    ("{age: {unit", "{memo: {pii: drop}, age: {unit", "columns.memo.pii", "column_left_out", False, False),
]
HARMLESS = [
    ("not_null: [age]", "not_null: [age, id, at, treated]"),
    ("not_null: [age]", "not_null: [age]\n  unique: [[at, id]]"),
    ("source:", "publish: {table: d_causal_ready}\nsource:"),
    ("source:", "tolerance: {I203: 0, default: 0.0}\nsource:"),
]
SAME = [
    ("clean: {sentinels: {age: [-1, -2], dose: []}}", "clean: {sentinels: {age: [-2, -1]}}"),
    ("propensity: {squares: [age, dose]}", "propensity: {squares: [dose, age]}"),
    (
        "propensity: {interactions: [[age, plan], [dose, age]]}",
        "propensity: {interactions: [[age, dose], [plan, age]]}",
    ),
    ("columns: {memo: {pii: mask}}", "columns: {memo: {pii: mask, mask: {first: 0}}}"),
    ("source: {files: d.csv}", "source: {files: d.csv, delimiter: ','}"),
    ("source: {files: d_*.CSV.gz}", "source: {files: d_*.CSV.gz, delimiter: ','}"),
    ("source: {files: d.tsv}", 'source: {files: d.tsv, delimiter: "\\t"}'),
    ("source: {files: d.jsonl.bz2}", "source: {files: d.jsonl.bz2, delimiter: ;}"),
]
OTHER = [
    ("source: {files: d.csv}", "source: {files: d.csv, delimiter: ;}"),
    ("source: {files: d.tsv}", "source: {files: d.tsv, delimiter: ','}"),
    ("source: {files: d.*}", "source: {files: d.*, delimiter: ','}"),
]
SMALL = """\
name: d
treatment_col: treated
covariate_cols: [age, dose, plan]
types: {treated: int8, age: int16, dose: int16, plan: category, memo: string}
"""


def loaded(folder: Path, text: str, name: str = "d") -> Contract:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(("old", "new", "path", "kind", "producers", "consumers"), CHANGES)
def test_one_change(tmp_path: Path, old: str, new: str, path: str, kind: str, producers: bool, consumers: bool) -> None:
    assert BASE.count(old) == 1
    before, after = loaded(tmp_path, BASE), loaded(tmp_path, BASE.replace(old, new), "e")
    (change,) = diff(before, after)
    assert (change.path, change.kind.name) == (path, kind)
    assert (change.kind.producers is not None, change.kind.consumers is not None) == (producers, consumers)
    assert str(change).startswith(f"{path}: {kind}, ")
    assert ("breaks" in str(change)) == (producers or consumers)
    assert diff(before, before) == diff(after, after) == ()
    assert diff(after, before) != ()


@pytest.mark.parametrize(("old", "new"), HARMLESS)
def test_what_holds_without_being_said_is_no_change(tmp_path: Path, old: str, new: str) -> None:
    assert diff(loaded(tmp_path, BASE), loaded(tmp_path, BASE.replace(old, new), "e")) == ()


@pytest.mark.parametrize(("old", "new", "same"), [(*each, True) for each in SAME] + [(*each, False) for each in OTHER])
def test_one_thing_in_other_words_is_no_change(tmp_path: Path, old: str, new: str, same: bool) -> None:
    found = diff(loaded(tmp_path, f"{SMALL}{old}\n"), loaded(tmp_path, f"{SMALL}{new}\n", "e"))
    assert (found == ()) is same


def breaks(before: Contract, after: Contract) -> dict[str, tuple[str, bool, bool]]:
    return {
        change.path: (change.kind.name, change.kind.producers is not None, change.kind.consumers is not None)
        for change in diff(before, after)
    }


def test_a_column_that_is_dropped_as_personal_data_and_no_longer(tmp_path: Path) -> None:
    protected = BASE.replace("{age: {unit", "{memo: {pii: drop}, age: {unit")
    bare, dropping = loaded(tmp_path, BASE), loaded(tmp_path, protected, "e")
    assert breaks(dropping, bare) == {"columns.memo.pii": ("column_removed", True, False)}
    lax = loaded(tmp_path, f"extra_columns: drop\n{BASE}", "f")
    assert breaks(dropping, lax)["columns.memo.pii"] == ("column_left_out", False, False)
    declared = loaded(tmp_path, BASE.replace("note: string", "note: string, memo: string"), "g")
    assert breaks(declared, dropping)["types.memo"] == ("column_left_out", False, False)
    assert breaks(dropping, declared) == {
        "types.memo": ("column_added", True, False),
        "columns.memo.pii": ("described", False, False),
    }


def test_a_level_that_becomes_the_unknown_one_is_refused_to_nobody(tmp_path: Path) -> None:
    mended = BASE.replace("clean: {", "clean: {unknown_category: {plan: a}, ")
    before, after = loaded(tmp_path, mended), loaded(tmp_path, mended.replace("[a, b]", "[a]"), "e")
    assert breaks(before, after) == {"constraints.categories.plan": ("mend_added", True, True)}


def test_rows_with_one_key_that_are_dropped_break_nobody_who_delivers(tmp_path: Path) -> None:
    before = loaded(tmp_path, BASE)
    same = loaded(tmp_path, BASE.replace("clean: {", "clean: {deduplicate: {by: [id, at]}, "), "e")
    assert breaks(before, same) == {"clean.deduplicate": ("mend_added", True, True)}
    assert breaks(same, before) == {"clean.deduplicate": ("mend_removed", True, True)}


def test_tolerances_by_rule(tmp_path: Path) -> None:
    quarantine = "on_violation: quarantine\ntolerance: {default: 0.1, I204: 0.2}\n"
    strict, lax = loaded(tmp_path, BASE), loaded(tmp_path, quarantine + BASE, "e")
    other = loaded(tmp_path, quarantine.replace("0.1", "0.3").replace("0.2", "0.1") + BASE, "f")
    raised, lowered = ("tolerance_raised", False, True), ("tolerance_lowered", True, False)
    said = {"on_violation": ("described", False, False)}
    assert breaks(strict, lax) == {**said, "tolerance.default": raised, "tolerance.I204": raised}
    assert breaks(lax, strict) == {**said, "tolerance.default": lowered, "tolerance.I204": lowered}
    assert breaks(lax, other) == {"tolerance.default": raised, "tolerance.I204": lowered}


def test_a_window_of_other_intervals(tmp_path: Path) -> None:
    text = f"{BASE}schedule: {{cron: '@daily', window: 7}}\n".replace("d.*,", "d.*, mode: append,")
    before = loaded(tmp_path, text)
    for old, new in ((", window: 7", ""), ("window: 7", "window: 8"), ("@daily", "@hourly")):
        found = breaks(before, loaded(tmp_path, text.replace(old, new), "e"))
        assert found["schedule.window"] == ("window_changed", True, True)


def test_a_published_column_that_goes_and_one_that_only_ingest_knows(tmp_path: Path) -> None:
    before = loaded(tmp_path, BASE)
    without = BASE.replace(", note: string", "").replace("  patterns: {note: '[a-z]*'}\n", "")
    found = {(change.path, change.kind.name) for change in diff(before, loaded(tmp_path, without, "e"))}
    assert found == {("types.note", "column_removed"), ("constraints.patterns.note", "constraint_removed")}
    dropping = loaded(tmp_path, f"extra_columns: drop\n{without}", "f")
    assert ("types.note", "column_left_out") in {(change.path, change.kind.name) for change in diff(before, dropping)}
    fewer = loaded(tmp_path, BASE.replace("[age, plan]", "[age]"), "g")
    found = {(change.path, change.kind.name) for change in diff(before, fewer)}
    assert found == {("covariate_cols", "covariate_removed"), ("published", "published_column_removed")}


def leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, info in model.model_fields.items():
        parts = () if get_origin(info.annotation) in (dict, tuple) else get_args(info.annotation)
        inner = [part for part in (info.annotation, *parts) if isinstance(part, type)]
        models = [part for part in inner if get_origin(part) is None and issubclass(part, BaseModel)]
        found += leaves(models[0], (*path, name)) if models else [(*path, name)]
    return found


def test_a_change_of_any_field_is_listed() -> None:
    """Whatever the model has, another value of it is a change; fields that the table doesn't know among them."""
    base = load(ROOT / "contracts" / "customers.yaml")
    for path in leaves(Model):
        if path in (("contract",), ("path",)):
            continue
        after = replaced(base, path, "another")
        assert diff(base, after), path


def replaced(model: Any, path: tuple[str, ...], value: Any) -> Any:
    head, *rest = path
    inner = getattr(model, head)
    if rest and inner is not None:
        return model.model_copy(update={head: replaced(inner, tuple(rest), value)})
    other: Any = value
    if isinstance(inner, dict):
        other = {} if inner else {"age": 0.5 if head == "tolerance" else value}
    elif isinstance(inner, tuple):
        other = {"not_null": ("age",), "unique": (("age",),)}.get(head, () if inner else ("age",))
    elif isinstance(inner, int | float):
        other = inner + 1
    return model.model_copy(update={head: other})


def test_every_kind_is_documented() -> None:
    text = (ROOT / "docs" / "contract-commands.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))
    assert {name: rows.get(name) for name in CHANGE_KINDS} == {
        name: f"{kind.producers or ''} | {kind.consumers or ''}" for name, kind in CHANGE_KINDS.items()
    }
