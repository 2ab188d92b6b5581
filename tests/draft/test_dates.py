"""Dates and times are drafted as such where all cells have one form that can be read in one way only."""

from __future__ import annotations

from pathlib import Path

import pytest
from drafted_files import drafted, write

from ciq.ingest import check


@pytest.mark.parametrize(
    ("cells", "type_", "form"),
    [
        (["2026/10/01", "2026/9/30", ""], "date", "%Y/%m/%d"),
        (["2026/10/01 9:05:00", "2026/9/30 10:05:00"], "datetime", "%Y/%m/%d %H:%M:%S"),
        (["2026/10/01 09:05", "2026/10/02 10:05"], "datetime", "%Y/%m/%d %H:%M"),
        (["2026.10.01", "NA"], "date", "%Y.%m.%d"),
        (["2026年10月1日", "2026年9月30日"], "date", "%Y年%m月%d日"),
        (["2026/10/01", "2026/13/01"], "category", None),
        (["2026/10/01", "2026/10/01 10:05"], "category", None),
        (["01/10/2026", "13/10/2026"], "category", None),
    ],
)
def test_a_date_with_the_year_in_front_is_one(tmp_path: Path, cells: list[str], type_: str, form: str | None) -> None:
    rows = [[f"{at}", f"{at % 2}", f"{at * 7 % 5}", cells[at % len(cells)]] for at in range(40)]
    file = write(tmp_path, [["id", "t", "x", "when"], *rows])
    contract = drafted(file)
    assert contract.types["when"] == type_
    assert contract.source.datetime_format == ({"when": form} if form else {})
    assert check(file, contract).problems == ()


def test_a_form_that_only_the_first_rows_have_is_none(tmp_path: Path) -> None:
    rows = [[f"{at}", f"{at % 2}", f"{at * 7 % 5}", f"2026/10/{1 + at % 28}"] for at in range(3_000)]
    file = write(tmp_path, [["id", "t", "x", "when"], *rows, ["3000", "1", "0", "soon"]])
    contract = drafted(file)
    assert (contract.types["when"], contract.source.datetime_format) == ("category", {})
    assert check(file, contract).problems == ()


def test_a_form_of_the_first_rows_stays_where_a_later_cell_is_missing(tmp_path: Path) -> None:
    rows = [[f"{at % 2}", f"{at * 7 % 5}", f"2026/10/{1 + at % 28} 9:{at % 60}:00"] for at in range(2_500)]
    file = write(tmp_path, [["t", "x", "when"], *rows, ["1", "0", "NA"]])
    contract = drafted(file)
    assert (contract.types["when"], contract.source.null_values) == ("datetime", ("", "NA"))
    assert contract.source.datetime_format == {"when": "%Y/%m/%d %H:%M:%S"}
    assert check(file, contract).problems == ()


@pytest.mark.parametrize(
    ("offsets", "type_"), [(("", ""), "datetime"), (("+02:00", "Z"), "datetime"), (("", "+02:00"), "category")]
)
def test_times_are_drafted_as_such_in_one_form_only(tmp_path: Path, offsets: tuple[str, str], type_: str) -> None:
    rows = [[str(at % 2), str(at // 2), f"2000-01-0{1 + at // 6} 00:00:00{offsets[at // 6]}"] for at in range(12)]
    file = write(tmp_path, [["treated", "x", "seen"], *rows])
    contract = drafted(file)
    assert contract.types["seen"] == type_
    assert check(file, contract).ok
