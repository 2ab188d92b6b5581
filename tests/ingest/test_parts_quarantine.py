"""Appended files under `on_violation: quarantine`: each one is judged alone, whatever comes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from pyarrow import parquet
from small_project import Project

from ciq.contract import Contract
from ciq.errors import DataRefused
from ciq.ingest import Landed, current, ingest

TYPES = {"id": "int64", "seen": "datetime", "treated": "int8", "x": "float64", "g": "category"}
Make = Callable[..., Contract]


@pytest.fixture
def tolerant(make: Make) -> Make:
    def made(tolerance: dict[str, float], high: float = 100, **fields: Any) -> Contract:
        fields = {"on_violation": "quarantine", "tolerance": tolerance, "types": TYPES, "time_col": "seen"} | fields
        return make(source={"mode": "append"}, constraints={"ranges": {"x": (0, high)}}, **fields)

    return made


def day(number: int, xs: dict[int, object]) -> bytes:
    rows = (f"{unit},2026-03-{number:02} 10:00:00,{unit % 2},{x},a\n" for unit, x in xs.items())
    return ("id,seen,treated,x,g\n" + "".join(rows)).encode()


def landed(project: Project, contract: Contract) -> Landed:
    return ingest(project.root, {"d": contract}, "d")


def refused(project: Project, contract: Contract) -> list[str]:
    before = files(project)
    with pytest.raises(DataRefused) as caught:
        landed(project, contract)
    assert files(project) == before
    return [problem.message for problem in caught.value.problems if problem.rule == "I213"]


def files(project: Project) -> dict[str, bytes]:
    folders = (project.root / "data" / name for name in ("staged", "rejects"))
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def rows(project: Project, result: Landed) -> dict[str, list[int]]:
    """The ids that landed of each file."""
    folder = (project.root / result.manifest.parquet).parent
    return {
        source.path.rpartition("/")[2]: parquet.read_table(folder / f"{source.sha256}.parquet")["id"].to_pylist()
        for source in result.manifest.sources
    }


def rejects(project: Project, result: Landed) -> list[tuple[object, ...]]:
    assert result.manifest.rejects
    found = [
        line for path in project.root.glob(result.manifest.rejects) for line in parquet.read_table(path).to_pylist()
    ]
    return sorted((each["file"], each["line"], each["column"], each["rule"], each["raw"]) for each in found)


def test_bad_rows_are_named_by_file_and_good_ones_land(project: Project, tolerant: Make) -> None:
    contract = tolerant({"default": 0.5})
    project.put(day(1, {1: 1.5, 2: 1.5}), "d_01.csv")
    first = landed(project, contract)
    assert (first.manifest.rejected, first.manifest.rejects, first.set_aside) == ({}, None, ())
    project.put(day(2, {3: -1, 4: 1.5, 5: 1.5}), "d_02.csv")
    project.put(day(3, {6: "q", 7: 2.5}), "d_03.csv")
    second = landed(project, contract)
    assert rows(project, second) == {"d_01.csv": [1, 2], "d_02.csv": [4, 5], "d_03.csv": [7]}
    assert rejects(project, second) == [("d_02.csv", 2, "x", "I202", "-1"), ("d_03.csv", 2, "x", "I203", "q")]
    counted = "SELECT unnest(sources).sha256 FROM read_json($1)"
    found = duckdb.execute(
        counted, [str((project.root / second.manifest.parquet).with_name("manifest.json"))]
    ).fetchall()
    assert [sha256 for (sha256,) in found] == [source.sha256 for source in second.manifest.sources]
    assert second.manifest.rejected == {"I202": 1, "I203": 1} and second.manifest.rows == 5
    assert [source.rejected for source in second.manifest.sources] == [0, 1, 1]
    assert [problem.rule for problem in second.set_aside] == ["I202", "I203"]
    third = landed(project, contract)
    assert not third.changed and third.set_aside == ()
    assert third.manifest == second.manifest == current(project.root, "d")


def test_the_verdict_on_a_file_does_not_hang_on_what_comes_with_it(project: Project, tolerant: Make) -> None:
    contract = tolerant({"default": 0.4})
    project.put(day(1, dict.fromkeys(range(100, 140), 1.5)), "d_01.csv")
    project.put(day(2, {3: -1, 4: 1.5}), "d_02.csv")
    project.put(day(3, {5: -1, 6: 1.5}), "d_03.csv")
    assert refused(project, contract) == [
        f"I202 is violated 1 times in the 2 rows of {name}, tolerated is a share of 0.4"
        for name in ("d_02.csv", "d_03.csv")
    ]


def test_a_file_without_a_good_row_is_refused(project: Project, tolerant: Make) -> None:
    project.put(day(1, {1: 1.5}), "d_01.csv")
    landed(project, tolerant({"default": 1.0}))
    project.put(day(2, {2: -1}), "d_02.csv")
    assert refused(project, tolerant({"default": 1.0})) == ["no row of d_02.csv is left"]


def test_a_lower_tolerance_is_held_against_what_has_landed(project: Project, tolerant: Make) -> None:
    archived = project.put(day(1, {1: -1, 2: 1.5, 3: 1.5, 4: 1.5}), "d_01.csv")
    landed(project, tolerant({"I202": 0.3}))
    archived.unlink()
    assert refused(project, tolerant({"I202": 0.2})) == [
        "I202 is violated 1 times in the 4 rows of d_01.csv, tolerated is a share of 0.2"
    ]


def test_a_mended_file_takes_its_rejects_with_it(project: Project, tolerant: Make) -> None:
    contract = tolerant({"default": 1.0})
    project.put(day(1, {1: -1, 2: 1.5}), "d_01.csv")
    assert rows(project, landed(project, contract)) == {"d_01.csv": [2]}
    project.put(day(1, {1: 1.5, 2: 1.5}), "d_01.csv")
    mended = landed(project, contract)
    assert rows(project, mended) == {"d_01.csv": [1, 2]}
    assert (mended.manifest.rejected, mended.manifest.rejects) == ({}, None)
    landed(project, contract)
    assert not list(project.root.glob("data/rejects/**/*.parquet"))


def test_another_constraint_reads_every_file_anew(project: Project, tolerant: Make) -> None:
    project.put(day(1, {1: 5, 2: 50, 3: 500}), "d_01.csv")
    assert rows(project, landed(project, tolerant({"default": 1.0}))) == {"d_01.csv": [1, 2]}
    assert rows(project, landed(project, tolerant({"default": 1.0}, high=10))) == {"d_01.csv": [1]}
    assert rows(project, landed(project, tolerant({"default": 1.0}, high=1000))) == {"d_01.csv": [1, 2, 3]}
    strict = tolerant({}, high=1000, on_violation="fail")
    assert rows(project, landed(project, strict)) == {"d_01.csv": [1, 2, 3]}


def test_a_key_that_repeats_within_a_file_is_set_aside(project: Project, tolerant: Make) -> None:
    contract = tolerant({"default": 1.0}, id_col="id")
    twice = day(1, {1: 1.5, 2: 1.5}) + b"1,2026-03-01 10:00:00,1,2.5,a\n"
    project.put(twice, "d_01.csv")
    result = landed(project, contract)
    assert rows(project, result) == {"d_01.csv": [2]} and result.manifest.rejected == {"I207": 2}
