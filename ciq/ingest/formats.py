"""The table of formats: what a file must be called, how it must begin, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ciq.contract.model import Contract
from ciq.errors import DataRefused, LimitExceeded, Problem
from ciq.ingest.columnar import Parquet
from ciq.ingest.delimited import Delimited
from ciq.ingest.reader import Reader

_PARQUET = b"PAR1"
_BINARY: dict[bytes, str] = {
    _PARQUET: "a Parquet file",
    b"PARE": "an encrypted Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"\xfd7zXZ\x00": "an xz file",
    b"PK\x03\x04": "a zip file (or xlsx)",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF-": "a PDF file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"ARROW1": "an Arrow or Feather file",
    b"FEA1": "a Feather file",
    b"SQLite format 3\x00": "an SQLite file",
    b"\x7fELF": "a program",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


@dataclass(frozen=True)
class Format:
    """``begins`` says whether the first bytes of a file can be this format's."""

    name: str
    begins: Callable[[bytes], bool]
    reader: Reader


def _is_text(start: bytes) -> bool:
    return _seems(start) is None


def _is_parquet(start: bytes) -> bool:
    return start.startswith(_PARQUET)


FORMATS: dict[str, Format] = {
    ".csv": Format("CSV", _is_text, Delimited(",")),
    ".tsv": Format("TSV", _is_text, Delimited("\t")),
    ".parquet": Format("Parquet", _is_parquet, Parquet()),
}
"""Formats by lower-case extension."""


def format_of(path: Path, contract: Contract) -> Format:
    """The format that the extension names.

    Raises DataRefused for an unknown one, an empty or unreadable file, or content that begins as something else, and
    LimitExceeded for a file above the contract's size.
    """
    known = FORMATS.get(path.suffix.lower())
    if known is None:
        names = ", ".join(FORMATS)
        raise DataRefused(
            Problem("F101", f"files called {path.suffix or 'so'!r} are not read", path, help=f"use {names}")
        )
    try:
        with path.open("rb") as stream:
            start = stream.read(16)
        size = path.stat().st_size
    except OSError as error:
        raise DataRefused(Problem("F103", f"the file can't be read: {error.strerror}", path)) from error
    if not start:
        raise DataRefused(Problem("F104", "the file is empty", path))
    if not known.begins(start):
        found = _seems(start) or "something else"
        message = f"called {path.suffix}, but it begins as {found}"
        raise DataRefused(Problem("F102", message, path, help="give the file the extension of what it is"))
    limit = contract.source.limits.max_bytes
    if size > limit:
        message = f"the file has {size} bytes, the limit is {limit}"
        raise LimitExceeded(Problem("F105", message, path, help="raise source.limits.max_bytes"))
    return known


def _seems(start: bytes) -> str | None:
    return next((name for magic, name in _BINARY.items() if start.startswith(magic)), None)
