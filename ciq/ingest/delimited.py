"""CSV and TSV: every field as text, by position in the file's own header, cast by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError, ContractError, DataRefused, LimitExceeded, Problem
from ciq.ingest import bytescan, casting, records
from ciq.ingest.engine import call, column, file_literal
from ciq.ingest.reader import Header, Place, Scan, Tick

_SHOWN = 20
_NEVER = "\ufffd"
_ENGINE_LINE = 2_000_000


@dataclass(frozen=True)
class Delimited:
    """Text with one record a line; ``delimiter`` applies where the contract names none."""

    delimiter: str

    def header(self, path: Path, contract: Contract) -> Header:
        """The names in the first line; blank first lines give no names."""
        limit = contract.source.limits.max_line
        with path.open("rb") as stream:
            first = stream.readline(limit + 2)
            while first.count(b'"') % 2 and len(first) <= limit and (more := stream.readline(limit + 2)):
                first += more
        if len(first.rstrip(b"\r\n")) > limit:
            message = f"the header is longer than {limit} bytes"
            raise LimitExceeded(Problem("F117", message, path, 1, help="raise source.limits.max_line"))
        try:
            return Header(records.values(first.removeprefix(bytescan.BOM), self._separator(contract)))
        except UnicodeDecodeError as error:
            message = f"not UTF-8: byte {first[error.start]:#04x} at byte {error.start}"
            raise DataRefused(Problem("F115", message, path, 1, help="save the file as UTF-8")) from error

    def scan(self, path: Path, contract: Contract, header: Header, tick: Tick) -> Scan:
        """Hash the file and guard its bytes and its field count."""
        text = bytescan.scan(path, self._separator(contract), contract.source.limits.max_line, tick)
        if text.delimiters != (len(header.names) - 1) * ((text.scan.records or 0) + 1):
            raise self.refusal(path, contract, header, None)
        return text.scan

    def rows(self, path: Path, contract: Contract, header: Header, scan: Scan) -> exp.Select:
        """The declared columns, typed; see :class:`ciq.ingest.reader.Reader`."""
        texts = {name: column(_positional(header.names.index(name))) for name in contract.types}
        cells = {name: (text, casting.strict(contract, name, text, plain=scan.plain)) for name, text in texts.items()}
        return exp.select(*casting.projection(contract, cells)).from_(self._table(path, contract, header, scan))

    def refusal(self, path: Path, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """The malformed records by line, or what the engine said where all records look well formed."""
        found = islice(records.malformed(path, self._separator(contract), len(header.names)), _SHOWN)
        expected = len(header.names)
        problems = [
            Problem("F112", f"{fields} fields where the header has {expected}", path, line) for line, fields in found
        ]
        if problems:
            return DataRefused(*problems)
        said = str(error).partition("\n")[0] if error else "another number of records was read than the file has"
        return DataRefused(Problem("F119", f"the file can't be read as delimited text: {said}", path))

    def places(self, path: Path, contract: Contract, header: Header, wanted: Sequence[int]) -> Mapping[int, Place]:
        """The places of the given 1-based data records, with the text of all their fields."""
        return records.places(path, self._separator(contract), wanted)

    def _separator(self, contract: Contract) -> str:
        delimiter = contract.source.delimiter or self.delimiter
        if not re.fullmatch(r"[^\"\r\n\x00]", delimiter) or not delimiter.isascii():
            message = f"the delimiter {delimiter!r} can't separate fields"
            raise ContractError(Problem("C107", message, contract.path, help="use an ASCII character such as , ; or |"))
        return delimiter

    def _table(self, path: Path, contract: Contract, header: Header, scan: Scan) -> exp.Expr:
        fields = exp.Struct(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier(_positional(at)), expression=exp.Literal.string("VARCHAR"))
                for at in range(len(header.names))
            ]
        )
        nulls = contract.source.null_values or (_NEVER,)
        # Threads that start amid a quoted value take its lines for records; the engine then refuses good files.
        return call(
            "read_csv",
            file_literal(path),
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


def _positional(index: int) -> str:
    """A name of our own for the file's n-th field, as file headers may hold names that the engine takes for equal."""
    return f"c{index}"
