"""Excel workbooks: which sheet, what a cell says, and what would have been an empty cell to a reader of values."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import duckdb
import openpyxl
import pytest

from ciq.errors import LimitExceeded
from ciq.ingest import check, ingest

NAMES = ("id", "treated", "x", "g")
ROWS = [(1, 0, 1.5, "a"), (2, 1, None, "b")]


def book(*rows, title="data", names=NAMES):
    made = openpyxl.Workbook()
    made.active.title = title
    for row in (names, *rows):
        made.active.append(row)
    return made


def put(project, made, edit=lambda name, content: content):
    stream, edited = io.BytesIO(), io.BytesIO()
    made.save(stream)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(edited, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member, edit(member.filename, source.read(member)))
    return project.put(edited.getvalue(), "d.xlsx")


def said(path, contract):
    return [(problem.rule, problem.line) for problem in check(path, contract).problems]


def test_a_sheet(project, make):
    assert said(put(project, book(*ROWS)), make()) == []


def test_the_only_visible_sheet_or_the_one_named(project, make):
    made = book(*ROWS)
    notes = made.create_sheet("notes")
    notes.append(["what"])
    assert said(put(project, made), make()) == [("F139", None)]
    assert said(put(project, made), make(source={"sheet": "data"})) == []
    assert said(put(project, made), make(source={"sheet": "Data"})) == [("F139", None)]
    notes.sheet_state = "hidden"
    assert said(put(project, made), make()) == []


@pytest.mark.parametrize(
    ("kind", "value", "lands"),
    [
        ("string", 42, "42"),
        ("string", 0.1, "0.1"),
        ("string", True, "true"),
        ("string", "=a", "=a"),
        ("string", time(10, 30), "10:30:00"),
        ("string", 12345678901, "12345678901"),
        ("float64", 1e60, "1e+60"),
        ("bool", False, "false"),
        ("date", date(2024, 2, 29), "2024-02-29"),
        ("datetime", datetime(2024, 2, 29, 23, 59, 59), "2024-02-29 23:59:59"),
        ("datetime", date(2024, 2, 29), "2024-02-29 00:00:00"),
    ],
)
def test_what_a_cell_becomes(kind, value, lands, project, make):
    made = book((1, 0, value, "a"))
    if isinstance(value, str):
        made.active["C2"].data_type = "s"
    put(project, made)
    contract = make(types={"id": "int64", "treated": "int8", "x": kind, "g": "category"})
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    with duckdb.connect() as con:
        query = "SELECT x::VARCHAR FROM read_parquet($1)"
        assert con.execute(query, [str(project.root / manifest.parquet)]).fetchall() == [(lands,)]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("#N/A", "F140"),
        ("=1+1", "F141"),
        ("1,5", "I203"),
        (" 1", "I203"),
        (True, "I203"),
        (timedelta(days=2), "I203"),
        (datetime(2024, 1, 1), "I203"),
    ],
)
def test_a_cell_that_has_no_value_of_its_type(value, rule, project, make):
    made = book((1, 0, 1.5, "a"), (2, 1, value, "b"))
    if value == "#N/A":
        made.active["C3"].data_type = "e"
    assert said(put(project, made), make()) == [(rule, 3)]


def test_a_formula_with_its_value(project, make):
    def computed(name, content):
        return content.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
        )

    assert said(put(project, book((1, 0, "=1+1", "a")), computed), make()) == []


@pytest.mark.parametrize(
    ("names", "rows", "expected"),
    [
        (NAMES, [], [("F111", None)]),
        ((), [], [("F111", None)]),
        (("id", "treated", "x", "g", "x"), [(1, 0, 1, "a", 1)], [("F108", 1)]),
        (("id", "treated", None, "g"), [(1, 0, 1, "a")], [("F109", 1)]),
        (NAMES, [(1, 0, 1, "a", "note")], [("F109", 1)]),
        (NAMES, [ROWS[0], (None,) * 4, ROWS[1]], [("F142", 3)]),
        (NAMES, [ROWS[0], (None, "", None, None)], []),
        (("id", "treated", "x", "h"), ROWS, [("F106", None), ("F107", None)]),
    ],
)
def test_the_shape_of_the_table(names, rows, expected, project, make):
    assert said(put(project, book(*rows, names=names)), make()) == expected


def test_a_table_that_begins_further_down_is_not_searched(project, make):
    made = book()
    made.active.delete_rows(1)
    for at, row in enumerate([NAMES, *ROWS], start=3):
        for column, value in enumerate(row, start=1):
            made.active.cell(at, column, value)
    assert said(put(project, made), make()) == [("F142", 1)]


def test_damage(project, make):
    path = put(project, book(*ROWS))
    whole = path.read_bytes()
    for content in (whole[:-30], whole[: len(whole) // 2], b"PK\x03\x04" + b"\0" * 50):
        path.write_bytes(content)
        assert [rule for rule, _ in said(path, make())] == ["F138"]
    at = whole.index(b"sheet1.xml") + 60
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    assert [rule for rule, _ in said(path, make())] == ["F138"]


def test_a_bomb_and_a_sheet_without_end(project, make):
    filler = b" " * 3_000_000
    path = put(project, book(*ROWS), lambda name, content: content + filler if name.endswith("sheet1.xml") else content)
    with pytest.raises(LimitExceeded):
        check(path, make())
    far = book(*ROWS)
    far.active["XFD1048576"] = 1
    with pytest.raises(LimitExceeded):
        check(put(project, far), make())
