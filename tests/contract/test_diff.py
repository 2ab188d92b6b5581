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
    ("'', NA", "''", "source.null_values", "null_value_removed", True, False),
    ("'', NA", "'', NA, x", "source.null_values", "null_value_added", False, True),
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
    ("source:", "estimand: ATT\nsource:", "estimand", "estimand_changed", False, True),
    ("source:", "extra_columns: drop\nsource:", "extra_columns", "extra_columns_dropped", False, False),
    ("d.*,", "d.*, timezone: Asia/Tokyo,", "source.timezone", "reading_changed", True, True),
    ("d.*,", "d.*, limits: {max_rows: 10},", "source.limits.max_rows", "limit_lowered", True, False),
    ("source:", "propensity: {squares: [age]}\nsource:", "propensity", "model_changed", True, True),
]


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
        other = {} if inner else {"age": value}
    elif isinstance(inner, tuple):
        other = () if inner else ("age",)
    elif isinstance(inner, int | float):
        other = inner + 1
    return model.model_copy(update={head: other})


def test_every_kind_is_documented() -> None:
    text = (ROOT / "docs" / "contract-commands.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))
    assert {name: rows.get(name) for name in CHANGE_KINDS} == {
        name: f"{kind.producers or ''} | {kind.consumers or ''}" for name, kind in CHANGE_KINDS.items()
    }
