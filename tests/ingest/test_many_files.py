"""Many files: together or not at all, and those that are staged already are not read again."""

from __future__ import annotations

import gzip

import duckdb
import pytest
from small_project import GOOD

from ciq.errors import DataRefused, LimitExceeded
from ciq.ingest import ingest, reading

H = b"id,treated,x,g\n"


def put(project, day, rows=50):
    body = b"".join(b"%d,%d,%d.5,a\n" % (1000 * day + at, at % 2, at) for at in range(rows))
    return project.put(H + body, f"d_{day:02}.csv")


def rows(project, manifest):
    with duckdb.connect() as con:
        query = "SELECT * FROM read_parquet($1)"
        return con.execute(query, [str(project.root / manifest.parquet)]).fetchall()


@pytest.fixture
def read(monkeypatch):
    """The names of the files that were cast."""
    names = list[str]()
    cast = reading._cast

    def noted(con, contract, file, target, tick):
        names.append(file.opened.path.name)
        return cast(con, contract, file, target, tick)

    monkeypatch.setattr(reading, "_cast", noted)
    return names


def test_only_new_files_are_read(read, project, make):
    contracts = {"d": make()}
    for day in range(1, 6):
        put(project, day)
        ingest(project.root, contracts, "d")
    assert read == [f"d_{day:02}.csv" for day in range(1, 6)]
    step = ingest(project.root, contracts, "d").manifest
    read.clear()
    for path in project.root.glob("data/staged/d/*"):
        path.unlink()
    whole = ingest(project.root, contracts, "d").manifest
    assert sorted(read) == [f"d_{day:02}.csv" for day in range(1, 6)]
    assert whole == step and len(rows(project, whole)) == 250
    assert [row[-3:] for row in rows(project, whole)] == [
        (whole.sources[file].sha256, file, at) for file in range(5) for at in range(1, 51)
    ]


def test_an_edited_removed_or_renamed_file(read, project, make):
    contracts = {"d": make()}
    for day in range(1, 4):
        put(project, day)
    ingest(project.root, contracts, "d")
    read.clear()
    (project.raw / "d_01.csv").rename(project.raw / "d_09.csv")
    manifest = ingest(project.root, contracts, "d").manifest
    assert read == [] and [source.path[-8:-4] for source in manifest.sources] == ["d_02", "d_03", "d_09"]
    assert [row[0] for row in rows(project, manifest)][::50] == [2000, 3000, 1000]
    put(project, 3, rows=20)
    (project.raw / "d_02.csv").unlink()
    manifest = ingest(project.root, contracts, "d").manifest
    assert read == ["d_03.csv"] and manifest.rows == 70


def test_the_same_size_is_not_the_same_file(read, project, make):
    path = project.put(GOOD)
    ingest(project.root, {"d": make()}, "d")
    path.write_bytes(GOOD.replace(b"2.5", b"7.5"))
    assert rows(project, ingest(project.root, {"d": make()}, "d").manifest)[1][2] == 7.5
    assert read == ["d.csv", "d.csv"]


def test_another_reading_reads_all_again(read, project, make):
    for day in range(1, 4):
        put(project, day)
    ingest(project.root, {"d": make()}, "d")
    ingest(project.root, {"d": make(source={"null_values": ("", "NA")})}, "d")
    assert len(read) == 6


def test_kept_rows_are_judged_again(project, make):
    put(project, 1)
    ingest(project.root, {"d": make()}, "d")
    put(project, 2)
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make(constraints={"ranges": {"x": (0, 20)}})}, "d")
    first = refused.value.problems[0]
    assert (first.rule, str(first.path), first.line) == ("I202", "data/raw/d_01.csv", 22)
    project.put(H + b"1003,0,1,a\n", "d_03.csv")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    assert "first on line 5 of d_01.csv" in refused.value.problems[0].message


def test_all_refused_files_are_named_and_nothing_lands(project, make):
    for day in range(1, 9):
        put(project, day)
    for day in (3, 5, 8):
        project.put(H + b"1,2\n", f"d_{day:02}.csv")
    project.put(gzip.compress(H)[:-2], "d_99.csv.gz")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    found = {(problem.rule, problem.path.name) for problem in refused.value.problems}
    assert found == {("F112", "d_03.csv"), ("F112", "d_05.csv"), ("F112", "d_08.csv"), ("F131", "d_99.csv.gz")}
    assert project.staged() == {}


def test_a_limit_ends_all(project, make):
    for day in range(1, 9):
        put(project, day)
    with pytest.raises(LimitExceeded):
        ingest(project.root, {"d": make(source={"limits": {"max_rows": 49}})}, "d")
    assert project.staged() == {}
