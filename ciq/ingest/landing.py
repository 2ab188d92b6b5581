"""Landing: a data set's raw files become one typed Parquet file and a manifest, whole or not at all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError, DataRefused, Problem
from ciq.files import aside as whole_or_not
from ciq.ingest import manifest as manifests
from ciq.ingest.appending import append
from ciq.ingest.atomic import aside_in, sole, sync
from ciq.ingest.content.raw import Tick
from ciq.ingest.engine import connection, write_parquet
from ciq.ingest.formats import header as headers
from ciq.ingest.manifest import Manifest, SourceFile
from ciq.ingest.provenance import Earlier, landed_columns, staged_rows
from ciq.ingest.reading import Scanned, Verdict, judge_all, open_all, read_all, scan_all
from ciq.ingest.sources import claimed, files_of
from ciq.ingest.verdict import quarantine
from ciq.ingest.verdict.findings import Opened
from ciq.ingest.verdict.judging import judge

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Progress = Callable[[int, int], None]
"""Told of the bytes gone through and of all bytes to go through; each file is gone through twice."""


@dataclass(frozen=True)
class Landed:
    """What is staged now; ``changed`` says whether the current version became another one.

    ``set_aside`` are samples of the violations whose rows were set aside just now.
    """

    manifest: Manifest
    changed: bool
    set_aside: tuple[Problem, ...] = ()


def ingest(
    project: Path, contracts: Mapping[str, Contract], name: str, progress: Progress = lambda done, total: None
) -> Landed:
    """Land the raw files of data set ``name`` as ``data/staged/<name>/<version>.parquet`` with its manifest.

    In mode append only files that are new or changed are read, and a file that has left data/raw keeps its rows.
    A version that was landed before is taken up again without reading it anew; where only the constraints changed, it
    is judged again. Two ingests of one data set wait for each other.
    Raises DataRefused (all violations at once), LimitExceeded or ContractError; what was staged then stays as it was.
    """
    contract = contracts[name]
    with _paths_relative_to(project):
        parts = manifests.of_parts(project, contract) if contract.appends else None
        paths = files_of(project, contracts, name, needed=parts is None)
        with sole(manifests.folder(project, name)) as folder, aside_in(folder) as aside:
            earlier = manifests.current(project, name)
            kept = _kept(project, contract, earlier)
            opened = open_all(paths, contract, aside, kept)
            counter = _Counter(2 * sum(path.stat().st_size for path in paths), progress)
            scanned = scan_all(opened, contract, counter.tick)
            known, told = _landed(project, contract, scanned, aside, counter.tick, kept)
            counter.finish()
            if known != earlier:
                manifests.write(project, known)
    return Landed(known, earlier is None or known.version != earlier.version, told)


def waiting(project: Path, contracts: Mapping[str, Contract], name: str) -> bool:
    """Whether data/raw holds files of ``name`` that, under its contract, are another version than the current one."""
    paths = [path for path in claimed(project, contracts, name) if path.is_file()]
    if not paths:
        return False
    current = manifests.current(project, name)
    shas = []
    for path in paths:
        with path.open("rb") as stream:
            shas.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if current and contracts[name].appends:
        return not set(shas) <= {source.sha256 for source in current.sources}
    return current is None or current.version != manifests.version_key(contracts[name], shas)


def _kept(project: Path, contract: Contract, earlier: Manifest | None) -> Earlier | None:
    """The current version, if today's contract reads its files as it was read."""
    if earlier is None or earlier.appends != contract.appends or earlier.reading != manifests.reading_key(contract):
        return None
    rows = staged_rows(project, earlier)
    if not contract.appends:
        return Earlier(rows, tuple(source for source in earlier.sources if not source.rejected))
    if (project / earlier.parquet).parent != manifests.parts_folder(project, contract):
        return None
    parts = {path.stem for path in project.glob(earlier.parquet)}
    sources = tuple(source for source in earlier.sources if source.sha256 in parts)
    return Earlier(rows, sources) if earlier.judged == manifests.judged_key(contract) else None


def _landed(
    project: Path, contract: Contract, scanned: Sequence[Scanned], aside: Path, tick: Tick, kept: Earlier | None
) -> tuple[Manifest, tuple[Problem, ...]]:
    """What is staged now, and samples of what was set aside for it."""
    if contract.appends:
        return append(project, contract, scanned, aside, tick)
    known = _known(project, contract, scanned, aside)
    return (known, ()) if known else _land(project, contract, scanned, aside, tick, kept)


