"""Feather: what Arrow holds lands as Parquet's own, or is refused."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from ciq.ingest import check, ingest

SAME = {"id": [1], "treated": [0], "x": [1.5], "g": ["a"]}


def put(project, **columns):
    path = project.raw / "d.feather"
    feather.write_feather(pa.table({**SAME, **columns}), path)
    return path


def landed(project, contract):
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    return parquet.read_table(project.root / manifest.parquet)["x"].to_pylist()


@pytest.mark.parametrize(
    ("kind", "array", "lands"),
    [
        ("float64", pa.array([7], pa.int32()), "7.0"),
        ("float64", pa.array([0.5], pa.float16()), "0.5"),
        ("int64", pa.array([2**63 - 1], pa.uint64()), str(2**63 - 1)),
        ("string", pa.array(["é"], pa.large_string()), "é"),
        ("string", pa.array(["a"]).dictionary_encode(), "a"),
        ("date", pa.array([86_400_000], pa.int64()).cast(pa.date64()), "1970-01-02"),
        ("datetime", pa.array([1], pa.timestamp("s", "Asia/Tokyo")), "1970-01-01 00:00:01"),
        ("datetime", pa.array([1_000], pa.timestamp("ns")), "1970-01-01 00:00:00.000001"),
    ],
)
def test_what_is_taken(kind, array, lands, project, make):
    put(project, x=array)
    contract = make(types={"id": "int64", "treated": "int8", "x": kind, "g": "category"})
    assert [str(value) for value in landed(project, contract)] == [lands]


@pytest.mark.parametrize(
    ("kind", "array", "rule"),
    [
        ("int64", pa.array([2**63], pa.uint64()), "I203"),
        ("datetime", pa.array([1], pa.timestamp("ns")), "I203"),
        ("int64", pa.array([1], pa.duration("s")), "F121"),
        ("string", pa.array([10**45], pa.decimal256(50, 2)), "F121"),
        ("int64", pd.Series(pd.period_range("2026-01", periods=1, freq="M")), "F121"),
        ("string", pa.array([[1]]), "F121"),
        ("string", pa.array([b"a"]), "F121"),
        ("date", pa.Array.from_buffers(pa.date64(), 1, [None, pa.py_buffer((5).to_bytes(8, "little"))]), "F143"),
    ],
)
def test_what_is_refused(kind, array, rule, project, make):
    contract = make(types={"id": "int64", "treated": "int8", "x": kind, "g": "category"})
    assert [problem.rule for problem in check(put(project, x=array), contract).problems] == [rule]


def test_what_has_no_text_can_be_dropped(project, make):
    big = pa.array([None], pa.decimal256(50, 2))
    put(project, note=pa.array([1], pa.duration("s")), big=big, month=pd.Series(pd.period_range("2026-01", periods=1)))
    assert check(project.raw / "d.feather", make(extra_columns="drop")).ok


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["b", "a", "unused"])])
@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_the_categories_of_polars(kind, compression, project, make):
    values = [None if at % 7 == 3 else "ab"[at % 2] for at in range(1000)]
    frame = pl.DataFrame({"id": range(1000), "treated": [0, 1] * 500, "x": values, "g": "a"})
    chunks = [frame[:300], frame[300:]]
    path = project.raw / "d.feather"
    pl.concat(chunks, rechunk=False).with_columns(pl.col("x").cast(kind)).write_ipc(path, compression=compression)
    contract = make(types={"id": "int64", "treated": "int8", "x": "category", "g": "category"})
    assert landed(project, contract) == values


def test_damage(project, make):
    path = put(project)
    whole = path.read_bytes()
    for at in range(8, len(whole), 11):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        check(path, make())
    for cut in (7, 100, len(whole) - 5):
        path.write_bytes(whole[:cut])
        assert [problem.rule for problem in check(path, make()).problems] == ["F143"]
    path.write_bytes(b"FEA1" + whole)
    assert [problem.rule for problem in check(path, make()).problems] == ["F102"]
