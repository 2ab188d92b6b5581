"""Parquet: columns by name, taken as they are where nothing can be lost, else through their text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError, DataRefused, Problem
from ciq.ingest import casting
from ciq.ingest.engine import call, column, connection, file_literal, rows
from ciq.ingest.reader import Header, Place, Scan, Tick

_CHUNK = 1 << 20
_NOT_A_CELL = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "INTERVAL", "VARIANT", "GEOMETRY")


class Parquet:
    """Parquet files of flat columns."""

    def header(self, path: Path, contract: Contract) -> Header:
        """The names and engine types in the file's footer."""
        import duckdb

        query = exp.select("*").from_(call("read_parquet", file_literal(path)))
        try:
            with connection(path.parent) as con:
                described = con.execute(query.limit(0).sql(dialect="duckdb")).description
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise self.refusal(path, contract, Header(()), error) from error
        return Header(tuple(str(name) for name, *_ in described), tuple(str(kind) for _, kind, *_ in described))

    def scan(self, path: Path, contract: Contract, header: Header, tick: Tick) -> Scan:
        """Hash the file."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as stream:
            while block := stream.read(_CHUNK):
                digest.update(block)
                size += len(block)
                tick(len(block))
        return Scan(digest.hexdigest(), size)

    def rows(self, path: Path, contract: Contract, header: Header, scan: Scan) -> exp.Select:
        """The declared columns, typed; see :class:`ciq.ingest.reader.Reader`."""
        kinds = dict(zip(header.names, header.types or (), strict=True))
        nested = [name for name in contract.types if not _is_cell(kinds[name])]
        if nested:
            raise DataRefused(*(_no_cell(path, contract, name, kinds[name]) for name in nested))
        cells = {name: _cell(contract, name, kinds[name]) for name in contract.types}
        return exp.select(*casting.projection(contract, cells)).from_(call("read_parquet", file_literal(path)))

    def refusal(self, path: Path, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """The engine's word on a file that it can't read."""
        said = str(error).partition("\n")[0] if error else "another number of rows was read than the footer states"
        return DataRefused(
            Problem("F120", f"the Parquet file can't be read: {said}", path, help="write the file again")
        )

    def places(self, path: Path, contract: Contract, header: Header, wanted: Sequence[int]) -> Mapping[int, Place]:
        """The text of all fields of the given 1-based rows; Parquet has no lines."""
        texts = [
            exp.cast(column(name), "VARCHAR") if _is_cell(kind) else exp.convert("")
            for name, kind in zip(header.names, header.types or (), strict=True)
        ]
        source = call("read_parquet", file_literal(path), file_row_number=exp.true())
        number = column("file_row_number")
        chosen = exp.In(this=number, expressions=[exp.Literal.number(record - 1) for record in wanted])
        with connection(path.parent) as con:
            found = rows(con, exp.select(number.copy(), *texts).from_(source).where(chosen))
        return {at + 1: Place(None, tuple("" if text is None else text for text in fields)) for at, *fields in found}


def _is_cell(kind: str) -> bool:
    return not (kind.endswith("]") or kind.startswith(_NOT_A_CELL))


def _no_cell(path: Path, contract: Contract, name: str, kind: str) -> Problem:
    return Problem("F121", f"column {name!r} is {kind}, which can't be {contract.types[name]}", path)


def _cell(contract: Contract, name: str, kind: str) -> tuple[exp.Expr, exp.Expr]:
    text = _text(contract, name, kind)
    value = casting.lossless(contract, name, kind, column(name))
    return text, casting.strict(contract, name, text, plain=False) if value is None else value


def _text(contract: Contract, name: str, kind: str) -> exp.Expr:
    if kind != "VARCHAR":
        return exp.cast(column(name), "VARCHAR")
    nulls = [exp.Literal.string(null) for null in contract.source.null_values]
    if not nulls:
        return column(name)
    return exp.Case(
        ifs=[exp.If(this=exp.In(this=column(name), expressions=nulls), true=exp.null())], default=column(name)
    )
