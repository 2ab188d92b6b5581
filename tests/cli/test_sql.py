"""``ciq sql``: rows on stdout or in a file, causes on stderr, exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from whole_project import Project

TEXTS = ("table", "csv", "json")
QUERY = "SELECT i, name, x FROM lake.t ORDER BY i"


@pytest.fixture
def lake(project: Project) -> Project:
    folder = project.root / "data" / "processed"
    folder.mkdir(parents=True)
    with duckdb.connect() as memory:
        rows = memory.sql("SELECT i, 'n' || i AS name, CASE WHEN i = 1 THEN 'nan'::DOUBLE END AS x FROM range(3) r(i)")
        rows.write_parquet(str(folder / "t.parquet"))
    (project.root / "router.yml").write_text("relations: {lake.t: data/processed/t.parquet}\n")
    return project


def test_a_table_on_stdout(lake: Project) -> None:
    said = lake.ciq("sql", "SELECT i, name FROM lake.t ORDER BY i")
    assert (said.code, said.out, said.err) == (0, "i  name\n-  ----\n0  n0\n1  n1\n2  n2\n", "")


def test_json_has_one_object_a_line(lake: Project) -> None:
    lines = lake.ciq("sql", QUERY, "--format", "json").out.splitlines()
    assert [json.loads(line) for line in lines][1] == {"i": 1, "name": "n1", "x": None}


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_a_file_is_written_whole(lake: Project, form: str) -> None:
    target = lake.root / "out"
    assert lake.ciq("sql", QUERY, "--format", form, "--limit", "2", "--output", str(target)).code == 0
    if form == "csv":
        assert target.read_text().splitlines() == ['"i","name","x"', '0,"n0",', '1,"n1",nan']
    else:
        table = pq.read_table(target) if form == "parquet" else pa.ipc.open_stream(target.read_bytes()).read_all()
        assert table.column("i").to_pylist() == [0, 1]


ODD = """SELECT '\\x00\\xFF'::BLOB AS b, INTERVAL 1 MONTH AS v, [1, NULL] AS l, {'a': 'nan'::DOUBLE, 'd': 1.50} AS s,
    '20000-01-01'::DATE AS d, NULL AS n, '' AS e FROM range(1)"""


def test_odd_values_are_written_as_texts(lake: Project) -> None:
    said = lake.ciq("sql", ODD, "--format", "csv")
    assert (said.code, said.out.splitlines()[1]) == (
        0,
        r'''"\x00ff","1 mon","[1, null]","{""a"": null, ""d"": ""1.5""}",20000-01-01,,""''',
    )
    assert json.loads(lake.ciq("sql", ODD, "--format", "json").out) == {
        "b": r"\x00ff",
        "v": "1 mon",
        "l": [1, None],
        "s": {"a": None, "d": "1.5"},
        "d": "20000-01-01",
        "n": None,
        "e": "",
    }
    target = lake.root / "out"
    assert lake.ciq("sql", ODD, "--format", "parquet", "--output", str(target)).code == 0
    assert pq.read_table(target).column("v").to_pylist() == ["1 mon"]
    assert r'\x00ff  1 mon  [1, null]  {"a": null, "d": "1.5"}  20000-01-01' in lake.ciq("sql", ODD).out


@pytest.mark.parametrize(
    ("statement", "form"),
    [
        *(("SELECT 'infinity'::DATE AS d FROM range(1)", form) for form in TEXTS),
        *(("SELECT '24:00:00'::TIME AS t FROM range(1)", form) for form in TEXTS),
        ("SELECT i AS a, name AS a FROM lake.t", "json"),
        ("SELECT union_value(num := 2) AS u FROM range(1)", "parquet"),
    ],
)
def test_what_a_format_can_not_hold_is_refused(lake: Project, statement: str, form: str) -> None:
    said = lake.ciq("sql", statement, "--format", form, "--output", str(lake.root / "out"))
    assert (said.code, said.err[:4]) == (2, "R614")
    assert not (lake.root / "out").exists()


def test_a_pipe_is_written_to_and_not_replaced(lake: Project) -> None:
    pipe = lake.root / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert lake.ciq("sql", "SELECT i FROM lake.t WHERE i = 2", "--format", "csv", "--output", str(pipe)).code == 0
        assert os.read(reader, 100) == b'"i"\n2\n'
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_refused_statement_leaves_no_file(lake: Project) -> None:
    said = lake.ciq("sql", "SELECT nothing FROM lake.t", "--output", str(lake.root / "out"))
    assert said.code == 1
    assert "R609" in said.err
    assert not [path for path in lake.root.iterdir() if path.name.endswith("out")]


@pytest.mark.parametrize(
    ("arguments", "code", "rule"),
    [
        (["DELETE FROM api.t"], 2, "R601"),
        (["DELETE FROM api.t", "--write"], 2, "R602"),
        (["SELECT 1; SELECT 2"], 2, "R603"),
        (["SELECT version()", "--engine", "pg"], 3, "P501"),
        ([], 2, ""),
        (["tune", "--explain-route"], 2, "no route"),
    ],
)
def test_exit_codes(lake: Project, arguments: list[str], code: int, rule: str) -> None:
    said = lake.ciq("sql", *arguments)
    assert said.code == code
    assert rule in said.err
    assert "Traceback" not in said.err


def test_the_route_is_explained(lake: Project, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("-- engine:duckdb\nSELECT i FROM lake.t")
    said = lake.ciq("sql", "--file", str(tmp_path / "q.sql"), "--explain-route")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "engine: duckdb (hint)"
    assert lake.ciq("sql", "VACUUM", "--explain-route").code == 2
