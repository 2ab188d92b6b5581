"""Each guard refuses its file by rule, with the line where there is one, and leaves staged data as it was."""

from __future__ import annotations

import pytest
from small_project import GOOD

from ciq.errors import CiqError, DataRefused, LimitExceeded
from ciq.ingest import check, ingest

H = b"id,treated,x,g\n"
CASES = {
    "extension": ("d.txt", GOOD, [("F101", None)]),
    "no extension": ("d_", GOOD, [("F101", None)]),
    "parquet called csv": ("d.csv", b"PAR1" + GOOD, [("F102", None)]),
    "gzip called csv": ("d.csv", b"\x1f\x8b\x08\x00" + GOOD, [("F102", None)]),
    "png called tsv": ("d.tsv", b"\x89PNG\r\n\x1a\n" + GOOD, [("F102", None)]),
    "csv called parquet": ("d.parquet", GOOD, [("F102", None)]),
    "utf-16": ("d.csv", GOOD.decode().encode("utf-16"), [("F102", None)]),
    "empty": ("d.csv", b"", [("F104", None)]),
    "only a BOM": ("d.csv", b"\xef\xbb\xbf", [("F109", 1), *[("F106", 1)] * 4]),
    "header only": ("d.csv", H, [("F111", None)]),
    "header only, no line end": ("d.csv", H.strip(), [("F111", None)]),
    "header and blanks": ("d.csv", H + b"\n\n", [("F111", None)]),
    "missing column": ("d.csv", b"id,treated,x\n1,0,1\n", [("F106", 1)]),
    "other case": ("d.csv", b"ID,treated,x,g\n1,0,1,a\n", [("F106", 1), ("F107", 1)]),
    "extra column": ("d.csv", b"id,treated,x,g,h\n1,0,1,a,2\n", [("F107", 1)]),
    "repeated column": ("d.csv", b"id,treated,x,g,x\n1,0,1,a,2\n", [("F108", 1)]),
    "carriage returns alone": ("d.csv", GOOD.replace(b"\n", b"\r"), [("F118", 1)]),
    "nameless column": ("d.csv", b"id,treated,x,g,\n1,0,1,a,2\n", [("F109", 1)]),
    "blank first line": ("d.csv", b"\n" + GOOD, [("F109", 1), *[("F106", 1)] * 4]),
    "forbidden column": ("d.csv", b"id,treated,x,g,Future_y\n1,0,1,a,2\n", [("F110", 1)]),
    "short record": ("d.csv", H + b"1,0,1,a\n2,1,2\n", [("F112", 3)]),
    "long record": ("d.csv", H + b"1,0,1,a\n2,1,2,b,9\n", [("F112", 3)]),
    "one delimiter too many": ("d.csv", H + b"1,0,1,a\n2,1,2,b,\n", [("F112", 3)]),
    "one delimiter too many at the end": ("d.csv", H + b"1,0,1,a\n2,1,2,b,", [("F112", 3)]),
    "one too many after a quoted value": ("d.csv", H + b'1,0,1,"a,\nb"\n2,1,2,"b",\n', [("F112", 4)]),
    "one too many, CRLF": ("d.csv", b"id,treated,x,g\r\n1,0,1,a,\r\n", [("F112", 2)]),
    "one too few and one too many": ("d.csv", H + b"1,0,1\n2,1,2,b,\n", [("F112", 2), ("F112", 3)]),
    "blanks line": ("d.csv", H + b"1,0,1,a\n  \n", [("F112", 3)]),
    "unclosed quote": ("d.csv", H + b'1,0,1,a\n2,1,2,"b\n', [("F113", 3)]),
    "stray quote": ("d.csv", H + b'1,0,1,a"b\n', [("F113", 2)]),
    "two stray quotes": ("d.csv", H + b'1,0,1,a""\n', [("F113", 2)]),
    "blank before a quote": ("d.csv", H + b'1,0,1,a\n1,0,1, "b"\n', [("F113", 3)]),
    "blank after a quote": ("d.csv", H + b'1,0,"1" ,a\n', [("F113", 2)]),
    "text after a quote": ("d.csv", H + b'1,0,1,"b"x\n', [("F113", 2)]),
    "NUL": ("d.csv", H + b"1,0,1,a\n2,1,2,\0\n", [("F114", 3)]),
    "latin-1": ("d.csv", H + "1,0,1,é\n".encode("latin-1"), [("F115", 2)]),
    "cut character": ("d.csv", H + "1,0,1,é".encode()[:-1], [("F115", 2)]),
    "latin-1 header": ("d.csv", "id,é\n".encode("latin-1"), [("F115", 1)]),
    "replacement character": ("d.csv", H + "1,0,1,\ufffd\n".encode(), [("F116", 2)]),
    "mixed line ends": ("d.csv", H + b"1,0,1,a\r\n", [("F118", 2)]),
    "mixed line ends, CRLF first": ("d.csv", b"id,treated,x,g\r\n1,0,1,a\n", [("F118", 2)]),
    "lone CR": ("d.csv", H + b"1,0,1,a\rb\n", [("F118", 2)]),
    "CR line ends": ("d.csv", GOOD.replace(b"\n", b"\r"), [("F106", 1), ("F106", 1), ("F106", 1)]),
    "torn parquet": ("d.parquet", b"PAR1" + b"\0" * 60 + b"PAR1", [("F120", None)]),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_by_rule_and_staged_data_stay(name, project, make):
    file, content, expected = CASES[name]
    contract = make(leakage_forbidden_cols=("future_*",), extra_columns="forbid")
    good = project.put(GOOD)
    ingest(project.root, {"d": contract}, "d")
    before = project.staged()
    good.unlink()
    path = project.put(content, file)
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": contract}, "d")
    problems = refused.value.problems
    if name == "CR line ends":
        assert problems
    else:
        assert [(problem.rule, problem.line) for problem in problems] == expected
    assert all(str(problem.path) == f"data/raw/{file}" for problem in problems)
    assert project.staged() == before
    assert [problem.rule for problem in check(path, contract).problems] == [problem.rule for problem in problems]


@pytest.mark.parametrize(
    ("limits", "content", "rule"),
    [
        ({"max_bytes": 20}, GOOD, "F105"),
        ({"max_rows": 2}, GOOD, "F105"),
        ({"max_line": 16}, GOOD + b"4,1,1.000000000000,a\n", "F117"),
        ({"max_line": 16}, GOOD + b"4,1,1.0000000000000", "F117"),
        ({"max_line": 10}, GOOD, "F117"),
        ({"max_line": 600_000}, GOOD + b"4,1,1," + b"a" * 3_000_000, "F117"),
    ],
)
def test_limits(limits, content, rule, project, make):
    contract = make(source={"limits": limits})
    project.put(content)
    with pytest.raises(LimitExceeded) as reached:
        ingest(project.root, {"d": contract}, "d")
    assert [problem.rule for problem in reached.value.problems] == [rule]
    assert project.staged() == {}


def test_a_refused_first_ingest_leaves_no_folder(project, make):
    project.put(b"")
    with pytest.raises(DataRefused):
        ingest(project.root, {"d": make()}, "d")
    assert not (project.root / "data" / "staged" / "d").exists()


def test_all_bad_files_are_told_at_once(project, make):
    project.put(b"id\n1\n", "d_1.csv")
    project.put(b"", "d_2.csv")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    assert {str(problem.path) for problem in refused.value.problems} == {"data/raw/d_1.csv", "data/raw/d_2.csv"}


def test_a_file_that_changes_while_it_is_read(project, make):
    path = project.put(GOOD)

    def append(done, total):
        with path.open("ab") as stream:
            stream.write(b"9,1,1,a\n")

    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d", progress=append)
    assert [problem.rule for problem in refused.value.problems] == ["F126"]
    assert project.staged() == {}


@pytest.mark.parametrize("suffix", ["[1].csv", "*.csv", "?.csv", "'; drop.csv", " a b.csv"])
def test_odd_file_names(suffix, project, make):
    project.put(GOOD, f"d_{suffix}")
    assert ingest(project.root, {"d": make()}, "d").manifest.rows == 3


def test_a_reading_error_is_never_a_traceback(project, make):
    path = project.put(GOOD)
    path.chmod(0)
    try:
        result = check(path, make())
        assert result.ok or result.problems[0].rule == "F103"
    except CiqError as error:
        pytest.fail(str(error))
