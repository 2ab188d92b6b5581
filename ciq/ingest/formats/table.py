"""The table of formats: what a file must be called, how it must begin, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ciq.contract.model import Contract
from ciq.errors import DataRefused, LimitExceeded, Problem
from ciq.ingest.content import magic
from ciq.ingest.content.compression import COMPRESSIONS, Compression
from ciq.ingest.content.raw import Raw
from ciq.ingest.formats import feather, workbook
from ciq.ingest.formats.columnar import Parquet
from ciq.ingest.formats.delimited import Delimited
from ciq.ingest.formats.jsonlines import JsonLines
from ciq.ingest.formats.masking import Masking
from ciq.ingest.formats.reader import Reader


@dataclass(frozen=True)
class Format:
    """``magic`` begins each file of a binary format, text has none; ``convert`` is as in :class:`Raw`."""

    name: str
    reader: Reader
    magic: bytes | None = None
    convert: Callable[[Raw, Path, Path], None] | None = None


FORMATS: dict[str, Format] = {
    ".csv": Format("CSV", Delimited(",")),
    ".tsv": Format("TSV", Delimited("\t")),
    ".jsonl": Format("JSON Lines", JsonLines()),
    ".ndjson": Format("JSON Lines", JsonLines()),
    ".xlsx": Format("Excel", workbook.Worksheet(), magic.ZIP, workbook.to_parquet),
    ".parquet": Format("Parquet", Parquet(), magic.PARQUET),
    ".feather": Format("Feather", Parquet(), magic.ARROW, feather.to_parquet),
}
"""Formats by lower-case extension; each may be followed by one of COMPRESSIONS."""


def recognised(path: Path, contract: Contract, aside: Path) -> tuple[Raw, Reader]:
    """The file as the format that its extension names, what is unpacked of it to go into ``aside``.

    Raises DataRefused for an unknown extension, an empty or unreadable file, or content that begins as something else,
    and LimitExceeded for a file above the contract's size.
    """
    known, compression = _named(path)
    start, size = _start(path)
    if not start:
        raise DataRefused(Problem("F104", "the file is empty", path))
    limit = contract.source.limits.max_bytes
    if size > limit:
        message = f"the file has {size} bytes, the limit is {limit}"
        raise LimitExceeded(Problem("F105", message, path, help="raise source.limits.max_bytes"))
    encoding = None if known.magic else contract.source.encoding
    raw = Raw(path, contract.source, aside, compression, encoding, known.convert)
    if compression:
        if not start.startswith(compression.magic):
            raise _otherwise(path, start)
        with closing(raw.unpacked()) as blocks:
            start = next(blocks, b"")[: magic.LONGEST]
        if not start:
            raise DataRefused(Problem("F104", "the file is empty once decompressed", path))
    if not _begins(start, known, contract.source.encoding):
        raise _otherwise(path, start)
    personal = any(note.pii for note in contract.columns.values())
    return raw, Masking(known.reader) if personal else known.reader


def _named(path: Path) -> tuple[Format, Compression | None]:
    *_, inner, outer = ("", "", *(suffix.lower() for suffix in path.suffixes))
    compression = COMPRESSIONS.get(outer)
    known = FORMATS.get(inner if compression else outer)
    if known is None:
        names = f"{', '.join(FORMATS)}, each also with {' or '.join(COMPRESSIONS)}"
        suffix = f"{inner}{outer}" if compression else path.suffix
        raise DataRefused(Problem("F101", f"files called {suffix or 'so'!r} are not read", path, help=f"use {names}"))
    return known, compression


def _start(path: Path) -> tuple[bytes, int]:
    try:
        with path.open("rb") as stream:
            return stream.read(magic.LONGEST), path.stat().st_size
    except OSError as error:
        raise DataRefused(Problem("F103", f"the file can't be read: {error.strerror}", path)) from error


def _begins(start: bytes, known: Format, encoding: str) -> bool:
    if known.magic:
        return start.startswith(known.magic)
    return magic.kind_of(start) is None or (encoding.startswith("utf-16") and start.startswith(magic.UTF_16))


def _otherwise(path: Path, start: bytes) -> DataRefused:
    found = magic.kind_of(start) or "something else"
    help_ = "give the file the extension of what it is"
    if start.startswith(magic.UTF_16):
        help_ = "set source.encoding: utf-16, or save the file as UTF-8"
    if start.startswith(magic.FEATHER_1):
        help_ = "write it as Feather version 2"
    suffix = "".join(path.suffixes[-2:]) if path.suffix.lower() in COMPRESSIONS else path.suffix
    return DataRefused(Problem("F102", f"called {suffix}, but it begins as {found}", path, help=help_))
