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
            names, bare = _named(raw.content)
        _distinguished(raw.path, names, [str(name) for name, *_ in described])
        return Header(names, tuple(bare.get(at, str(kind)) for at, (_, kind, *_) in enumerate(described)))

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
        """The text of the declared fields of the given 1-based rows; such files have no lines."""
        texts = [
            exp.alias_(exp.cast(column(name), "VARCHAR") if name in contract.types else exp.convert(""), f"c{at}")
            for at, name in enumerate(header.names)
        ]
        # The engine's own number of a row has a name that the file may have for a column of its own.
        number = exp.alias_(exp.Window(this=exp.RowNumber()), "record")
        numbered = exp.select(number, *texts).from_(call("read_parquet", file_literal(raw.content))).subquery("n")
        chosen = exp.In(this=column("record"), expressions=[exp.Literal.number(record) for record in wanted])
        with connection(raw.aside) as con:
            found = rows(con, exp.select("*").from_(numbered).where(chosen))
        return {at: Place(None, tuple("" if text is None else text for text in fields)) for at, *fields in found}


def _named(content: Path) -> tuple[tuple[str, ...], Mapping[int, str]]:
    """The names as they stand in the file, and the types, by position, that the engine takes for bare numbers.

    The engine gives new names to what repeats and to what has none.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(content) as file:
        schema = file.schema_arrow
    found = {at: precision.bare_number(field) for at, field in enumerate(schema)}
    return tuple(schema.names), {at: kind for at, kind in found.items() if kind}


def _distinguished(path: Path, names: Sequence[str], read: Sequence[str]) -> None:
    """Refuse names that differ only in case: the engine gives them new ones too, and would read the first for each."""
    renamed = [
        name for name, given in zip(names, read, strict=True) if name not in ("", given) and names.count(name) == 1
    ]
    if renamed:
        help_ = "give it a name of its own"
        raise DataRefused(
            *(
                Problem("F108", f"column {name!r} differs from another one only in case", path, help=help_)
                for name in renamed
            )
        )


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
