"""Every format in every compression and encoding lands what the plain CSV lands: rows, types and content."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet
from small_project import Project

from ciq.ingest import ingest

TYPES = {
    "id": "int64", "treated": "int8", "small": "int16", "x": "float64", "narrow": "float32", "g": "category",
    "s": "string", "flag": "bool", "day": "date", "at": "datetime",
}  # fmt: skip
NAMES = tuple(TYPES)
_TEXTS = [None, "plain", "with,comma", 'a "quoted" one', "日本語 é", " blanks ", "tab\tbed", "=1+1", "null", "007"]
ROWS = [
    (
        at + 1, at % 2, at * 37 - 32_000, None if at % 7 == 3 else at / 8 - 3, at / 4, "ab"[at % 2],
        _TEXTS[at % len(_TEXTS)], None if at % 11 == 5 else at % 3 == 0, date(2024, 2, 1 + at % 29),
        datetime(2024, 3, 1 + at % 28, at % 24, at % 60, at % 60, 250_000 * (at % 4)),
    )
    for at in range(300)
]  # fmt: skip


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def delimited(delimiter: str) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(NAMES)
    writer.writerows([text(value) for value in row] for row in ROWS)
    return stream.getvalue().encode()


def json_lines() -> bytes:
    def value(cell: Any) -> Any:
        return text(cell) if isinstance(cell, (date, datetime)) else cell

    lines = (dict(zip(NAMES, map(value, row), strict=True)) for row in ROWS)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(NAMES)
    for number, row in enumerate(ROWS, start=2):
        book.active.append(row)
        for cell in book.active[number]:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def table() -> pa.Table:
    kinds = [pa.int64(), pa.int8(), pa.int16(), pa.float64(), pa.float32(), pa.dictionary(pa.int32(), pa.string()),
             pa.string(), pa.bool_(), pa.date32(), pa.timestamp("ms")]  # fmt: skip
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*ROWS, strict=True), kinds, strict=True)]
    return pa.Table.from_arrays(arrays, NAMES)


def columnar(write: Callable[..., None], **options: Any) -> bytes:
    stream = io.BytesIO()
    write(table(), stream, **options)
    return stream.getvalue()


FORMATS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: delimited(","),
    "tsv": lambda: delimited("\t"),
    "jsonl": json_lines,
    "ndjson": json_lines,
    "xlsx": workbook,
    "parquet": lambda: columnar(parquet.write_table),
    "feather": lambda: columnar(feather.write_feather, chunksize=64),
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {"": lambda data: data, ".gz": gzip.compress, ".bz2": bz2.compress}


def landed(project: Project, contract: Any) -> tuple[list[dict[str, Any]], pa.Schema, str]:
    """Rows, types and the sha256 of all declared columns and row numbers, as one Arrow stream."""
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    content = project.table(manifest, "* EXCLUDE (_source)").to_arrow_table().combine_chunks()
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, content.schema) as writer:
        writer.write_table(content)
    return content.to_pylist(), content.schema, hashlib.sha256(stream.getvalue()).hexdigest()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_in_every_compression(name, compression, plain, project, make):
    contract = make(types=TYPES)
    if not plain:
        first = Project(project.root / "first")
        first.put(FORMATS["csv"]())
        plain["csv"] = landed(first, contract)
        expected = [dict(zip((*NAMES, "_file", "_row"), (*row, 0, at), strict=True)) for at, row in enumerate(ROWS, 1)]
        assert plain["csv"][0] == expected
    project.put(COMPRESSIONS[compression](FORMATS[name]()), f"d.{name}{compression}")
    assert landed(project, contract) == plain["csv"]


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "shift_jis", "euc_jp"]
)
@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_every_encoding(name, encoding, compression, project, make):
    content = FORMATS[name]().decode().replace("é", "表")  # whose second byte in cp932 is a backslash
    project.put(content.encode(), f"d.{name}")
    expected = landed(project, make(types=TYPES))
    for path in project.raw.iterdir():
        path.unlink()
    project.put(COMPRESSIONS[compression](content.encode(encoding)), f"d.{name}{compression}")
    assert landed(project, make(types=TYPES, source={"encoding": encoding})) == expected


def test_a_decimal_is_as_good_as_its_text(project, make):
    content = pa.table({"id": [1], "treated": [0], "x": [Decimal("1.25")], "g": ["a"]})
    feather.write_feather(content, project.raw / "d.feather")
    assert landed(project, make())[0][0]["x"] == 1.25
