"""Bad files in contracts without ``clean``: each is refused by rule, and nothing that was good changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from soaking import campaign
from two_studies import HEADER, TAKEN, file, rows
from whole_project import Project, sqlmesh_run


def with_line(number: int, text: str) -> str:
    """The good file with the record on a line (the header is line 1) replaced."""
    body = rows()
    body[number - 2] = text
    return file(body)


def all_north_treated() -> str:
    return file(
        [
            ",".join([*line.split(",")[:2], "1", *line.split(",")[3:]]) if line.endswith("north") else line
            for line in rows()
        ]
    )


def turned(count: int) -> str:
    """The first rows with their columns in another order."""
    swapped = [",".join(reversed(line.split(","))) for line in rows(count)]
    return file(swapped, ",".join(reversed(HEADER.split(","))))


POISON = {
    "text in a number": (with_line(10, "8,2026-10-09 10:00:00,0,8.5,forty,north"), "I203", ":10"),
    "category outside": (with_line(11, "9,2026-10-10 10:00:00,0,9.5,40,west"), "I204", ":11"),
    "out of range": (with_line(12, "10,2026-10-11 10:00:00,0,9.5,140,north"), "I202", ":12"),
    "null in a key": (with_line(13, ",2026-10-12 10:00:00,0,9.5,40,north"), "I201", ":13"),
    "duplicate key": (with_line(14, "5,2026-10-06 10:00:00,0,9.5,40,north"), "I207", ":14"),
    "leaking column": (
        file([f"{line},1" for line in rows()], f"{HEADER},future_spend"),
        "F",
        "future_spend",
    ),
    "level all treated": (all_north_treated(), "G302", "region = 'north'"),
    "empty file": ("", "F", "empty"),
    "missing column": (file([line.rsplit(",", 1)[0] for line in rows()], HEADER.rsplit(",", 1)[0]), "F", "region"),
}


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def published_once(two_published: Path) -> Path:
    """Two data sets, published."""
    return two_published


# To build the other data set beside the refused one takes a plan. Beside what is refused at ingest, the tests of
# artifacts build one.
BESIDE = campaign({"level all treated"}, set(POISON))


@pytest.mark.parametrize("poison", POISON)
def test_refused_and_nothing_changes(published: Project, poison: str) -> None:
    content, rule, place = POISON[poison]
    processed, staged = published.root / "data" / "processed", published.root / "data" / "staged" / "study"
    before, staged_before = contents(processed / "study"), contents(staged)
    prod = published.prod("SELECT * FROM features.study ORDER BY ALL")
    published.raw("study.csv", content)
    if poison in BESIDE:
        published.raw("other.csv", file(rows(390)))

    said = published.ciq("run")

    assert said.code == 1
    assert f" {rule}" in said.err
    assert place in said.err
    assert "data/raw/study.csv" in said.err
    assert f"other: {'published' if poison in BESIDE else 'nothing new'}" in said.out
    assert contents(processed / "study") == before
    assert published.prod("SELECT * FROM features.study ORDER BY ALL") == prod
    assert published.prod("SELECT COUNT(*) FROM features.other") == [(390 if poison in BESIDE else 400,)]
    if not rule.startswith("G"):
        assert contents(staged) == staged_before
    metrics = (published.root / "artifacts" / "study" / "overlap_metrics.json").read_text()
    assert '"verdict": "fail"' in metrics


@pytest.mark.parametrize("run_between", campaign([True], [False, True]))
def test_restored_file_is_promoted_without_recomputation(published: Project, run_between: bool) -> None:
    """In between a version with fewer rows is published, whose columns come in another order and are read by name."""
    published.contract("other").unlink()  # each plan would load its models, and they can tell nothing here
    (published.root / "data" / "raw" / "other.csv").unlink()
    good = published.prod("SELECT * FROM features.study ORDER BY ALL")
    taken = published.prod(TAKEN)
    published.raw("study.csv", all_north_treated())
    assert published.ciq("run").code == 1
    if run_between:
        by_hand = [str(Path(sys.executable).with_name("sqlmesh")), "run", "--ignore-cron"]
        done = subprocess.run(by_hand, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert published.prod("SELECT * FROM features.study ORDER BY ALL") == good
    published.raw("study.csv", turned(380))
    assert published.ciq("run").code == 0
    assert published.prod(TAKEN) == [row for row in taken if row[0] < 380]
    if run_between:
        sqlmesh_run(ignore_cron=True)
    before = published.physical("study")

    published.raw("study.csv", file(rows()))
    said = published.ciq("run")

    assert said.code == 0, said.err
    assert "study: published" in said.out
    assert published.prod("SELECT * FROM features.study ORDER BY ALL") == good
    assert published.physical("study") == before


def test_nothing_new_is_said(published: Project) -> None:
    said = published.ciq("run")
    assert said.code == 0
    assert said.out.splitlines() == ["other: nothing new", "study: nothing new"]
