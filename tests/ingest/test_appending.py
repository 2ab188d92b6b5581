"""Appended files: each one a part of its own, read once, kept when it leaves data/raw."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from small_project import Project

from ciq.contract import Contract
from ciq.errors import DataRefused
from ciq.ingest import ingest, waiting

TYPES = {"id": "int64", "seen": "datetime", "treated": "int8", "x": "float64", "g": "category"}
HEADER = "id,seen,treated,x,g\n"


@pytest.fixture
def contract(make: Callable[..., Contract]) -> Contract:
    return make(source={"mode": "append"}, constraints={"ranges": {"x": (0, 100)}}, types=TYPES, time_col="seen")


def day(number: int, *ids: int, x: float = 1.5) -> bytes:
    rows = (f"{unit},2026-03-{number:02} 10:00:00,{unit % 2},{x},a\n" for unit in ids)
    return (HEADER + "".join(rows)).encode()


def counted(project: Project) -> list[tuple[int, float]]:
    """The rows of the parts that the manifest counts, as the models read them."""
    (manifest,) = project.root.glob("data/staged/d/*/manifest.json")
    query = """
        SELECT id, x FROM read_parquet($parts)
        WHERE _source IN (SELECT unnest(sources).sha256 FROM read_json($manifest)) ORDER BY ALL
    """
    parts = {"parts": str(manifest.parent / "*.parquet"), "manifest": str(manifest)}
    return duckdb.execute(query, parts).fetchall()


def parts(project: Project) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in project.root.glob("data/staged/d/*/*.parquet")}


def test_a_new_file_is_a_part_beside_the_earlier_ones(project: Project, contract: Contract) -> None:
    project.put(day(2, 1, 2), "d_02.csv")
    first = ingest(project.root, {"d": contract}, "d").manifest
    before = parts(project)
    project.put(day(1, 3), "d_01.csv")
    second = ingest(project.root, {"d": contract}, "d").manifest
    assert counted(project) == [(1, 1.5), (2, 1.5), (3, 1.5)]
    assert before.items() <= parts(project).items()
    assert (first.rows, second.rows) == (2, 3)
    assert (first.begins, second.begins) == ("2026-03-02T10:00:00+00:00", "2026-03-01T10:00:00+00:00")
    assert first.ends == second.ends == "2026-03-02T10:00:00+00:00"
    assert [source.path for source in second.sources] == ["data/raw/d_01.csv", "data/raw/d_02.csv"]


def test_a_file_that_left_keeps_its_rows_and_a_renamed_one_counts_once(project: Project, contract: Contract) -> None:
    archived = project.put(day(1, 1), "d_01.csv")
    moved = project.put(day(2, 2), "d_02.csv")
    ingest(project.root, {"d": contract}, "d")
    archived.unlink()
    moved.rename(moved.with_name("d_2.csv"))
    landed = ingest(project.root, {"d": contract}, "d").manifest
    assert [source.path for source in landed.sources] == ["data/raw/d_01.csv", "data/raw/d_2.csv"]
    assert counted(project) == [(1, 1.5), (2, 1.5)]
    moved.with_name("d_2.csv").unlink()
    assert ingest(project.root, {"d": contract}, "d").changed is False
    assert waiting(project.root, {"d": contract}, "d") is False


def test_a_changed_file_replaces_its_part(project: Project, contract: Contract) -> None:
    project.put(day(1, 1, 2), "d_01.csv")
    ingest(project.root, {"d": contract}, "d")
    project.put(day(1, 1, x=7.0), "d_01.csv")
    assert waiting(project.root, {"d": contract}, "d")
    ingest(project.root, {"d": contract}, "d")
    assert counted(project) == [(1, 7.0)]
    ingest(project.root, {"d": contract}, "d")
    assert len(parts(project)) == 1


def test_a_file_that_is_compressed_later_counts_once(project: Project, contract: Contract) -> None:
    plain = project.put(day(1, 1, 2), "d_01.csv")
    project.put(day(2, 3), "d_02.csv")
    ingest(project.root, {"d": contract}, "d")
    plain.unlink()
    project.put(gzip.compress(day(1, 1, 2)), "d_01.csv.gz")
    landed = ingest(project.root, {"d": contract}, "d").manifest
    assert [source.path for source in landed.sources] == ["data/raw/d_01.csv.gz", "data/raw/d_02.csv"]
    assert counted(project) == [(1, 1.5), (2, 1.5), (3, 1.5)]


def test_one_bad_file_lands_none(project: Project, contract: Contract) -> None:
    project.put(day(1, 1), "d_01.csv")
    ingest(project.root, {"d": contract}, "d")
    before = project.staged()
    project.put(day(2, 2, x=-1), "d_02.csv")
    project.put(day(3, 3), "d_03.csv")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": contract}, "d")
    assert [(problem.rule, str(problem.path), problem.line) for problem in refused.value.problems] == [
        ("I202", "data/raw/d_02.csv", 2)
    ]
    assert project.staged() == before


def test_a_part_that_no_manifest_counts_is_removed(project: Project, contract: Contract) -> None:
    project.put(day(1, 1), "d_01.csv")
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    stray = (project.root / manifest.parquet).with_name("0" * 64 + ".parquet")
    stray.write_bytes(b"left by a killed run")
    ingest(project.root, {"d": contract}, "d")
    assert not stray.exists()


def test_another_type_is_read_into_parts_of_its_own(
    project: Project, contract: Contract, make: Callable[..., Contract]
) -> None:
    project.put(day(1, 1), "d_01.csv")
    before = ingest(project.root, {"d": contract}, "d").manifest
    wider = make(source={"mode": "append"}, types=TYPES | {"id": "string"}, time_col="seen")
    after = ingest(project.root, {"d": wider}, "d").manifest
    assert before.parquet != after.parquet
    assert any(project.root.glob(before.parquet))


def test_a_file_that_left_is_asked_for_when_it_has_to_be_read_anew(
    project: Project, contract: Contract, make: Callable[..., Contract]
) -> None:
    archived = project.put(day(1, 1), "d_01.csv")
    project.put(day(2, 2), "d_02.csv")
    ingest(project.root, {"d": contract}, "d")
    archived.unlink()
    before = project.staged()
    wider = make(source={"mode": "append"}, types=TYPES | {"id": "string"}, time_col="seen")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": wider}, "d")
    assert [(problem.rule, str(problem.path)) for problem in refused.value.problems] == [("F160", "data/raw/d_01.csv")]
    assert project.staged() == before


def test_a_part_that_was_lost_is_read_again_or_asked_for(project: Project, contract: Contract) -> None:
    archived = project.put(day(1, 1), "d_01.csv")
    project.put(day(2, 2), "d_02.csv")
    ingest(project.root, {"d": contract}, "d")
    for part in parts(project):
        part.unlink()
    ingest(project.root, {"d": contract}, "d")
    assert counted(project) == [(1, 1.5), (2, 1.5)]
    for part in parts(project):
        part.unlink()
    archived.unlink()
    with pytest.raises(DataRefused, match="F160"):
        ingest(project.root, {"d": contract}, "d")


def test_without_any_file_ever_there_is_nothing_to_land(project: Project, contract: Contract) -> None:
    with pytest.raises(DataRefused, match="F123"):
        ingest(project.root, {"d": contract}, "d")
