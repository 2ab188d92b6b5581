"""Appended files: what their contract has to say of keys and schedule."""

from __future__ import annotations

from pathlib import Path

import pytest

from ciq.contract import load
from ciq.errors import ContractError

BASE = """\
id_col: customer
time_col: seen
treatment_col: treated
covariate_cols: [age]
types: {customer: int64, seen: datetime, treated: int8, age: int16}
"""
APPEND = BASE + "source: {mode: append}\n"


def rules(folder: Path, text: str) -> list[str]:
    path = folder / "visits.yaml"
    path.write_text(text)
    try:
        load(path)
    except ContractError as refusal:
        return [problem.rule for problem in refusal.problems]
    return []


def test_an_appended_data_set_with_its_schedule_loads(tmp_path: Path) -> None:
    assert rules(tmp_path, APPEND + "schedule: {cron: '30 5 * * *', lookback: 2, window: 90}\n") == []
    assert rules(tmp_path, APPEND + "on_violation: quarantine\ntolerance: {default: 0.1}\n") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (APPEND.replace("time_col: seen\n", ""), "C106"),
        (APPEND + "constraints: {unique: [[customer]]}\n", "C150"),
        (APPEND + "clean: {deduplicate: {by: [customer]}}\n", "C150"),
        (BASE + "schedule: {lookback: 1}\n", "C150"),
        (BASE + "schedule: {window: 90}\n", "C150"),
        (APPEND + "schedule: {window: 0}\n", "C107"),
        (BASE + "schedule: {cron: daily}\n", "C151"),
        (BASE + "schedule: {cron: '61 5 * * *'}\n", "C151"),
        (BASE + "schedule: {cron: '* * * * *'}\n", "C151"),
        (BASE + "schedule: {cron: '0 0 0 1 1 *'}\n", "C151"),
    ],
)
def test_what_does_not_go_with_the_mode_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    assert rules(tmp_path, text) == [rule]


def test_a_key_without_the_time_is_one_of_replaced_files(tmp_path: Path) -> None:
    assert rules(tmp_path, BASE + "constraints: {unique: [[customer]]}\n") == []
