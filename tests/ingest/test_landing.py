"""Versions: what makes a new one, what takes up an old one, and what a killed run leaves."""

from __future__ import annotations

import threading

import duckdb
import pytest
from small_project import GOOD

from ciq.contract.model import Clean, Deduplicate
from ciq.errors import DataRefused
from ciq.ingest import current, ingest, waiting

OTHER = GOOD + b"4,0,4.5,b\n"


def rows(project, landed):
    return project.rows(landed.manifest)


def test_what_lands(project, make):
    project.put(GOOD)
    landed = ingest(project.root, {"d": make()}, "d")
    sha = landed.manifest.sources[0].sha256
    assert landed.changed
    assert rows(project, landed) == [
        (1, 0, 1.5, "a", sha, 0, 1),
        (2, 1, 2.5, "b", sha, 0, 2),
        (3, 1, None, "a", sha, 0, 3),
    ]
    with duckdb.connect() as con:
        kinds = con.execute(f"DESCRIBE FROM '{project.root / landed.manifest.parquet}'").fetchall()
    assert [(name, kind) for name, kind, *_ in kinds] == [
        ("id", "BIGINT"),
        ("treated", "TINYINT"),
        ("x", "DOUBLE"),
        ("g", "VARCHAR"),
    ]
    assert current(project.root, "d") == landed.manifest
    assert set(project.staged()) == {
        "d/manifest.json",
        f"d/{landed.manifest.version}.json",
        f"d/{landed.manifest.version}.parquet",
    }


def test_columns_are_read_by_name(project, make):
    project.put(b"g,x,treated,id\na,1.5,0,1\n")
    assert rows(project, ingest(project.root, {"d": make()}, "d"))[0][:4] == (1, 0, 1.5, "a")


def test_files_of_several_orders_and_formats(project, make):
    project.put(b"id,treated,x,g\n1,0,1.5,a\n2,0,1.5,a\n", "d_1.csv")
    project.put(b"g\tx\ttreated\tid\nb\t2.5\t1\t3\n", "d_2.tsv")
    with duckdb.connect() as con:
        con.sql("SELECT 'c' AS g, 4::SMALLINT AS id, true AS treated, 0.5::FLOAT AS x").write_parquet(
            str(project.raw / "d_3.parquet")
        )
    landed = ingest(project.root, {"d": make()}, "d")
    assert [(row[0], row[1], row[2], row[3], row[5], row[6]) for row in rows(project, landed)] == [
        (1, 0, 1.5, "a", 0, 1),
        (2, 0, 1.5, "a", 0, 2),
        (3, 1, 2.5, "b", 1, 1),
        (4, 1, 0.5, "c", 2, 1),
    ]
    assert [source.rows for source in landed.manifest.sources] == [2, 1, 1]


def test_nothing_new_does_nothing(project, make):
    project.put(GOOD)
    ingest(project.root, {"d": make()}, "d")
    stamps = {path: path.stat().st_mtime_ns for path in project.root.rglob("*")}
    assert not waiting(project.root, {"d": make()}, "d")
    assert not ingest(project.root, {"d": make()}, "d").changed
    assert {path: path.stat().st_mtime_ns for path in project.root.rglob("*")} == stamps


def test_an_old_file_restored_takes_up_its_version(project, make):
    project.put(GOOD)
    first = ingest(project.root, {"d": make()}, "d")
    parquet = project.root / first.manifest.parquet
    inode = parquet.stat().st_ino
    project.put(OTHER)
    assert waiting(project.root, {"d": make()}, "d")
    second = ingest(project.root, {"d": make()}, "d")
    assert second.changed and second.manifest.version != first.manifest.version
    project.put(GOOD)
    third = ingest(project.root, {"d": make()}, "d")
    assert third.changed and third.manifest == first.manifest == current(project.root, "d")
    assert parquet.stat().st_ino == inode


