"""Parquet, and what was converted to it: columns by name, as they are where nothing can be lost, else as text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError, DataRefused, LimitExceeded, Problem
from ciq.ingest.cells import casting
from ciq.ingest.cells.widening import FLOATS, lossless
from ciq.ingest.content.raw import Raw
from ciq.ingest.engine import call, column, connection, file_literal, rows
from ciq.ingest.formats import precision
from ciq.ingest.formats.header import is_cell
from ciq.ingest.formats.reader import Digest, Header, Place, Scan

_CHUNK = 1 << 20
_MOST_FOOTER = 1 << 24
"""Read into memory several times its size: 200,000 columns take a gigabyte."""


class Parquet:
    """Parquet files of flat columns."""

    def header(self, raw: Raw, contract: Contract) -> Header:
        """The names and engine types in the file's footer, which has to be of a size that can be read."""
        size = _footer(raw.content)
        if size > _MOST_FOOTER:
            message = f"the footer has {size} bytes, the limit is {_MOST_FOOTER}"
            help_ = "write fewer columns, or larger row groups"
            raise LimitExceeded(Problem("F105", message, raw.path, help=help_))
        query = exp.select("*").from_(call("read_parquet", file_literal(raw.content)))
        with self._readable(raw, contract), connection(raw.aside) as con:
            described = con.execute(query.limit(0).sql(dialect="duckdb")).description
        return Header(tuple(str(name) for name, *_ in described), tuple(str(kind) for _, kind, *_ in described))

    def scan(self, raw: Raw, contract: Contract, header: Header, digest: Digest) -> Scan:
        """Show the digest the file, and take its count of rows from the footer."""
        with raw.path.open("rb") as stream:
            while block := stream.read(_CHUNK):
                digest(block)
        count = exp.select("num_rows").from_(call("parquet_file_metadata", file_literal(raw.content)))
        with self._readable(raw, contract), connection(raw.aside) as con:
            ((records,),) = rows(con, count)
            lost = list(precision.problems(raw.path, raw.content, contract))
        if lost:
            raise DataRefused(*lost)
        return Scan(digest.sha256, digest.bytes, raw.content, int(records))

    def rows(self, contract: Contract, header: Header, scan: Scan, *, demanding: bool) -> exp.Select:
        """The declared columns, typed; see :class:`ciq.ingest.formats.reader.Reader`."""
        kinds = dict(zip(header.names, header.types or (), strict=True))
        return typed(contract, kinds, scan.content, demanding=demanding)

    def expected(self, raw: Raw, contract: Contract) -> None:
        """Nothing: its rows are taken as they are."""

    def proved(self, contract: Contract, header: Header, scan: Scan) -> None:
        """No proof: its rows are taken as they are."""

    def refusal(self, raw: Raw, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """The engine's word on a file that it can't read."""
        said = str(error).partition("\n")[0] if error else "another number of rows was read than the footer states"
        said = said.replace(str(raw.content), raw.path.name)
        return DataRefused(Problem("F120", f"the file can't be read: {said}", raw.path, help="write the file again"))

    @contextmanager
    def _readable(self, raw: Raw, contract: Contract) -> Iterator[None]:
        import duckdb
        import pyarrow as pa

        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self.refusal(raw, contract, Header(()), error) from error

    def places(self, raw: Raw, contract: Contract, header: Header, wanted: Sequence[int]) -> Mapping[int, Place]:
        """The text of all fields of the given 1-based rows; such files have no lines."""
        texts = [
            exp.cast(column(name), "VARCHAR") if is_cell(kind) else exp.convert("")
            for name, kind in zip(header.names, header.types or (), strict=True)
        ]
        source = call("read_parquet", file_literal(raw.content), file_row_number=exp.true())
        number = column("file_row_number")
        chosen = exp.In(this=number, expressions=[exp.Literal.number(record - 1) for record in wanted])
        with connection(raw.aside) as con:
            found = rows(con, exp.select(number.copy(), *texts).from_(source).where(chosen))
        return {at + 1: Place(None, tuple("" if text is None else text for text in fields)) for at, *fields in found}


def _footer(path: Path) -> int:
    """The size that a Parquet file gives for its footer; 0 for one that it can't have."""
    whole = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(-min(8, whole), os.SEEK_END)
        size = int.from_bytes(stream.read(4), "little")
    return size if size < whole else 0


def typed(contract: Contract, kinds: Mapping[str, str], content: Path, *, demanding: bool) -> exp.Select:
    """The declared columns of a Parquet file whose columns have the engine types ``kinds``."""
    cells = {name: _cell(contract, name, kinds[name], naive=demanding) for name in contract.types}
    columns = casting.projection(contract, cells, demanding=demanding)
    return exp.select(*columns).from_(call("read_parquet", file_literal(content)))


def _cell(contract: Contract, name: str, kind: str, *, naive: bool) -> tuple[exp.Expr, exp.Expr]:
    floats = kind in FLOATS or contract.type_of(name).kind == "float"
    text = casting.said(contract, _text(contract, name, kind), floats=floats)
    value = lossless(contract, name, kind, column(name))
    return text, casting.strict(contract, name, text, plain=False, naive=naive) if value is None else value


def _text(contract: Contract, name: str, kind: str) -> exp.Expr:
    if kind != "VARCHAR":
        return exp.cast(column(name), "VARCHAR")
    nulls = [exp.Literal.string(null) for null in contract.source.null_values]
    if not nulls:
        return column(name)
    return exp.Case(
        ifs=[exp.If(this=exp.In(this=column(name), expressions=nulls), true=exp.null())], default=column(name)
    )
