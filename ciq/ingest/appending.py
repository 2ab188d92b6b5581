"""Appending: each raw file is a part of its own beside the earlier ones, and the manifest names those that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import DataRefused, Problem
from ciq.ingest import manifest as manifests
from ciq.ingest.atomic import sync
from ciq.ingest.content.compression import COMPRESSIONS
from ciq.ingest.content.raw import Tick
from ciq.ingest.engine import call, column, connection, file_literal, rows, write_parquet
from ciq.ingest.formats.header import extra
from ciq.ingest.manifest import Manifest, SourceFile
from ciq.ingest.parallel import gathered
from ciq.ingest.provenance import landed_columns
from ciq.ingest.reading import Scanned, Verdict, judge_all, read_all
from ciq.ingest.verdict import quarantine
from ciq.ingest.verdict.findings import Opened
from ciq.ingest.verdict.judging import POSITION, judge

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class _Part:
    """What became of a file: its records, how many were set aside, the violations by rule, and samples of these."""

    records: int
    rejected: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    told: tuple[Problem, ...] = ()


def append(
    project: Path, contract: Contract, scanned: Sequence[Scanned], aside: Path, tick: Tick
) -> tuple[Manifest, tuple[Problem, ...]]:
    """Land the files that are new or changed; a file that has left data/raw keeps its part.

    Beside the manifest there are samples of what was set aside. Raises DataRefused where a file breaks the contract;
    then none of them lands.
    """
    home, rejects = manifests.parts_folder(project, contract), manifests.rejects_folder(project, contract)
    home.mkdir(parents=True, exist_ok=True)
    known = _known(project, contract, home, scanned)
    _remove_uncounted(home, known)
    _remove_uncounted(rejects, known)
    new = [file for file in scanned if file.opened.landed is None]
    aside.mkdir(exist_ok=True)
    with connection(aside) as con:
        read = _read(con, contract, new, aside, tick) if new else {}
        sources = _sources(project, scanned, known, read)
        typed = _rows([_part(aside if source.sha256 in read else home, source.sha256) for source in sources])
        judged = judge(con, contract, typed, fresh=False)
        begins, ends = _extent(con, contract, typed)
    _take_over(read, aside, home, rejects)
    rejected = _violations(sources)
    manifest = Manifest(
        dataset=contract.name,
        version=manifests.version_key(contract, [source.sha256 for source in sources]),
        rows=sum(source.rows - source.rejected for source in sources),
        parquet=_all_of(project, home),
        sources=sources,
        contract_version=contract.version,
        reading=manifests.reading_key(contract),
        judged=manifests.judged_key(contract),
        mends=judged.mends,
        warnings=judged.warnings,
        dropped=tuple(dict.fromkeys(name for file in scanned for name in extra(contract, file.opened.header))),
        rejected=rejected,
        rejects=_all_of(project, rejects) if rejected else None,
        mode="append",
        begins=begins,
        ends=ends,
    )
    return manifest, tuple(problem for part in read.values() for problem in part.told)


def _known(project: Path, contract: Contract, home: Path, scanned: Sequence[Scanned]) -> dict[str, SourceFile]:
    """The files that have parts in ``home``, by sha256. Raises DataRefused where the contract can't go on from them."""
    earlier = manifests.of_parts(project, contract)
    parts = earlier.sources if earlier else ()
    known = {source.sha256: source for source in parts if _part(home, source.sha256).is_file()}
    _must_be_there(project, contract, known.keys() | {file.scan.sha256 for file in scanned})
    _must_be_tolerated(contract, known.values())
    return known


def _violations(sources: Iterable[SourceFile]) -> dict[str, int]:
    """Those of all files, by rule."""
    return dict(sorted(sum((Counter(source.violations) for source in sources), Counter[str]()).items()))


def _take_over(read: Mapping[str, _Part], aside: Path, home: Path, rejects: Path) -> None:
    """Move what was written aside to where it stays."""
    for sha256, part in read.items():
        if part.rejected:
            rejects.mkdir(parents=True, exist_ok=True)
            _moved(_rejects(aside, sha256), _part(rejects, sha256))
        _moved(_part(aside, sha256), _part(home, sha256))
    sync(home)


