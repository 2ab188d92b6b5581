"""A window over appended files: diagnostics and features are of its intervals, curated keeps every row."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from soaking import campaign
from test_append import CONTRACT, FIRST, morning_after, rows_of
from whole_project import Project, sqlmesh_run

from ciq.blueprint.window import window_begins
from ciq.contract.model import Contract, Schedule

MOVES = campaign(False, True)
SOURCE = "source: {mode: append}\nschedule: {window: 2}"


@pytest.mark.parametrize(
    ("cron", "window", "begins"),
    [
        ("@daily", 1, "2026-03-05 00:00"),
        ("@daily", 90, "2025-12-06 00:00"),
        ("30 5 * * *", 2, "2026-03-04 00:00"),
        ("@weekly", 7, "2026-02-27 00:00"),
        ("@monthly", 3, "2026-01-01 00:00"),
        ("0 0 1 1 *", 2, "2025-01-01 00:00"),
        ("@hourly", 2, "2026-03-05 09:00"),
        ("*/30 * * * *", 1, "2026-03-05 10:30"),
        ("*/15 * * * *", 4, "2026-03-05 09:45"),
        ("*/5 * * * *", 3, "2026-03-05 10:30"),
    ],
)
def test_it_begins_with_a_whole_interval(cron: str, window: int, begins: str) -> None:
    contract = Contract.model_construct(schedule=Schedule(cron=cron, window=window))
    query = f"SELECT {window_begins(contract).sql('duckdb')} FROM (SELECT TIMESTAMP '2026-03-05 10:43:21' AS latest)"  # noqa: S608
    assert duckdb.execute(query).fetchall() == [(datetime.fromisoformat(begins),)]


def days(project: Project, model: str) -> dict[int, int]:
    found = project.prod(f"SELECT CAST(seen AS DATE), COUNT(*) FROM {model} GROUP BY 1")  # noqa: S608
    return {(day - FIRST).days + 1: count for day, count in found}


def test_only_its_days_are_judged_and_let_through(project: Project) -> None:
    project.contract("visits").write_text(CONTRACT.format(source=SOURCE))
    for day in (1, 2, 3):
        project.raw(f"visits_{day}.csv", rows_of(day))
    with morning_after(3):
        assert project.ciq("run").code == 0
    assert days(project, "curated.visits") == {1: 120, 2: 120, 3: 120}
    assert days(project, "features.visits") == days(project, "diagnostics.visits_scores") == {2: 120, 3: 120}
    assert project.prod("SELECT n FROM diagnostics.visits_overlap") == [(240,)]
    if not MOVES:
        return
    project.raw("visits_4.csv", rows_of(4))
    project.raw("visits_late.csv", rows_of(1, 5, seed=1))
    with morning_after(4):
        assert project.ciq("ingest").code == 0
        sqlmesh_run()
        assert days(project, "features.visits") == {3: 120, 4: 120}
        assert project.ciq("run").code == 0
    assert days(project, "curated.visits") == {1: 125, 2: 120, 3: 120, 4: 120}
    assert days(project, "features.visits") == {3: 120, 4: 120}
