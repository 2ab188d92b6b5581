"""The rows of files and versions as queries, each with where it came from: source, file and record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.ingest.cells import casting
from ciq.ingest.engine import call, column, file_literal
from ciq.ingest.manifest import Manifest, SourceFile
from ciq.ingest.verdict.judging import POSITION


@dataclass(frozen=True)
class Earlier:
    """A staged version: its rows, and the files of which it holds every row as today's contract reads it."""

    rows: exp.Query
    sources: tuple[SourceFile, ...]


def landed_columns(contract: Contract, typed: exp.Query) -> exp.Query:
    """What is landed of typed rows: the declared columns in order, then where each row came from."""
    return exp.select(*map(column, (*contract.types, "_source", *POSITION))).from_(typed.subquery("t"))


def staged_rows(project: Path, manifest: Manifest) -> exp.Query:
    """The typed rows of a landed version, and where each came from."""
    parquet = file_literal(project / manifest.parquet)
    if manifest.numbered:
        return exp.select("*").from_(call("read_parquet", parquet))
    return numbered_rows(parquet, manifest.sources[0].sha256)


def numbered_rows(parquet: exp.Expr, sha256: str) -> exp.Query:
    """The rows of a Parquet file that has one for each record of the only source, and where each came from."""
    declared = exp.Star(except_=[column("file_row_number")])
    return exp.select(declared, *_origin(0, sha256)).from_(_by_number(parquet))


def cast_rows(contract: Contract, cast: Path, ordinal: int, sha256: str, *, sound: bool) -> exp.Query:
    """The rows of one file out of its cast, which holds no other."""
    texts = _no_texts(contract) if sound else casting.raw_columns(contract)
    query = exp.select(*map(column, contract.types), *texts, *_origin(ordinal, sha256))
    return query.from_(_by_number(file_literal(cast)))


def earlier_rows(contract: Contract, earlier: Earlier, ordinal: int, sha256: str) -> exp.Query:
    """The rows of one file out of an earlier version."""
    place, record = POSITION
    at = exp.alias_(exp.cast(exp.convert(ordinal), "INTEGER"), place)
    values = (*map(column, contract.types), *_no_texts(contract), column("_source"), at, column(record))
    return exp.select(*values).from_(earlier.rows.subquery("e")).where(column("_source").eq(sha256))


def _no_texts(contract: Contract) -> list[exp.Expr]:
    return [exp.alias_(exp.cast(exp.null(), "TEXT[]"), each.name) for each in casting.raw_columns(contract)]


def _by_number(parquet: exp.Expr) -> exp.Expr:
    return call("read_parquet", parquet, file_row_number=exp.true())


def _origin(ordinal: int, sha256: str) -> list[exp.Expr]:
    """Where each row of a Parquet file with all rows of one file came from."""
    place, record = POSITION
    return [
        exp.alias_(exp.Literal.string(sha256), "_source"),
        exp.alias_(exp.cast(exp.convert(ordinal), "INTEGER"), place),
        exp.alias_(exp.Add(this=column("file_row_number"), expression=exp.convert(1)), record),
    ]
