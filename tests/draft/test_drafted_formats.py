"""Files of other formats than CSV are drafted, too."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from drafted_files import drafted
from pyarrow import parquet

from ciq.contract import load
from ciq.draft import draft
from ciq.errors import DataRefused
from ciq.ingest import check


def test_one_sheet_of_several_is_drafted_by_its_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, shift in (("2026年10月", 0), ("more", 50)):
        sheet = book.create_sheet(name)
        for row in [["coupon", "age", "sales"], *([at % 2, shift + at, at / 2] for at in range(8))]:
            sheet.append(row)
    file = tmp_path / "visits.xlsx"
    book.save(file)
    with pytest.raises(DataRefused) as refused:
        draft(file)
    assert [problem.rule for problem in refused.value.problems] == ["F139"]
    path = tmp_path / "visits.yaml"
    path.write_text(draft(file, sheet="2026年10月"))
    drafted = load(path)
    assert drafted.source.sheet == "2026年10月"
    assert drafted.constraints.ranges["age"] == (0, 7)
    assert check(file, drafted).problems == ()


def test_parquet_and_another_delimiter(tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    duckdb.sql(
        "SELECT i AS id, i % 2 AS treated, i / 3.0::DOUBLE AS x, DATE '2026-01-01' + i::INT AS day FROM range(50) t(i)"
    ).write_parquet(str(file))
    contract = drafted(file)
    assert contract.types == {"id": "int8", "treated": "int8", "x": "float64", "day": "date"}
    assert check(file, contract).ok
    semicolons = tmp_path / "e.csv"
    semicolons.write_text("id;treated;x\n1;0;a\n2;1;a\n3;0;b\n4;1;b\n")
    contract = drafted(semicolons)
    assert (contract.source.delimiter, len(contract.types)) == (";", 3)
    assert check(semicolons, contract).ok


@pytest.mark.parametrize("column", [[0.5, 1.25, 7.0], [0.0, 1.0, 2.0]])
def test_nan_in_a_column_of_floats(tmp_path: Path, column: list[float]) -> None:
    cells = [float("nan"), *column * 10]
    units = list(range(len(cells)))
    table = pa.table({"id": units, "treated": [unit % 2 for unit in units], "x": cells, "word": ["nan", *["b"] * 30]})
    parquet.write_table(table, tmp_path / "d.parquet")
    contract = drafted(tmp_path / "d.parquet")
    assert (contract.source.non_finite, contract.source.null_values) == ("missing", ("",))
    assert contract.constraints.categories["word"] == ("b", "nan")
    assert check(tmp_path / "d.parquet", contract).ok


def test_json_lines_in_gzip_whose_strings_are_no_numbers(tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl.gz"
    lines = [{"id": at, "treated": at % 2, "code": str(at), "x": at / 2, "ok": at > 3} for at in range(9)]
    file.write_bytes(gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode()))
    contract = drafted(file)
    assert contract.types == {"id": "int8", "treated": "int8", "code": "string", "x": "float32", "ok": "bool"}
    assert (contract.name, check(file, contract).problems) == ("d", ())
