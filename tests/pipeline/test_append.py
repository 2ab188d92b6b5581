"""Daily files under a pretended clock: each day's rows once, through the same gates, as if all had come at once."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from soaking import campaign
from whole_project import Project, lay_out, sqlmesh_run

DAYS = campaign(4, 30)
BAD, MENDED, LATE = 3, 4, 2
FIRST = date(2026, 3, 1)
OLD = date(2019, 12, 31)
"""A day before the start that config.yaml gives to models."""
CONTRACT = """
{source}
id_col: id
time_col: seen
treatment_col: t
outcome_col: y
covariate_cols: [x, g]
types: {{id: int64, seen: datetime, t: int8, y: float64, x: float64, g: category}}
constraints: {{ranges: {{x: [-9, 9]}}}}
clean: {{deduplicate: {{by: [id, seen]}}}}
"""


def rows_of(day: int, count: int = 120, seed: int = 0) -> str:
    draw = random.Random(1000 * seed + day)
    lines = []
    for unit in range(count):
        x, hour = draw.gauss(0, 1), unit % 24
        t = int(draw.random() < 0.5)
        seen = f"{FIRST + timedelta(days=day - 1)} {hour:02}:00:00"
        lines.append(f"{10_000 * day + 1_000 * seed + unit},{seen},{t},{x + t!r},{x!r},{'ab'[unit % 2]}")
    return "\n".join(["id,seen,t,y,x,g", *lines]) + "\n"


@contextlib.contextmanager
def morning_after(day: int) -> Any:
    """Three o'clock on the morning after a day."""
    clock = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=day, hours=3)
    with time_machine.travel(clock):
        yield


def days(project: Project, model: str) -> dict[date, int]:
    found = project.prod(f"SELECT CAST(seen AS DATE), COUNT(*) FROM {model}.visits GROUP BY 1")  # noqa: S608
    return dict(found)


def expected(*, until: int, late: int = 0) -> dict[date, int]:
    counts = {FIRST + timedelta(days=day - 1): 120 for day in range(1, until + 1)}
    if late:
        counts[FIRST + timedelta(days=LATE - 1)] += late
    return counts


def test_daily_files_become_what_one_build_of_all_of_them_is(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.contract("visits").write_text(CONTRACT.format(source="source: {mode: append}"))
    good = {day: rows_of(day) for day in range(1, DAYS + 1)}
    for day, text in good.items():
        name = f"visits_{day:02}.csv"
        project.raw(name, text.replace(",a\n", ",a,surplus\n", 1) if day == BAD else text)
        with morning_after(day):
            if day == 1:
                assert project.ciq("run").code == 0
                continue
            if day == MENDED:
                project.raw(f"visits_{BAD:02}.csv", good[BAD])
            said = project.ciq("ingest")
            sqlmesh_run()
            if day == BAD:
                assert (said.code, "F112" in said.err) == (1, True)
                assert days(project, "features") == expected(until=BAD - 1)
        assert said.code == (1 if day == BAD else 0)
        if day != BAD:
            assert days(project, "features") == expected(until=day)
    # Rows of an old day come late, one of them a correction: the later file's row stands for its key.
    corrected = good[LATE].splitlines()[1].split(",")
    late = rows_of(LATE, 10, seed=1) + ",".join([*corrected[:3], "99.0", *corrected[4:]]) + "\n"
    project.raw("visits_late.csv", late)
    project.raw("visits_old.csv", rows_of(1, 5, seed=2).replace(str(FIRST), str(OLD)))
    project.raw("visits_today.csv", rows_of(DAYS + 1, 3))
    with morning_after(DAYS):
        said = project.ciq("run")
        assert said.code == 0
        assert "; 3 newer rows wait until their interval is over" in said.out
        assert "visits: unchanged" in project.ciq("run").out
    assert days(project, "features") == expected(until=DAYS, late=10) | {OLD: 5}
    assert days(project, "staging") == expected(until=DAYS, late=11) | {OLD: 5}

    everything = "SELECT * FROM {}.visits ORDER BY row_id"
    appended = {model: project.prod(everything.format(model)) for model in ("curated", "features")}
    (project.root / "data" / "raw" / "visits_today.csv").unlink()
    files = {path.name: path.read_text() for path in (project.root / "data" / "raw").iterdir()}
    root = tmp_path_factory.mktemp("replaced")
    lay_out(root)
    with contextlib.chdir(root):
        replaced = Project(root, project.capsys)
        replaced.contract("visits").write_text(CONTRACT.format(source=""))
        for name, text in files.items():
            replaced.raw(name, text)
        assert replaced.ciq("run").code == 0
        assert replaced.prod(everything.format("curated")) == appended["curated"]
        for one, other in zip(replaced.prod(everything.format("features")), appended["features"], strict=True):
            assert one[:-2] == other[:-2]
            assert one[-2:] == pytest.approx(other[-2:], rel=1e-12)