def test_an_edited_range_is_judged_again_without_a_new_parquet(project, make):
    project.put(GOOD)
    first = ingest(project.root, {"d": make()}, "d")
    parquet = project.root / first.manifest.parquet
    stamp = parquet.stat().st_mtime_ns
    wide = make(constraints={"ranges": {"x": (0, 9)}})
    second = ingest(project.root, {"d": wide}, "d")
    assert not second.changed and second.manifest.judged != first.manifest.judged
    assert second.manifest.version == first.manifest.version and parquet.stat().st_mtime_ns == stamp
    before = project.staged()
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make(constraints={"ranges": {"x": (0, 2)}})}, "d")
    assert [(problem.rule, problem.line) for problem in refused.value.problems] == [("I202", 3)]
    assert "'2.5'" in refused.value.problems[0].message
    assert project.staged() == before


@pytest.mark.parametrize(
    "edit",
    [
        {"types": {"id": "int64", "treated": "int8", "x": "float32", "g": "category"}},
        {"source": {"timezone": "Asia/Tokyo"}},
        {"source": {"null_values": ("", "NA")}},
    ],
)
def test_an_edit_that_values_depend_on_is_a_new_version(edit, project, make):
    project.put(GOOD)
    first = ingest(project.root, {"d": make()}, "d")
    second = ingest(project.root, {"d": make(**edit)}, "d")
    assert second.changed and second.manifest.version != first.manifest.version


def test_a_forbidden_glob_is_judged_on_unchanged_files_and_before_dropping(project, make):
    project.put(b"id,treated,x,g,y_post\n1,0,1.5,a,7\n")
    landed = ingest(project.root, {"d": make(extra_columns="drop")}, "d")
    assert landed.manifest.dropped == ("y_post",)
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make(extra_columns="drop", leakage_forbidden_cols=("*_post",))}, "d")
    assert [problem.rule for problem in refused.value.problems] == ["F110"]


def test_leftovers_of_a_killed_run_go(project, make):
    project.put(GOOD)
    left = project.root / "data" / "staged" / "d" / ".aside-0123"
    left.mkdir(parents=True)
    (left / "0.parquet").write_bytes(b"PAR1")
    (left.parent / ".aside-4567").write_bytes(b"{")
    ingest(project.root, {"d": make()}, "d")
    assert not [name for name in project.staged() if ".aside" in name]


def test_two_ingests_at_once(project, make):
    project.put(GOOD)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(ingest(project.root, {"d": make()}, "d"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.changed for result in results) == [False, False, False, True]
    assert all(result.manifest == results[0].manifest for result in results)
    assert current(project.root, "d") == results[0].manifest


def test_mends_are_counted_and_judged_after(project, make):
    clean = Clean(
        sentinels={"x": (-1,)},
        upper=("g",),
        fill={"x": 0},
        unknown_category={"g": "U"},
        deduplicate=Deduplicate(by=("id",)),
    )
    contract = make(
        constraints={"ranges": {"x": (0, 9)}, "categories": {"g": ("A", "B", "U")}, "not_null": ("x",)}, clean=clean
    )
    project.put(b"id,treated,x,g\n1,0,-1,a\n1,1,3,B\n2,0,,q\n")
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    assert manifest.mends == {"x": {"sentinels": 1, "fill": 2}, "g": {"upper": 2, "unknown_category": 1}}


def test_progress_goes_from_little_to_all(project, make):
    project.put(GOOD)
    told = []
    ingest(project.root, {"d": make()}, "d", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2 * len(GOOD), 2 * len(GOOD))
    assert told == sorted(told)


@pytest.mark.parametrize(("name", "content"), [("d.csv", GOOD + b"\0\n"), ("d.jsonl", b"{}\n[]\n")])
def test_no_thread_outlives_a_refusal(name, content, project, make):
    """One that the garbage collector has to end would hang a thread that is being started."""
    path = project.put(content, name)
    before = set(threading.enumerate())
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    assert refused.value.problems[0].path == path.relative_to(project.root)
    assert set(threading.enumerate()) <= before
