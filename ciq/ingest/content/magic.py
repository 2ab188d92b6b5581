"""What the first bytes of a file say it is."""

from __future__ import annotations

PARQUET, ZIP, ARROW, FEATHER_1 = b"PAR1", b"PK\x03\x04", b"ARROW1", b"FEA1"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LONGEST = 16
"""As many bytes as any kind needs to be told."""

_KINDS: dict[bytes, str] = {
    PARQUET: "a Parquet file",
    b"PARE": "an encrypted Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"\xfd7zXZ\x00": "an xz file",
    ZIP: "a zip file (or xlsx)",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF-": "a PDF file",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Office file",
    ARROW: "an Arrow or Feather file",
    FEATHER_1: "a Feather file of version 1",
    b"SQLite format 3\x00": "an SQLite file",
    b"\x7fELF": "a program",
    **dict.fromkeys(UTF_16, "UTF-16 text"),
}


def kind_of(start: bytes) -> str | None:
    """What a file that begins with ``start`` is, if it is one of the kinds known here; None may be text."""
    return next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), None)
