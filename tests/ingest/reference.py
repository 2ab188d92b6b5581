"""A slow reader in plain Python: what a file says, or nothing where it says nothing clear."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
TYPES = {
    "id": "int64",
    "treated": "int8",
    "x": "float64",
    "g": "category",
    "ok": "bool",
    "day": "date",
    "at": "datetime",
}
_DAY = r"[1-9]\d{3}-\d\d-\d\d"


class Unclear(Exception):
    """The file has no reading."""


def read(path: Path) -> list[Row]:
    """The typed rows of a CSV or JSON Lines file. Raises Unclear or what Python's own readers raise."""
    data = path.read_bytes()
    packed = {".gz": gzip.decompress, ".bz2": bz2.decompress}.get(path.suffix)
    text = (packed(data) if packed else data).decode("utf-8-sig")
    records = _objects(text) if ".jsonl" in path.name else _records(text)
    return [tuple(_CASTS[TYPES[name]](record[name]) for name in TYPES) for record in records]


def _records(text: str) -> Iterator[dict[str, Any]]:
    rows = (row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row)
    names = next(rows)
    if sorted(names) != sorted(TYPES):
        raise Unclear
    for row in rows:
        if len(row) != len(names):
            raise Unclear
        yield {name: cell or None for name, cell in zip(names, row, strict=True)}


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for line in text.split("\n"):
        if line.strip(" \t\r"):
            pairs = json.loads(line, object_pairs_hook=list, parse_int=str, parse_float=str)
            if not isinstance(pairs, list) or sorted(name for name, _ in pairs) != sorted(TYPES):
                raise Unclear
            yield {name: None if value == "" else value for name, value in pairs}


def _cast(pattern: str, value: Callable[[str], Any]) -> Callable[[Any], Any]:
    def cast(text: Any) -> Any:
        if text is None:
            return None
        text = str(text).lower() if isinstance(text, bool) else text
        if not isinstance(text, str) or not re.fullmatch(pattern, text, re.ASCII | re.DOTALL):
            raise Unclear
        return value(text)

    return cast


def _whole(low: int, high: int) -> Callable[[str], int]:
    def value(text: str) -> int:
        number = int(text.partition(".")[0])
        if not low <= number <= high:
            raise Unclear
        return number

    return value


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or (re.fullmatch(r"[+-]?\d+", text) and int(text) != number):
        raise Unclear
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})0+", r"\1", text))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


_CASTS: dict[str, Callable[[Any], Any]] = {
    "int64": _cast(r"[+-]?\d+(\.0+)?", _whole(-(2**63), 2**63 - 1)),
    "int8": _cast(r"[+-]?\d+(\.0+)?", _whole(0, 1)),
    "float64": _cast(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", _float),
    "category": _cast(r".*", str),
    "bool": _cast(r"(?i:true|false)|0|1", lambda text: text.lower() in ("true", "1")),
    "date": _cast(_DAY, date.fromisoformat),
    "datetime": _cast(rf"{_DAY}([ T]\d\d:\d\d(:\d\d(\.\d{{1,6}}0*)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?", _moment),
}