def _known(project: Path, contract: Contract, scanned: Sequence[Scanned], aside: Path) -> Manifest | None:
    """The manifest of these very files from an earlier landing, under today's contract."""
    known = manifests.of_version(project, contract.name, _version(contract, scanned))
    if known is None:
        return None
    counts = [source.rows for source in known.sources]
    over = list(quarantine.excess(contract, known.rejected, sum(counts)))
    if over:
        raise DataRefused(*over)
    sources = _sources(project, scanned, counts, [source.rejected for source in known.sources])
    renewed = replace(known, sources=sources, contract_version=contract.version, dropped=_dropped(contract, scanned))
    key = manifests.judged_key(contract)
    if known.judged == key:
        return renewed
    staged = staged_rows(project, known)
    with connection(aside) as con:
        judged = judge_all(con, contract, staged, _opened(scanned), known.rows, fresh=False).judged
    return replace(renewed, judged=key, mends=judged.mends, warnings=judged.warnings)


def _land(
    project: Path, contract: Contract, scanned: Sequence[Scanned], aside: Path, tick: Tick, kept: Earlier | None
) -> tuple[Manifest, tuple[Problem, ...]]:
    version = _version(contract, scanned)
    target = aside.with_name(f"{version}.parquet")
    rejects = manifests.rejects_file(project, contract.name, version)
    aside.mkdir(exist_ok=True)
    with connection(aside) as con:
        typed = read_all(con, contract, scanned, aside, tick, kept)
        rows, counts, whole = typed.rows, typed.counts, typed.whole
        verdict = judge_all(
            con, contract, rows, _opened(scanned), sum(counts), fresh=typed.fresh, mixed=sum(typed.mixed, ())
        )
        judged, rejected = verdict.judged, [0] * len(counts)
        if verdict.told:
            rejected = _set_aside(con, contract, rows, verdict, scanned, rejects)
            rows, whole = quarantine.kept(rows), None
            judged = judge(con, contract, rows, fresh=True)
        numbered = whole is None
        if whole is None:
            whole = aside / target.name
            write_parquet(con, landed_columns(contract, rows), whole)
        sync(whole)
        whole.replace(target)
        sync(target.parent)
    manifest = Manifest(
        dataset=contract.name,
        version=version,
        rows=sum(counts) - sum(rejected),
        parquet=target.relative_to(project).as_posix(),
        sources=_sources(project, scanned, counts, rejected),
        contract_version=contract.version,
        reading=manifests.reading_key(contract),
        judged=manifests.judged_key(contract),
        mends=judged.mends,
        warnings=judged.warnings,
        dropped=_dropped(contract, scanned),
        rejected=verdict.counts,
        rejects=rejects.relative_to(project).as_posix() if verdict.told else None,
        numbered=numbered,
    )
    return manifest, verdict.told


def _set_aside(
    con: DuckDBPyConnection,
    contract: Contract,
    typed: exp.Query,
    verdict: Verdict,
    scanned: Sequence[Scanned],
    rejects: Path,
) -> list[int]:
    """Write the rows in breach into ``rejects``; how many each file has. Raises DataRefused if they are all."""
    rejected = quarantine.set_aside(con, contract, typed, verdict.judged, verdict.repeated, _opened(scanned))
    if sum(rejected) == verdict.total:
        raise DataRefused(*verdict.told, quarantine.none_left(contract))
    with whole_or_not(rejects) as path:
        quarantine.write(con, contract, _opened(scanned), path)
    return rejected


class _Counter:
    """Adds up the bytes gone through, from any thread."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done = 0
        self._total = total
        self._progress = progress
        self._one_at_a_time = threading.Lock()

    def tick(self, size: int) -> None:
        with self._one_at_a_time:
            self._done += size
            self._progress(min(self._done, self._total), self._total)

    def finish(self) -> None:
        self._progress(self._total, self._total)


def _version(contract: Contract, scanned: Sequence[Scanned]) -> str:
    return manifests.version_key(contract, [file.scan.sha256 for file in scanned])


def _opened(scanned: Sequence[Scanned]) -> list[Opened]:
    return [file.opened for file in scanned]


def _dropped(contract: Contract, scanned: Sequence[Scanned]) -> tuple[str, ...]:
    names = (name for file in scanned for name in headers.extra(contract, file.opened.header))
    return tuple(dict.fromkeys(names))


def _sources(
    project: Path, scanned: Sequence[Scanned], counts: Sequence[int], rejected: Sequence[int]
) -> tuple[SourceFile, ...]:
    return tuple(file.source(project, rows, bad) for file, rows, bad in zip(scanned, counts, rejected, strict=True))


@contextmanager
def _paths_relative_to(project: Path) -> Iterator[None]:
    try:
        yield
    except CiqError as error:
        raise type(error)(
            *(
                replace(problem, path=problem.path.relative_to(project))
                if problem.path and problem.path.is_relative_to(project)
                else problem
                for problem in error.problems
            )
        ) from error
