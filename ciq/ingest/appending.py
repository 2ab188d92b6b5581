"""Appending: each raw file is a part of its own beside the earlier ones, and the manifest names those that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import DataRefused, Problem
from ciq.ingest import manifest as manifests
from ciq.ingest.atomic import sync
from ciq.ingest.engine import call, column, connection, file_literal, rows, write_parquet
from ciq.ingest.header import extra
from ciq.ingest.judging import POSITION, judge
from ciq.ingest.manifest import Manifest, SourceFile
from ciq.ingest.provenance import landed_columns
from ciq.ingest.reader import Tick
from ciq.ingest.reading import Scanned, judge_all, read_all

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def append(project: Path, contract: Contract, scanned: Sequence[Scanned], aside: Path, tick: Tick) -> Manifest:
    """Land the files that are new or changed; a file that has left data/raw keeps its part.

    Raises DataRefused where one of them breaks the contract; then none of them lands.
    """
    home = manifests.parts_folder(project, contract)
    home.mkdir(parents=True, exist_ok=True)
    earlier = manifests.of_parts(project, contract)
    parts = earlier.sources if earlier else ()
    known = {source.sha256: source for source in parts if _part(home, source.sha256).is_file()}
    _must_be_there(project, contract, known.keys() | {file.scan.sha256 for file in scanned})
    _remove_uncounted(home, known)
    new = [file for file in scanned if file.opened.landed is None]
    aside.mkdir(exist_ok=True)
    with connection(aside) as con:
        counts = _read(con, contract, new, aside, tick) if new else {}
        sources = _sources(project, scanned, known, counts)
        typed = _rows([_part(aside if source.sha256 in counts else home, source.sha256) for source in sources])
        judged = judge(con, contract, typed, fresh=False)
        begins, ends = _extent(con, contract, typed)
        for sha256 in counts:
            sync(_part(aside, sha256))
            _part(aside, sha256).replace(_part(home, sha256))
        sync(home)
    return Manifest(
        dataset=contract.name,
        version=manifests.version_key(contract, [source.sha256 for source in sources]),
        rows=sum(source.rows for source in sources),
        parquet=(home.relative_to(project) / "*.parquet").as_posix(),
        sources=sources,
        contract_version=contract.version,
        reading=manifests.reading_key(contract),
        judged=manifests.judged_key(contract),
        mends=judged.mends,
        warnings=judged.warnings,
        dropped=tuple(dict.fromkeys(name for file in scanned for name in extra(contract, file.opened.header))),
        mode="append",
        begins=begins,
        ends=ends,
    )


def _must_be_there(project: Path, contract: Contract, here: Set[str]) -> None:
    """Raise for files that counted until now, have left data/raw, and would have to be read again."""
    counted = manifests.current(project, contract.name)
    gone = [source for source in counted.sources if source.sha256 not in here] if counted and counted.appends else []
    help_ = f"put it back, or delete data/staged/{contract.name} to go on without its rows"
    message = "its rows have to be read again, and the file is not there any more"
    if gone:
        raise DataRefused(*(Problem("F160", message, project / source.path, help=help_) for source in gone))


def _read(
    con: DuckDBPyConnection, contract: Contract, new: Sequence[Scanned], aside: Path, tick: Tick
) -> dict[str, int]:
    """Write the part of each file aside; the rows of each, by sha256."""
    typed = read_all(con, contract, new, aside, tick)
    judge_all(con, contract, typed.rows, [file.opened for file in new], sum(typed.counts), fresh=typed.fresh)
    place, _ = POSITION
    for ordinal, file in enumerate(new):
        own = exp.EQ(this=column(place), expression=exp.convert(ordinal))
        part = exp.select("*").from_(landed_columns(contract, typed.rows).subquery("l")).where(own)
        write_parquet(con, part, _part(aside, file.scan.sha256))
    return {file.scan.sha256: count for file, count in zip(new, typed.counts, strict=True)}


def _sources(
    project: Path, scanned: Sequence[Scanned], known: Mapping[str, SourceFile], counts: Mapping[str, int]
) -> tuple[SourceFile, ...]:
    """The files in data/raw and those that have left it, in order of name."""
    landed = {sha256: source.rows for sha256, source in known.items()} | dict(counts)
    sources = [file.source(project, landed[file.scan.sha256]) for file in scanned]
    present = {source.path: source for source in sources}
    renamed = {source.sha256 for source in present.values()}
    gone = {source.path: source for source in known.values() if source.sha256 not in renamed}
    return tuple(source for _, source in sorted((gone | present).items()))


def _part(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.parquet"


def _rows(parts: Sequence[Path]) -> exp.Query:
    files = exp.Array(expressions=[file_literal(part) for part in parts])
    return exp.select("*").from_(call("read_parquet", files))


def _extent(con: DuckDBPyConnection, contract: Contract, typed: exp.Query) -> tuple[str, str]:
    """The times of the first and the last row in ISO form."""
    time = exp.cast(column(str(contract.time_col)), "timestamp")
    ends = exp.select(exp.Min(this=time), exp.Max(this=time.copy())).from_(typed.subquery("t"))
    first, last = rows(con, ends)[0]
    return first.replace(tzinfo=UTC).isoformat(), last.replace(tzinfo=UTC).isoformat()


def _remove_uncounted(home: Path, known: Mapping[str, SourceFile]) -> None:
    """Parts that a killed run left, or that the manifest before last still counted."""
    for part in home.glob("*.parquet"):
        if part.stem not in known:
            part.unlink()