def _must_be_there(project: Path, contract: Contract, here: Set[str]) -> None:
    """Raise for files that counted until now, have left data/raw, and would have to be read again."""
    counted = manifests.current(project, contract.name)
    gone = [source for source in counted.sources if source.sha256 not in here] if counted and counted.appends else []
    help_ = f"put it back, or delete data/staged/{contract.name} to go on without its rows"
    message = "its rows have to be read again, and the file is not there any more"
    if gone:
        raise DataRefused(*(Problem("F160", message, project / source.path, help=help_) for source in gone))


def _must_be_tolerated(contract: Contract, parts: Iterable[SourceFile]) -> None:
    """Raise for files of which more rows were set aside than the contract now tolerates."""
    over = [
        problem
        for part in parts
        for problem in quarantine.excess(contract, part.violations, part.rows, Path(part.path).name)
    ]
    if over:
        raise DataRefused(*over)


def _read(
    con: DuckDBPyConnection, contract: Contract, new: Sequence[Scanned], aside: Path, tick: Tick
) -> dict[str, _Part]:
    """Write the part of each file aside, by sha256.

    Under a quarantine each file is judged alone, so that the verdict on it does not hang on what comes with it.
    """
    typed = read_all(con, contract, new, aside, tick)
    files = [file.opened for file in new]
    alone = contract.on_violation == "quarantine"
    if not alone:
        judge_all(con, contract, typed.rows, files, sum(typed.counts), fresh=typed.fresh, mixed=sum(typed.mixed, ()))

    def part(at: int) -> _Part:
        own = exp.EQ(this=column(POSITION[0]), expression=exp.convert(at))
        rows: exp.Query = exp.select("*").from_(typed.rows.copy().subquery("t")).where(own)
        found, target = _Part(typed.counts[at]), _part(aside, new[at].scan.sha256)
        with con.cursor() as session:
            if alone:
                of, mixed = files[at].path.name, typed.mixed[at]
                verdict = judge_all(
                    session, contract, rows, files, found.records, fresh=typed.fresh, of=of, mixed=mixed
                )
                if verdict.told:
                    found = _set_aside(session, contract, rows, verdict, files, at, _rejects(aside, target.stem))
                    rows = quarantine.kept(rows)
            write_parquet(session, landed_columns(contract, rows), target)
        return found

    parts = gathered(part, range(len(new)))
    return {file.scan.sha256: found for file, found in zip(new, parts, strict=True)}


def _set_aside(
    con: DuckDBPyConnection,
    contract: Contract,
    rows: exp.Query,
    verdict: Verdict,
    files: Sequence[Opened],
    at: int,
    target: Path,
) -> _Part:
    """Write the violations of the file ``at`` into ``target``. Raises DataRefused if all its rows are in breach."""
    rejected = quarantine.set_aside(con, contract, rows, verdict.judged, verdict.repeated, files)[at]
    if rejected == verdict.total:
        raise DataRefused(*verdict.told, quarantine.none_left(contract, files[at].path.name))
    quarantine.write(con, contract, files, target)
    return _Part(verdict.total, rejected, verdict.counts, verdict.told)


def _sources(
    project: Path, scanned: Sequence[Scanned], known: Mapping[str, SourceFile], read: Mapping[str, _Part]
) -> tuple[SourceFile, ...]:
    """The files in data/raw and those that have left it, in order of name."""
    landed = {sha256: _Part(source.rows, source.rejected, source.violations) for sha256, source in known.items()}
    landed |= read
    present = dict[str, SourceFile]()
    for file in scanned:
        part = landed[file.scan.sha256]
        source = replace(file.source(project, part.records, part.rejected), violations=part.violations)
        present[source.path] = source
    renamed, replaced = {source.sha256 for source in present.values()}, {_unpacked(path) for path in present}
    left = (source for source in known.values() if source.sha256 not in renamed)
    gone = {source.path: source for source in left if _unpacked(source.path) not in replaced}
    return tuple(source for _, source in sorted((gone | present).items()))


def _unpacked(path: str) -> str:
    """The path without what a compression adds: a file that is packed once it is read is the same file."""
    return next((path[: -len(suffix)] for suffix in COMPRESSIONS if path.lower().endswith(suffix)), path)


def _all_of(project: Path, folder: Path) -> str:
    return (folder.relative_to(project) / "*.parquet").as_posix()


def _moved(source: Path, target: Path) -> None:
    sync(source)
    source.replace(target)


def _rejects(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.rejects"


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
