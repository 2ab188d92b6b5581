"""`source.non_finite`: NaN and infinity refuse a file, or count as missing where the contract says so."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from ciq.ingest import check, ingest

WORDS = ["nan", "NaN", "-nan", "inf", "+Inf", "-Infinity", "INFINITY"]
NOT_WORDS = ["nano", "infinit", "in f", "1e400", "--inf", "NA"]
MISSING = {"non_finite": "missing"}


def landed(project, contract):
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    return [value for (value,) in project.rows(manifest, "x")]


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("quote", ['"', ""])
def test_words_of_text_files(kind, quote, project, make):
    types = {"id": "int64", "treated": "int8", "x": kind, "g": "category"}
    lines = [f"{at},0,{quote}{word}{quote},nan" for at, word in enumerate([*WORDS, "1.5"])]
    path = project.put("\n".join(["id,treated,x,g", *lines]).encode())
    refused = check(path, make(types=types)).problems
    assert [problem.line for problem in refused] == list(range(2, 2 + len(WORDS)))
    contract = make(types=types, source=MISSING)
    assert landed(project, contract) == [None] * len(WORDS) + [1.5]
    (absent, *_) = check(path, make(types=types, source=MISSING, constraints={"not_null": ("x",)})).problems
    assert absent.rule == "I201"


@pytest.mark.parametrize("word", NOT_WORDS)
def test_other_words_are_refused_all_the_same(word, project, make):
    (problem,) = check(project.put(f"id,treated,x,g\n1,0,{word},a\n".encode()), make(source=MISSING)).problems
    assert problem.rule == "I203"


def test_words_are_missing_among_floats_alone(project, make):
    (problem,) = check(project.put(b"id,treated,x,g\nnan,0,1,a\n"), make(source=MISSING)).problems
    assert (problem.rule, problem.line) == ("I203", 2)
    project.put(b"id,treated,x,g\n1,0,1,nan\n2,0,1,inf\n")
    manifest = ingest(project.root, {"d": make(source=MISSING)}, "d").manifest
    assert project.rows(manifest, "g") == [("nan",), ("inf",)]


@pytest.mark.parametrize("name", ["d.parquet", "d.feather"])
@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.string()])
def test_values_of_typed_files(name, kind, project, make):
    cells = ["nan", "inf", "-inf", "1.5", None]
    x = pa.array(cells, kind) if kind == pa.string() else pa.array([cell and float(cell) for cell in cells], kind)
    table = pa.table({"id": list(range(5)), "treated": [0, 1, 0, 1, 0], "x": x, "g": list("aabba")})
    write = parquet.write_table if name.endswith("parquet") else feather.write_feather
    write(table, project.raw / name)
    assert {problem.rule for problem in check(project.raw / name, make()).problems} == {"I203"}
    assert landed(project, make(source=MISSING)) == [None, None, None, 1.5, None]
