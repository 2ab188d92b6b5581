"""From record numbers to physical lines: a slow, exact walk over a delimited file, made only to explain a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ciq.ingest.content.bytescan import BOM
from ciq.ingest.formats.reader import Place

_BLANK = (b"\n", b"\r\n")


@dataclass(frozen=True)
class Record:
    """One record: 0 is the header; ``line`` is the 1-based physical line on which it begins, ``offset`` the byte."""

    number: int
    line: int
    offset: int
    text: bytes


def walk(stream: BinaryIO) -> Iterator[Record]:
    """All records in order. Blank lines between records hold no record and are passed over, but counted as lines."""
    number, begun, offset, end, parts = 0, 0, 0, 0, list[bytes]()
    inside = False
    for line, text in enumerate(stream, start=1):
        start, end = end, end + len(text)
        if line == 1:
            text = text.removeprefix(BOM)
        if not inside:
            if text in _BLANK:
                continue
            begun, offset = line, start
        parts.append(text)
        inside ^= bool(text.count(b'"') & 1)
        if not inside:
            yield Record(number, begun, offset, b"".join(parts))
            number += 1
            parts.clear()
    if parts:
        yield Record(number, begun, offset, b"".join(parts))


def values(record: bytes, delimiter: str) -> tuple[str, ...]:
    """The fields of one well-quoted record as text."""
    fields: list[str] = []
    pieces: list[str] = []
    inside = False
    for piece in record.decode("utf-8").rstrip("\r\n").split(delimiter):
        pieces.append(piece)
        inside ^= bool(piece.count('"') % 2)
        if not inside:
            field = delimiter.join(pieces)
            fields.append(field[1:-1].replace('""', '"') if field.startswith('"') else field)
            pieces.clear()
    return tuple(fields)


def places(stream: BinaryIO, delimiter: str, wanted: Sequence[int]) -> dict[int, Place]:
    """The places of the 1-based data records ``wanted``."""
    missing = set(wanted)
    found = dict[int, Place]()
    for record in walk(stream):
        if record.number in missing:
            found[record.number] = Place(record.line, values(record.text, delimiter), record.offset)
            missing.remove(record.number)
            if not missing:
                break
    return found


def malformed(stream: BinaryIO, delimiter: str, columns: int) -> Iterator[tuple[int, int]]:
    """The line and the field count of each record that has other than ``columns`` fields."""
    separator = delimiter.encode()
    for record in walk(stream):
        plain = b'"' not in record.text
        fields = record.text.count(separator) + 1 if plain else len(values(record.text, delimiter))
        if fields != columns:
            yield record.line, fields
