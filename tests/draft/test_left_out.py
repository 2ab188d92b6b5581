"""A draft says which columns it leaves out, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from drafted_files import drafted, write
from pyarrow import parquet

from ciq.draft import draft
from ciq.errors import DataRefused
from ciq.ingest import check


def test_a_refusal_says_which_columns_were_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, [["treated", " x"], *([str(at % 2), str(at)] for at in range(20))])
    with pytest.raises(DataRefused) as refused:
        draft(path)
    assert [problem.message for problem in refused.value.problems] == [
        "no column is left as a covariate",
        "a column is left out: ` x` begins or ends with white space, which SQLMesh leaves out of names",
    ]


def test_columns_that_can_t_be_named_are_left_out_and_said(tmp_path: Path) -> None:
    rows = [[str(at), str(at % 2), str(at % 3), "v"] for at in range(8)]
    file = write(tmp_path, [["id", "treated", "_x", "age"], *rows])
    with pytest.raises(DataRefused):
        draft(file)
    file = write(tmp_path, [["id", "treated", "_x", "x"], *([*row[:3], row[0]] for row in rows)])
    contract = drafted(file)
    assert (set(contract.types), contract.extra_columns) == ({"id", "treated", "x"}, "drop")
    assert "`_x` begins with an underscore" in draft(file)
    assert check(file, contract).ok


def test_columns_whose_values_have_no_text_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "nested.parquet"
    nested = {"tags": [["a"], []] * 10, "raw": [b"a", b"b"] * 10, "took": pa.array(range(20), pa.duration("us"))}
    parquet.write_table(pa.table({"treated": [0, 1] * 10, "x": range(20), **nested}), path)
    contract = drafted(path)
    text = path.with_name("drafted.yaml").read_text(encoding="utf-8")
    assert "# left out: 'tags' is VARCHAR[], whose values have no text form" in text
    assert "# left out: 'took' is duration[us], whose values have no text form" in text
    assert "# left out: 'raw' is BLOB, whose values have no text form" in text
    assert list(contract.types) == ["treated", "x"] and check(path, contract).ok


def test_nested_values_of_json_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "nested.jsonl"
    lines = [{"treated": at % 2, "x": at, "tags": ["a"], "late": {"a": 1} if at == 9 else None} for at in range(20)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    contract = drafted(path)
    text = path.with_name("drafted.yaml").read_text(encoding="utf-8")
    assert "# left out: 'tags' is nested, whose values have no text form" in text
    assert "# left out: 'late' is nested, whose values have no text form" in text
    assert list(contract.types) == ["treated", "x"] and check(path, contract).ok


@pytest.mark.parametrize("header", ["", "a\x01b", ","])
def test_a_file_without_a_name_that_can_be_written_has_no_draft(tmp_path: Path, header: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(f"{header}\n1\n")
    with pytest.raises(DataRefused) as refused:
        draft(path)
    assert [problem.rule for problem in refused.value.problems] == ["E433"]
