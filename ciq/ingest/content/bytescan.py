"""One pass over the bytes of a delimited text: its exact record count, and what must not be in it.

The engine reads some of these in silence: a NUL, a field too many at a line's end, blanks around a quoted value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ciq.contract.model import Limits
from ciq.errors import DataRefused, LimitExceeded, Problem
from ciq.ingest.content.bounds import bound_rows
from ciq.ingest.content.encodings import hint

BOM = b"\xef\xbb\xbf"
_BLANKS = (b"\t", b"\v", b"\f")
_LF, _CR, _SPACE, _QUOTE, _HIDDEN = 10, 13, 32, 34, 120

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class TextScan:
    """``records`` are data records; ``delimiters`` those outside quotes, header included.

    ``multiline`` and ``plain`` are as in :class:`ciq.ingest.formats.reader.Scan`.
    """

    records: int
    delimiters: int
    multiline: bool
    plain: bool


def scan(blocks: Iterator[bytes], path: Path, delimiter: str, limits: Limits) -> TextScan:
    """Guard the UTF-8 text of file ``path``, whose first record is its header.

    Raises DataRefused with the first place of each kind of finding, LimitExceeded as soon as there is a line above
    ``max_line`` bytes, or a record more than ``max_rows``.
    """
    guard = _Guard(path, ord(delimiter), limits.max_line)
    for lines in _whole_lines(blocks, guard):
        guard.read(lines)
        bound_rows(guard.records - 1, path, limits)
    guard.finish()
    return TextScan(guard.records - 1, guard.delimiters, guard.multiline, guard.plain)


def _whole_lines(blocks: Iterator[bytes], guard: _Guard) -> Iterator[bytes]:
    """Each block up to the last line end in it, the rest carried into the next."""
    rest = b""
    for block in blocks:
        head, end, tail = block.rpartition(b"\n")
        if end:
            yield rest + head + end
        rest = tail if end else rest + tail
        guard.bound(len(rest))
    yield rest


class _Guard:
    """The state of the pass: counts over the whole file and the first place of each finding."""

    def __init__(self, path: Path, delimiter: int, max_line: int) -> None:
        self.records = 0
        self.delimiters = 0
        self.multiline = False
        self.plain = True
        self._path = path
        self._delimiter = delimiter
        self._max_line = max_line
        self._blanks = [blank for blank in _BLANKS if ord(blank) != delimiter]
        self._lines = 0
        self._offset = 0
        self._crlf: bool | None = None
        self._inside = False
        self._open = self._open_line = 0
        self._found: dict[str, Problem] = {}

    def bound(self, length: int) -> None:
        """Raise if the next line, ``length`` bytes without its end, is above the limit."""
        if length > self._max_line:
            message = f"a line is longer than {self._max_line} bytes"
            help_ = "raise source.limits.max_line if lines are meant to be that long"
            raise LimitExceeded(Problem("F117", message, self._path, self._lines + 1, help=help_))

    def read(self, text: bytes) -> None:
        """Take the next whole lines; only the file's last line may lack its end."""
        if self._offset == 0 and text.startswith(BOM):
            text = text[len(BOM) :]
            self._offset = len(BOM)
        if not text:
            return
        array = np.frombuffer(text, np.uint8)
        if len(text) > self._max_line:
            self._bound_each(array)
        self._characters(text)
        if self._inside or b'"' in text:
            self.plain = False
            array = self._without_quoted(text, array)
        self.plain = self.plain and self._is_plain(text, array)
        self._structure(text, array)
        self._lines += int(np.count_nonzero(np.frombuffer(text, np.uint8) == _LF))
        self._offset += len(text)

    def finish(self) -> None:
        """Raise DataRefused for all that was found."""
        if self._inside:
            self._note("F113", "a quoted value of the record is not closed before the file's end", self._open_line)
        if self._found:
            raise DataRefused(*self._found.values())

    def _note(self, rule: str, message: str, line: int, help_: str | None = None) -> None:
        self._found.setdefault(rule, Problem(rule, message, self._path, line, help=help_))

    def _line_at(self, text: bytes, position: int) -> int:
        return self._lines + 1 + text.count(b"\n", 0, position)

    def _bound_each(self, array: Bytes) -> None:
        ends = np.append(np.flatnonzero(array == _LF), array.size)
        lengths = np.diff(ends, prepend=-1) - 1
        above = np.flatnonzero(lengths > self._max_line)
        if above.size:
            self._lines += int(above[0])
            self.bound(int(lengths[above[0]]))

    def _characters(self, text: bytes) -> None:
        at = text.find(b"\0")
        if at >= 0:
            self._note("F114", f"a NUL byte at byte {self._offset + at}", self._line_at(text, at))
        if text.isascii():
            return
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"not utf-8: byte {text[error.start]:#04x} at byte {self._offset + error.start}"
            self._note("F115", message, self._line_at(text, error.start), hint(text, "utf-8"))
        at = text.find("\ufffd".encode())
        if at >= 0:
            message = f"U+FFFD, the mark of text lost in an earlier conversion, at byte {self._offset + at}"
            self._note("F116", message, self._line_at(text, at), "export the file again from its source")

    def _is_plain(self, text: bytes, array: Bytes) -> bool:
        """Whether the lines, without the header, hold nothing that the engine takes for part of a number."""
        start = text.find(b"\n") + 1 if self._lines == 0 else 0
        if any(text.find(odd, start) >= 0 for odd in (*self._blanks, b"_")) or (b"+" in text and b"+-" in text):
            return False
        if b" " not in text:
            return True
        spaces = array == _SPACE
        edges = (array == self._delimiter) | (array == _LF) | (array == _CR)
        beside = (spaces[1:] & edges[:-1]).any() or (spaces[:-1] & edges[1:]).any()
        return not (beside or spaces[0] or spaces[-1])

    def _without_quoted(self, text: bytes, array: Bytes) -> Bytes:
        """The lines with every quoted byte hidden, after judging what stands beside each quote."""
        quotes = array == _QUOTE
        inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(bool) ^ self._inside
        at = np.flatnonzero(quotes)
        before = np.where(at > 0, array[at - 1], _LF)
        after = np.where(at < array.size - 1, array[np.minimum(at + 1, array.size - 1)], _LF)
        beside = np.where(inside[at], before, after)
        fits = (beside == _QUOTE) | (beside == self._delimiter) | (beside == _LF) | (beside == _CR)
        if not fits.all():
            line = self._line_at(text, int(at[int(np.argmin(fits))]))
            help_ = "quote the whole value, and double each quote inside it"
            self._note("F113", "a quote inside an unquoted value, or text beside a quoted one", line, help_)
        self._inside = bool(inside[-1])
        self.multiline |= bool((inside & (array == _LF)).any())
        return np.where(inside, np.uint8(_HIDDEN), array)

    def _structure(self, text: bytes, array: Bytes) -> None:
        """Count the records and delimiters that stand outside quotes, and compare the line ends."""
        newline = array == _LF
        self._bound_open(text, newline)
        blank = int(newline[0]) + int(np.count_nonzero(newline[1:] & newline[:-1]))
        if self._crlf or b"\r" in text:
            returns = array == _CR
            blank += int(np.count_nonzero(newline[2:] & returns[1:-1] & newline[:-2]))
            blank += int(returns[0] and newline[1:2].any())
            self._line_ends(text, newline, returns)
        elif newline.any():
            self._crlf = False
        unended = not self._inside and text[-1] != _LF
        self.records += int(np.count_nonzero(newline)) - blank + int(unended)
        self.delimiters += int(np.count_nonzero(array == self._delimiter))

    def _bound_open(self, text: bytes, newline: npt.NDArray[np.bool_]) -> None:
        """Raise if a quoted value is open at the end, and its record is above the limit already."""
        if not self._inside:
            self._open = 0
            return
        begins = newline.size - int(np.argmax(newline[::-1])) if newline.any() else 0
        if begins or not self._open:
            self._open, self._open_line = 0, self._line_at(text, begins)
        self._open += newline.size - begins
        if self._open > self._max_line:
            message = f"the record is longer than {self._max_line} bytes, and a quoted value in it still open"
            help_ = "close the quote, or raise source.limits.max_line"
            raise LimitExceeded(Problem("F117", message, self._path, self._open_line, help=help_))

    def _line_ends(self, text: bytes, newline: npt.NDArray[np.bool_], returns: npt.NDArray[np.bool_]) -> None:
        paired = np.zeros_like(newline)
        paired[1:] = newline[1:] & returns[:-1]
        alone = returns.copy()
        alone[:-1] &= ~newline[1:]
        odd = alone
        if newline.any():
            if self._crlf is None:
                self._crlf = bool(paired[int(np.argmax(newline))])
            odd = alone | (newline & (paired != self._crlf))
        if odd.any():
            message = "line ends are mixed, or a carriage return stands alone"
            self._note("F118", message, self._line_at(text, int(np.argmax(odd))), "save it with one kind of line end")
