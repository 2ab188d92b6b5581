"""Text in its declared encoding as UTF-8: strictly, or refused with the byte and what the text may be instead."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ciq.errors import DataRefused, Problem

_LIKELY = ("utf-8", "cp932", "cp1252")
_SAMPLE = 1 << 16


def is_utf8(encoding: str) -> bool:
    """Whether text in ``encoding`` can be read as it is; a byte order mark is no text."""
    return encoding in ("utf-8", "utf-8-sig")


def recoded(blocks: Iterator[bytes], encoding: str, path: Path) -> Iterator[bytes]:
    """``blocks`` of text in ``encoding`` as UTF-8. Raises DataRefused at the first byte that is none of it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    read = lines = 0
    for block in blocks:
        if read == 0 and encoding == "utf-16" and not block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            help_ = "name the byte order: set source.encoding to utf-16-le or utf-16-be"
            raise DataRefused(Problem("F115", "no byte order mark begins the UTF-16 text", path, 1, help=help_))
        read += len(block)
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            raise _garbled(error, encoding, path, read, lines) from error
        lines += text.count("\n")
        if text:
            yield text.encode()
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _garbled(error, encoding, path, read, lines) from error


def hint(sample: bytes, refused: str) -> str:
    """What a text that is not ``refused`` may be in, as a next step."""
    fits = [name for name in _LIKELY if name != refused and _decodes(sample, name)]
    return f"it may be {' or '.join(fits)}: set source.encoding, or save the file as UTF-8" if fits else _PLAIN_HELP


_PLAIN_HELP = "save the file as UTF-8"


def _garbled(error: UnicodeDecodeError, encoding: str, path: Path, read: int, lines: int) -> DataRefused:
    """The decoder's word; what it decoded ends where the bytes ``read`` so far end."""
    text, at = error.object, error.start
    line = lines + 1 + text[:at].decode(encoding, "ignore").count("\n")
    message = f"not {encoding}: byte {text[at]:#04x} at byte {read - len(text) + at}"
    return DataRefused(Problem("F115", message, path, line, help=hint(text, encoding)))


def _decodes(sample: bytes, encoding: str) -> bool:
    """Whether the sample could be in ``encoding``; where it ends, a character may be cut."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample[:_SAMPLE])
    except UnicodeDecodeError:
        return False
    return True
