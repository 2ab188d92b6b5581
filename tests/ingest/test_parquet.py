"""Parquet in: by name, lossless widening, strict casts through text, and what has no text."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from ciq.errors import DataRefused
from ciq.ingest import check, ingest


class Periods(pa.ExtensionType):
    """As pandas keeps its periods."""

    def __init__(self):
        super().__init__(pa.int64(), "pandas.period")

    def __arrow_ext_serialize__(self):
        return b'{"freq": "M"}'


PERIODS = pa.ExtensionArray.from_storage(Periods(), pa.array([672]))
_JULIAN = 2_440_588
"""The day 1970-01-01, as such timestamps count."""
SAME = {"id": "1::BIGINT", "treated": "1::TINYINT", "x": "1.5::DOUBLE", "g": "'a'"}


def put(project, **columns):
    select = ", ".join(f'{value} AS "{name}"' for name, value in {**SAME, **columns}.items())
    path = project.raw / "d.parquet"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'Asia/Tokyo'")
        con.sql(f"SELECT {select}").write_parquet(str(path))
    return path


@pytest.mark.parametrize(
    ("kind", "value", "lands"),
    [
        ("float64", "0.1::FLOAT", "0.10000000149011612"),
        ("float64", "7::INTEGER", "7.0"),
        ("float64", "1.25::DECIMAL(9, 2)", "1.25"),
        ("float64", "'1e3'", "1000.0"),
        ("float64", "''", None),
        ("int16", "7::UTINYINT", "7"),
        ("int16", "7::BIGINT", "7"),
        ("int16", "42.0::DOUBLE", "42"),
        ("int8", "true", "1"),
        ("string", "'a'::ENUM('a', 'b')", "a"),
        ("string", "12::BIGINT", "12"),
        ("date", "DATE '2024-02-29'", "2024-02-29"),
        ("datetime", "TIMESTAMP '2024-01-01 10:00:00.5'", "2024-01-01 01:00:00.5"),
        ("datetime", "TIMESTAMP_NS '2024-01-01 10:00:00.5'", "2024-01-01 01:00:00.5"),
        ("datetime", "TIMESTAMPTZ '2024-01-01 10:00:00+02'", "2024-01-01 08:00:00"),
        ("datetime", "DATE '2024-01-01'", "2023-12-31 15:00:00"),
    ],
)
def test_what_is_taken(kind, value, lands, project, make):
    put(project, x=value)
    contract = make(
        types={"id": "int64", "treated": "int8", "x": kind, "g": "category"}, source={"timezone": "Asia/Tokyo"}
    )
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    with duckdb.connect() as con:
        query = "SELECT x::VARCHAR FROM read_parquet($1)"
        assert con.execute(query, [str(project.root / manifest.parquet)]).fetchall() == [(lands,)]


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        ("int16", "70000::BIGINT", "I203"),
        ("int16", "42.5::DOUBLE", "I203"),
        ("float64", "'nan'::DOUBLE", "I203"),
        ("float32", "1e300::DOUBLE", "I203"),
        ("float64", "'inf'::FLOAT", "I203"),
        ("bool", "2::INTEGER", "I203"),
        ("date", "TIMESTAMP '2024-01-01 10:00:00'", "I203"),
        ("datetime", "TIMESTAMP_NS '2024-01-01 10:00:00.123456789'", "I203"),
        ("datetime", "'infinity'::TIMESTAMP", "I203"),
        ("float64", "[1.5]", "F121"),
        ("string", "{'a': 1}", "F121"),
        ("string", "MAP {'a': 1}", "F121"),
        ("string", "'a'::BLOB", "F121"),
    ],
)
def test_what_is_refused(kind, value, rule, project, make):
    path = put(project, x=value)
    contract = make(types={"id": "int64", "treated": "int8", "x": kind, "g": "category"})
    (problem,) = check(path, contract).problems
    assert problem.rule == rule and problem.line is None
    if rule == "I203":
        assert "in row 1" in problem.message


def test_names_are_judged(project, make):
    path = put(project, future_y="1", extra="[1]")
    rules = [problem.rule for problem in check(path, make(leakage_forbidden_cols=("future_*",))).problems]
    assert rules == ["F110", "F107"]
    assert check(put(project, extra="[1]"), make(extra_columns="drop")).ok


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        (("id", "treated", "x", "g", "x"), ["F108"]),
        (("id", "treated", "x", "g", "X"), ["F108"]),
        (("X", "id", "treated", "x", "g"), ["F108"]),
        (("id", "treated", "x", "g", ""), ["F109"]),
        (("id", "treated", "x", "g", "\u00c9", "\u00e9", "ss", "\u00df"), []),
        (("id", "treated", "x", "g", "file_row_number", "filename"), []),
    ],
)
def test_names_are_those_of_the_file(names, rules, project, make):
    """And not those that the engine gives to what repeats, also in another case, or has no name."""
    values = {"id": [1, 2], "treated": [0, 1], "x": [1.5, 200.0], "g": ["a", "b"]}
    arrays = [pa.array(values.get(name, [8, 9])) for name in names]
    parquet.write_table(pa.Table.from_arrays(arrays, names), project.raw / "d.parquet")
    contract = make(extra_columns="drop")
    assert [problem.rule for problem in check(project.raw / "d.parquet", contract).problems] == rules
    bounded = make(extra_columns="drop", constraints={"ranges": {"x": (0, 100)}})
    said = [problem.message for problem in check(project.raw / "d.parquet", bounded).problems]
    assert rules or said == ["x '200.0' is out of range in row 2: expected 0 .. 100"]


def test_a_column_that_is_dropped_is_not_read_to_say_what_is_wrong(project, make):
    offsets = pa.array(range(3), pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xff" * 2)])
    table = pa.table({"id": [1, 2], "treated": [0, 2], "x": [1.5, 2.5], "g": ["a", "b"], "note": broken})
    parquet.write_table(table, project.raw / "d.parquet")
    (problem,) = check(project.raw / "d.parquet", make(extra_columns="drop")).problems
    assert problem.rule == "I206" and "in row 2" in problem.message


def test_no_rows(project, make):
    with duckdb.connect() as con:
        con.sql("SELECT 1 AS id, 0 AS treated, 1.5 AS x, 'a' AS g LIMIT 0").write_parquet(
            str(project.raw / "d.parquet")
        )
    assert [problem.rule for problem in check(project.raw / "d.parquet", make()).problems] == ["F111"]


@pytest.mark.parametrize("cut", [5, 200, -1, -5, -30])
def test_a_damaged_file(cut, project, make):
    path = put(project)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    assert [problem.rule for problem in refused.value.problems] == ["F120"]


def test_flipped_bytes_are_refused_or_harmless(project, make):
    content = put(project).read_bytes()
    for at in range(4, len(content), 7):
        path = project.raw / "d.parquet"
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        check(path, make())


@pytest.mark.parametrize(
    ("kind", "array", "rule"),
    [
        ("string", pa.array([Decimal(10**40)], pa.decimal256(45)), "F121"),
        ("float64", pa.array([Decimal("1.25")], pa.decimal128(38, 2)), None),
        ("datetime", pa.array([1_001], pa.timestamp("ns", "UTC")), "F121"),
        ("datetime", pa.array([-1_000, None], pa.timestamp("ns", "UTC"))[:1], None),
        ("string", pa.array([1], pa.time64("ns")), "F121"),
        ("string", pa.array([1_000], pa.time64("ns")), None),
        ("int64", pa.array([1], pa.duration("us")), "F121"),
        ("int64", PERIODS, "F121"),
    ],
)
def test_what_the_engine_would_read_less_exactly(kind, array, rule, project, make):
    columns = {"id": [1], "treated": [0], "x": array, "g": ["a"]}
    parquet.write_table(pa.table(columns), project.raw / "d.parquet")
    contract = make(types={"id": "int64", "treated": "int8", "x": kind, "g": "category"})
    assert [problem.rule for problem in check(project.raw / "d.parquet", contract).problems] == [rule] * bool(rule)
    dropped = make(
        types={"id": "int64", "treated": "int8", "g": "category"}, covariate_cols=("g",), extra_columns="drop"
    )
    assert check(project.raw / "d.parquet", dropped).ok


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        (datetime(2024, 1, 1, 10, 0, 0, 5), None),
        (datetime(1900, 1, 1, 10, 0, 0, 5), None),
        (datetime(9999, 12, 31, 10, 0, 0, 5), None),
        (1_001, "F121"),
        (-999, "F121"),
    ],
)
def test_the_nanoseconds_of_old_timestamps(time, rule, project, make):
    nanoseconds = time if isinstance(time, int) else (time - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000
    days, rest = divmod(nanoseconds, 86_400 * 10**9)
    columns = {"id": [1, 2], "treated": [0, 1], "g": ["a", "b"]}
    there = pa.array([0, None], pa.timestamp("ns"))
    parquet.write_table(
        pa.table({**columns, "x": there}),
        project.raw / "d.parquet",
        use_deprecated_int96_timestamps=True,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
    )
    content = (project.raw / "d.parquet").read_bytes()
    epoch = (0).to_bytes(8, "little") + (_JULIAN).to_bytes(4, "little")
    assert content.count(epoch) == 1
    project.put(
        content.replace(epoch, rest.to_bytes(8, "little") + (_JULIAN + days).to_bytes(4, "little")), "d.parquet"
    )
    contract = make(types={"id": "int64", "treated": "int8", "x": "datetime", "g": "category"})
    assert [problem.rule for problem in check(project.raw / "d.parquet", contract).problems] == [rule] * bool(rule)
