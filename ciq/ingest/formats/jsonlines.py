"""JSON Lines: an object a line, each with the keys of the first; numbers keep their digits, strings stay strings."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError, DataRefused, LimitExceeded, Problem
from ciq.ingest.content.bounds import bound_rows
from ciq.ingest.content.bytescan import BOM
from ciq.ingest.content.encodings import hint
from ciq.ingest.content.raw import Raw
from ciq.ingest.formats import columnar, jsonblocks, texts
from ciq.ingest.formats.reader import Digest, Header, Place, Scan

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTUAL = ("text", "date", "datetime")
_BLOCK = 1 << 19
_FIRST = 20
"""Lines from which the others are learnt."""
_ENDS = (b"}\n", b"}\r\n")
_BRACE_AND_LF = int.from_bytes(_ENDS[0], "little")
_LOST = ("\0", "\ufffd")


class Nested(DataRefused):
    """``names`` are declared columns in which a line has an object or a list."""

    def __init__(self, names: Sequence[str], *problems: Problem) -> None:
        super().__init__(*problems)
        self.names = names


class _Number(str):
    """A number as its digits stand in the file."""

    __slots__ = ()


class _Invalid(ValueError):
    """What is no JSON to begin with."""


def _constant(name: str) -> None:
    raise _Invalid(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(
    object_pairs_hook=list, parse_int=_Number, parse_float=_Number, parse_constant=_constant, strict=True
)


class JsonLines:
    """Text with one JSON object a line."""

    def header(self, raw: Raw, contract: Contract) -> Header:
        """The keys of the first object, in its order."""
        with raw.open() as stream:
            line, _, first = next(_lines(stream, raw.path, contract), (1, 0, b"{}"))
        return Header(tuple(name for name, _ in _pairs(raw.path, line, first)))

    def scan(self, raw: Raw, contract: Contract, header: Header, digest: Digest) -> Scan:
        """Write what the values say as text."""
        _bound_all(raw)
        content = raw.spool()
        with raw.open(digest) as stream:
            count = texts.write(content, tuple(contract.types), _batches(stream, raw.path, contract, header.names))
        return Scan(digest.sha256, digest.bytes, content, count)

    def rows(self, contract: Contract, header: Header, scan: Scan, *, demanding: bool) -> exp.Select:
        """The declared columns, typed; see :class:`ciq.ingest.formats.reader.Reader`."""
        return columnar.typed(contract, dict.fromkeys(contract.types, "VARCHAR"), scan.content, demanding=demanding)

    def expected(self, raw: Raw, contract: Contract) -> None:
        """Nothing: its scan writes what the engine reads."""

    def proved(self, contract: Contract, header: Header, scan: Scan) -> None:
        """No proof: its rows are taken as they are."""

    def refusal(self, raw: Raw, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """What the engine said."""
        said = str(error).partition("\n")[0] if error else "another number of records was read than the file has"
        return DataRefused(Problem("F135", f"the file can't be read as JSON Lines: {said}", raw.path))

    def places(self, raw: Raw, contract: Contract, header: Header, wanted: Sequence[int]) -> Mapping[int, Place]:
        """The lines of the given 1-based records, with their values as JSON writes them, strings without quotes."""
        missing, found = set(wanted), dict[int, Place]()
        with raw.open() as stream:
            for record, (line, offset, text) in enumerate(_lines(stream, raw.path, contract), start=1):
                if record in missing:
                    values = _values(raw.path, line, text, header.names)
                    shown = tuple("" if value is None else _shown(value) for value in values)
                    found[record] = Place(line, shown, offset if raw.is_utf8 else None)
                    missing.remove(record)
                    if not missing:
                        break
        return found


def _bound_all(raw: Raw) -> None:
    """Raise LimitExceeded for too many rows before any is looked into, which takes a hundred times as long.

    An object that ends a line is a row, whatever is in it: nothing that JSON writes has a line end within.
    """
    count, rest = 0, b""
    for block in raw.blocks():
        text = rest + block
        count += _objects_ended(text)
        bound_rows(count, raw.path, raw.source.limits)
        rest = next((end[:-1] for end in _ENDS if text.endswith(end[:-1])), b"")


def _objects_ended(text: bytes) -> int:
    """How often one of ``_ENDS`` stands in ``text``: by pairs of bytes, which takes a fifth of a search's time."""
    pairs = [np.frombuffer(text, "<u2", (len(text) - at) // 2, at) for at in (0, 1) if len(text) > at + 1]
    ended = sum(int(np.count_nonzero(each == _BRACE_AND_LF)) for each in pairs)
    return ended + (text.count(_ENDS[1]) if b"\r" in text else 0)


def _batches(stream: BinaryIO, path: Path, contract: Contract, names: tuple[str, ...]) -> Iterator[list[pa.Array]]:
    """The texts of the declared columns, block by block where all lines of one are alike, else row by row."""
    limits, nulls = contract.source.limits, frozenset(contract.source.null_values)
    strict = _declared(contract, names)
    line, like, count = 1, None, 0
    for block in _blocks(stream, limits.max_line):
        if line == 1:
            like = jsonblocks.pattern(block.removeprefix(BOM).split(b"\n", _FIRST)[:_FIRST], names)
        found = jsonblocks.values(like, block) if like and _fits(block, limits.max_line) else None
        batches = (
            [[jsonblocks.as_text(found[at], nulls, strict=each) for at, each in strict.items()]]
            if found
            else texts.batches(_rows(io.BytesIO(block), path, contract, names, line))
        )
        for batch in batches:
            count += len(batch[0])
            bound_rows(count, path, limits)
            yield batch
        line += block.count(b"\n")


def _blocks(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """Whole lines, many at a time; one above the limit comes in parts of more than that."""
    rest = b""
    while block := stream.read(_BLOCK):
        head, end, tail = block.rpartition(b"\n")
        if end:
            yield rest + head + end
        rest = tail if end else rest + tail
        if len(rest) > limit + 2:
            yield rest
            rest = b""
    if rest:
        yield rest


def _fits(block: bytes, limit: int) -> bool:
    return len(block) <= limit or max(map(len, block.split(b"\n"))) <= limit


def _rows(
    stream: BinaryIO, path: Path, contract: Contract, names: tuple[str, ...], first: int
) -> Iterator[list[texts.Text]]:
    """The texts of the declared columns, row by row."""
    strict, nulls = _declared(contract, names), frozenset(contract.source.null_values)
    for line, _, text in _lines(stream, path, contract, first):
        values = _values(path, line, text, names)
        cells = [values[at] for at in strict]
        if any(type(cell) is list for cell in cells):
            raise _nested(path, line, contract, cells)
        yield [
            cell if cell is None or type(cell) is _Number else _text(cell, quoted and cell not in nulls)
            for cell, quoted in zip(cells, strict.values(), strict=True)
        ]


def _declared(contract: Contract, names: tuple[str, ...]) -> dict[int, bool]:
    """The places of the declared columns, each with whether a string of JSON is none of its values."""
    return {names.index(name): contract.type_of(name).kind not in _TEXTUAL for name in contract.types}


def _lines(stream: BinaryIO, path: Path, contract: Contract, first: int = 1) -> Iterator[tuple[int, int, bytes]]:
    """The lines that are not blank, with number and byte. Raises LimitExceeded for one that is too long."""
    limit = contract.source.limits.max_line
    end = 0
    for line, text in enumerate(iter(lambda: stream.readline(limit + 2), b""), start=first):
        start, end = end, end + len(text)
        if len(text.rstrip(b"\r\n")) > limit:
            message = f"a line is longer than {limit} bytes"
            raise LimitExceeded(Problem("F117", message, path, line, help="raise source.limits.max_line"))
        if text.strip(b" \t\r\n"):
            yield line, start, text.removeprefix(BOM) if line == 1 else text


def _values(path: Path, line: int, text: bytes, names: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of one line in the order of ``names``."""
    pairs = _pairs(path, line, text)
    if tuple(map(itemgetter(0), pairs)) != names:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise _repeated(path, line, [name for name, _ in pairs])
        if found.keys() != set(names):
            raise _other_keys(path, line, names, found)
        return tuple(found[name] for name in names)
    return tuple(map(itemgetter(1), pairs))


def _pairs(path: Path, line: int, text: bytes) -> list[tuple[str, Any]]:
    """The keys and values of one line as they stand. Raises DataRefused where it is no object."""
    try:
        decoded = text.decode("utf-8")
        if "\0" in decoded or "\ufffd" in decoded:
            raise _lost(path, line, decoded)
        value = _DECODER.decode(decoded)
    except UnicodeDecodeError as error:
        message = f"not utf-8: byte {text[error.start]:#04x} at byte {error.start} of the line"
        raise DataRefused(Problem("F115", message, path, line, help=hint(text, "utf-8"))) from error
    except json.JSONDecodeError as error:
        raise DataRefused(Problem("F135", f"not JSON: {error.msg}", path, line, error.colno)) from error
    except (_Invalid, RecursionError) as error:
        said = "it is nested without end" if isinstance(error, RecursionError) else error
        raise DataRefused(Problem("F135", f"not JSON: {said}", path, line)) from error
    if type(value) is not list or not decoded.lstrip().startswith("{"):
        raise DataRefused(Problem("F135", "the line is no JSON object", path, line, help="write an object a line"))
    if "\\u" in decoded:
        _escapes(path, line, value)
    return value


def _escapes(path: Path, line: int, pairs: list[tuple[str, Any]]) -> None:
    """Refuse what only an escape can bring into a text: halves of characters, NUL and the mark of lost text."""
    for text in (each for pair in pairs for each in pair if isinstance(each, str)):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            message = f"an escape gives half a character (U+{ord(text[error.start]):04X})"
            raise DataRefused(Problem("F135", message, path, line)) from error
        if any(mark in text for mark in _LOST):
            raise _lost(path, line, text)


def _lost(path: Path, line: int, text: str) -> DataRefused:
    if "\0" in text:
        return DataRefused(Problem("F114", "a NUL character", path, line))
    message = "U+FFFD, the mark of text lost in an earlier conversion"
    return DataRefused(Problem("F116", message, path, line, help="export the file again from its source"))


def _other_keys(path: Path, line: int, names: tuple[str, ...], found: Mapping[str, Any]) -> DataRefused:
    missing = [name for name in names if name not in found]
    extra = [name for name in found if name not in names]
    parts = [f"{said} {', '.join(map(repr, keys))}" for said, keys in (("lacks", missing), ("adds", extra)) if keys]
    message = f"other keys than in the first line: it {' and '.join(parts)}"
    return DataRefused(
        Problem("F137", message, path, line, help="write each key in each line, null where it's unknown")
    )


def _repeated(path: Path, line: int, keys: list[str]) -> DataRefused:
    twice = next(key for key in keys if keys.count(key) > 1)
    return DataRefused(Problem("F136", f"the key {twice!r} stands twice", path, line))


def _nested(path: Path, line: int, contract: Contract, cells: Sequence[Any]) -> Nested:
    names = [name for name, cell in zip(contract.types, cells, strict=True) if type(cell) is list]
    help_ = "leave it out of types, with extra_columns: drop"
    return Nested(
        names,
        *(
            Problem("F121", f"column {name!r} is nested, which can't be {contract.types[name]}", path, line, help=help_)
            for name in names
        ),
    )


def _text(cell: Any, quoted: bool) -> str:
    """A value's text; a string where a number or a truth value belongs keeps its quotes, so that it is no number."""
    if type(cell) is str:
        return json.dumps(cell, ensure_ascii=False) if quoted else cell
    return "true" if cell else "false"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
