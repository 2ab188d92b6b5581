"""CSV and TSV: every field as text, by position in the file's own header, cast by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError, ContractError, DataRefused, LimitExceeded, Problem
from ciq.ingest.cells import casting, evident
from ciq.ingest.content import bytescan
from ciq.ingest.content.encodings import hint
from ciq.ingest.content.raw import Raw, ahead
from ciq.ingest.engine import call, column, file_literal
from ciq.ingest.formats import records
from ciq.ingest.formats.reader import Digest, Header, Place, Scan

_SHOWN = 20
_NEVER = "\ufffd"
_ENGINE_LINE = 2_000_000
_HEAD = 1 << 19
_QUOTED = re.compile(rb'"[^"]*"')


@dataclass(frozen=True)
class Delimited:
    """Text with one record a line; ``delimiter`` applies where the contract names none."""

    delimiter: str

    def header(self, raw: Raw, contract: Contract) -> Header:
        """The names in the first line; blank first lines give no names."""
        limit = contract.source.limits.max_line
        with raw.open() as stream:
            first = stream.readline(limit + 2)
            while first.count(b'"') % 2 and len(first) <= limit and (more := stream.readline(limit + 2)):
                first += more
        if len(first.rstrip(b"\r\n")) > limit:
            message = f"the header is longer than {limit} bytes"
            raise LimitExceeded(Problem("F117", message, raw.path, 1, help="raise source.limits.max_line"))
        if b"\r" in _QUOTED.sub(b"", first).rstrip(b"\r\n"):
            help_ = "save it with line feeds at the line ends"
            raise DataRefused(Problem("F118", "a carriage return stands alone in the header", raw.path, 1, help=help_))
        try:
            return Header(records.values(first.removeprefix(bytescan.BOM), self._separator(contract)))
        except UnicodeDecodeError as error:
            message = f"not utf-8: byte {first[error.start]:#04x} at byte {error.start}"
            raise DataRefused(Problem("F115", message, raw.path, 1, help=hint(first, "utf-8"))) from error

    def scan(self, raw: Raw, contract: Contract, header: Header, digest: Digest) -> Scan:
        """Unpack the file and guard its bytes and its field count."""
        content = raw.path if raw.is_plain else raw.spool()
        blocks = raw.blocks(digest) if raw.is_plain else _kept(raw.blocks(digest), content)
        with ahead(blocks) as coming:
            text = bytescan.scan(coming, raw.path, self._separator(contract), contract.source.limits)
        if text.delimiters != (len(header.names) - 1) * (text.records + 1):
            raise self.refusal(raw, contract, header, None)
        return Scan(digest.sha256, digest.bytes, content, text.records, text.multiline, text.plain)

    def expected(self, raw: Raw, contract: Contract) -> Scan | None:
        """What the whole lines in the first block show of a file that is its own content."""
        if not raw.is_plain:
            return None
        with raw.path.open("rb") as stream:
            head, end, rest = stream.read(_HEAD).rpartition(b"\n")
        if len(rest) > len(head):  # a line as long as that is for the scan to judge before the engine reads it
            return None
        try:
            text = bytescan.scan(iter([head + end]), raw.path, self._separator(contract), contract.source.limits)
        except CiqError:
            return None
        return Scan("", 0, raw.path, multiline=text.multiline, plain=text.plain)

    def rows(self, contract: Contract, header: Header, scan: Scan, *, demanding: bool) -> exp.Select:
        """The declared columns, typed; see :class:`ciq.ingest.formats.reader.Reader`."""
        read, fields = self._fields(contract, header, scan, ())
        cells = {}
        for name, (text, known) in fields.items():
            value = casting.strict(contract, name, text, plain=scan.plain, naive=demanding, known=known)
            cells[name] = (text, value)
        return exp.select(*casting.projection(contract, cells, demanding=demanding)).from_(read, copy=False)

    def proved(self, contract: Contract, header: Header, scan: Scan) -> exp.Select:
        """The declared columns, typed, and whether each row is sound; see :class:`ciq.ingest.formats.reader.Reader`."""
        typed = [name for name in contract.types if evident.is_typed(contract, name, plain=scan.plain)]
        read, fields = self._fields(contract, header, scan, typed)
        proofs = {
            name: evident.typed(contract, name, field)
            if name in typed
            else evident.of_text(contract, name, field, known, plain=scan.plain)
            for name, (field, known) in fields.items()
        }
        return exp.select(*evident.projection(proofs)).from_(read, copy=False)

    def refusal(self, raw: Raw, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """The malformed records by line, or what the engine said where all records look well formed."""
        expected = len(header.names)
        with raw.open() as stream:
            found = list(islice(records.malformed(stream, self._separator(contract), expected), _SHOWN))
        problems = [
            Problem("F112", f"{fields} fields where the header has {expected}", raw.path, line)
            for line, fields in found
        ]
        if problems:
            return DataRefused(*problems)
        said = str(error).partition("\n")[0] if error else "another number of records was read than the file has"
        return DataRefused(Problem("F119", f"the file can't be read as delimited text: {said}", raw.path))

    def places(self, raw: Raw, contract: Contract, header: Header, wanted: Sequence[int]) -> Mapping[int, Place]:
        """The places of the given 1-based data records, with the text of all their fields."""
        with raw.open() as stream:
            found = records.places(stream, self._separator(contract), wanted)
        return found if raw.is_utf8 else {at: replace(place, offset=None) for at, place in found.items()}

    def _separator(self, contract: Contract) -> str:
        delimiter = contract.source.delimiter or self.delimiter
        if not re.fullmatch(r"[^\"\r\n\x00]", delimiter) or not delimiter.isascii():
            message = f"the delimiter {delimiter!r} can't separate fields"
            raise ContractError(Problem("C107", message, contract.path, help="use an ASCII character such as , ; or |"))
        return delimiter

    def _fields(
        self, contract: Contract, header: Header, scan: Scan, typed: Collection[str]
    ) -> tuple[exp.Subquery, dict[str, tuple[exp.Column, exp.Column | None]]]:
        """What is read of the file, and in it each column and what the engine's own cast makes of its text, if tried.

        The ``typed`` columns are values of their type, the others text.
        """
        read, fields = list[exp.Expr](), dict[str, tuple[exp.Column, exp.Column | None]]()
        for name in contract.types:
            field = column(_positional(header.names.index(name)))
            said = casting.said(contract, field, floats=contract.type_of(name).kind == "float")
            tried = None if name in typed else casting.tried(contract, name, field)
            read.append(exp.alias_(said, field.name, quoted=True, copy=False))
            if tried:
                read.append(exp.alias_(tried, _tried(field), quoted=True, copy=False))
            fields[name] = (field, column(_tried(field)) if tried else None)
        table = self._table(contract, header, scan, typed)
        return exp.select(*read).from_(table, copy=False).subquery("r", copy=False), fields

    def _table(self, contract: Contract, header: Header, scan: Scan, typed: Collection[str]) -> exp.Expr:
        kinds = [contract.type_of(name).duckdb if name in typed else "VARCHAR" for name in header.names]
        fields = exp.Struct(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier(_positional(at)), expression=exp.Literal.string(kind))
                for at, kind in enumerate(kinds)
            ]
        )
        nulls = contract.source.null_values or (_NEVER,)
        # Threads that start amid a quoted value take its lines for records; the engine then refuses good files.
        return call(
            "read_csv",
            file_literal(scan.content),
            columns=fields,
            auto_detect=exp.false(),
            strict_mode=exp.true(),
            parallel=exp.false() if scan.multiline else exp.true(),
            header=exp.false(),
            skip=exp.Literal.number(1),
            delim=exp.Literal.string(self._separator(contract)),
            quote=exp.Literal.string('"'),
            escape=exp.Literal.string('"'),
            nullstr=exp.Array(expressions=[exp.Literal.string(null) for null in nulls]),
            max_line_size=exp.Literal.number(max(_ENGINE_LINE, contract.source.limits.max_line)),
        )


def _kept(blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """``blocks``, written to ``path`` as they go by."""
    with path.open("wb") as stream:
        for block in blocks:
            stream.write(block)
            yield block


def _positional(index: int) -> str:
    """A name of our own for the file's n-th field, as file headers may hold names that the engine takes for equal."""
    return f"c{index}"


def _tried(text: exp.Column) -> str:
    """What the engine's own cast of a field is called."""
    return f"{text.name}_tried"
