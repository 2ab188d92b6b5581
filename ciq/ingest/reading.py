"""Raw files into typed Parquet aside, judged: what `check` and `ingest` share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract import pii
from ciq.contract.model import Contract
from ciq.errors import DataRefused, Problem
from ciq.ingest.cells.offsets import mixed
from ciq.ingest.content.bounds import bound_rows
from ciq.ingest.content.compression import COMPRESSIONS
from ciq.ingest.content.raw import Tick
from ciq.ingest.content.stamp import Stamp
from ciq.ingest.engine import call, file_literal, is_exhausted, rows, watched, write_parquet
from ciq.ingest.formats import header as headers
from ciq.ingest.formats.reader import Digest, Header, Scan
from ciq.ingest.formats.table import recognised
from ciq.ingest.manifest import SourceFile
from ciq.ingest.parallel import gathered
from ciq.ingest.provenance import Earlier, cast_rows, earlier_rows
from ciq.ingest.verdict import quarantine
from ciq.ingest.verdict.findings import SAMPLES, Opened, problems
from ciq.ingest.verdict.judging import Judged, judge
from ciq.ingest.verdict.uniqueness import Repeat, repeats

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Scanned:
    """A file that passed its byte guards."""

    opened: Opened
    scan: Scan

    def source(self, project: Path, rows: int, rejected: int = 0) -> SourceFile:
        """The file with its ``rows``, of which ``rejected`` were set aside, as the manifest names it."""
        return SourceFile(
            path=self.opened.path.relative_to(project).as_posix(),
            sha256=self.scan.sha256,
            bytes=self.scan.bytes,
            rows=rows,
            columns=self.opened.header.names,
            types=self.opened.header.types,
            rejected=rejected,
        )


@dataclass(frozen=True)
class Typed:
    """The typed rows of all files in order, and how many each one has.

    ``fresh`` rows carry the text of cells that could not be cast. ``whole`` is a Parquet file of the declared columns
    of all rows, and of nothing else, where there is one. ``mixed`` are the problems of each file as a whole.
    """

    rows: exp.Query
    counts: tuple[int, ...]
    fresh: bool
    whole: Path | None
    mixed: tuple[tuple[Problem, ...], ...]


def open_all(paths: Sequence[Path], contract: Contract, aside: Path, earlier: Earlier | None = None) -> list[Opened]:
    """Judge format and header of each file. Raises DataRefused for all files at once."""
    return gathered(partial(_open, contract, aside, earlier.sources if earlier else ()), paths)


def scan_all(files: Sequence[Opened], contract: Contract, tick: Tick) -> list[Scanned]:
    """Hash and guard each file. Raises DataRefused for all files at once, LimitExceeded at the first limit."""
    scanned = gathered(partial(_scan, contract, tick, hashed=True), files)
    found = _twins(scanned)
    if found:
        raise DataRefused(*found)
    return scanned


def scan_one(file: Opened, contract: Contract, tick: Tick) -> Scanned:
    """Guard a file that is not to land. Raises as :func:`scan_all`."""
    return _scan(contract, tick, file, hashed=False)


def read_all(
    con: DuckDBPyConnection,
    contract: Contract,
    files: Sequence[Scanned],
    aside: Path,
    tick: Tick,
    earlier: Earlier | None = None,
) -> Typed:
    """Cast each file into a Parquet file in ``aside``.

    Files that ``earlier`` holds are taken from there. Raises DataRefused where a file is malformed or was written to
    meanwhile.
    """

    def read(at: int) -> tuple[exp.Query, int, bool, Path | None, tuple[Problem, ...]]:
        file = files[at]
        if file.opened.landed and earlier:
            file.opened.stamp.verify()
            tick(file.scan.bytes)
            return earlier_rows(contract, earlier, at, file.scan.sha256), file.opened.landed.rows, True, None, ()
        cast = aside / f"{at}.parquet"
        with con.cursor() as own:
            count, sound = _cast(own, contract, file, cast, tick)
            found = () if sound else tuple(_mixed(own, contract, file.opened, cast))
        return cast_rows(contract, cast, at, file.scan.sha256, sound=sound), count, sound, cast, found

    branches, counts, sound, casts, mixed = zip(*gathered(read, range(len(files))), strict=True)
    whole = casts[0] if all(sound) and len(casts) == 1 else None
    return Typed(_together(branches), counts, not all(sound), whole, mixed)


@dataclass(frozen=True)
class Verdict:
    """What was judged of ``total`` rows; ``told`` has samples of violations where they are tolerated."""

    judged: Judged
    total: int
    repeated: tuple[Repeat, ...] = ()
    told: tuple[Problem, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The violations of each rule."""
        return quarantine.tally(self.judged, self.repeated)


def judge_all(
    con: DuckDBPyConnection,
    contract: Contract,
    typed: exp.Query,
    files: Sequence[Opened],
    total: int,
    *,
    fresh: bool,
    of: str | None = None,
    mixed: Sequence[Problem] = (),
) -> Verdict:
    """Judge typed rows, ``total`` in all. Raises DataRefused for all violations at once, if they are not tolerated.

    ``of`` is the name of the file whose rows these are, if it is judged alone; ``mixed`` are problems of whole files,
    which nothing tolerates.
    """
    judged = judge(con, contract, typed, fresh=fresh)
    verdict = Verdict(judged, total, tuple(repeats(con, contract, typed, SAMPLES)))
    if not verdict.counts and not mixed:
        return verdict
    told = problems(con, contract, typed, judged, verdict.repeated, files, fresh=fresh)
    if mixed or contract.on_violation == "fail":
        raise DataRefused(*mixed, *told)
    over = list(quarantine.excess(contract, verdict.counts, total, of))
    if over:
        raise DataRefused(*told, *over)
    return replace(verdict, told=tuple(told))


def _open(contract: Contract, aside: Path, known: Sequence[SourceFile], path: Path) -> Opened:
    raw, reader = recognised(path, contract, aside)
    stamp = Stamp.of(path)
    landed = _same(path, [source for source in known if source.bytes == stamp.size])
    header = Header(landed.columns, landed.types) if landed else reader.header(raw, contract)
    found = list(headers.problems(path, contract, header))
    if found:
        raise DataRefused(*found)
    return Opened(raw, reader, header, stamp, landed)


def _same(path: Path, candidates: Sequence[SourceFile]) -> SourceFile | None:
    """Of files with the size of this one the one with its content."""
    if not candidates:
        return None
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return next((source for source in candidates if source.sha256 == sha256), None)


def _scan(contract: Contract, tick: Tick, file: Opened, *, hashed: bool) -> Scanned:
    if file.landed:
        tick(file.landed.bytes)
        return Scanned(file, Scan(file.landed.sha256, file.landed.bytes, file.path, file.landed.rows))
    digest = Digest(file.stamp.within(tick), hashed=hashed)
    scan = file.reader.scan(file.raw, contract, file.header, digest)
    if scan.records == 0:
        raise DataRefused(Problem("F111", "the file has a header and no rows", file.path))
    bound_rows(scan.records or 0, file.path, contract.source.limits)
    return Scanned(file, scan)


def _cast(con: DuckDBPyConnection, contract: Contract, file: Scanned, target: Path, tick: Tick) -> tuple[int, bool]:
    """Write the typed rows of one file; how many there are, and whether every cell could be cast."""
    source = file.opened
    pii.unlock(con, contract)
    # A quarantine expects cells that can't be cast.
    sound = contract.on_violation == "fail" and _written(con, contract, file, target, tick, demanding=True)
    if not sound:
        _written(con, contract, file, target, tick, demanding=False)
    source.stamp.verify()
    count = _count(con, target)
    if file.scan.records is not None and count != file.scan.records:
        raise source.reader.refusal(source.raw, contract, source.header, None)
    if count == 0:
        raise DataRefused(Problem("F111", "the file has no rows", source.path))
    bound_rows(count, source.path, contract.source.limits)
    return count, sound


def _written(
    con: DuckDBPyConnection, contract: Contract, file: Scanned, target: Path, tick: Tick, *, demanding: bool
) -> bool:
    """Write the typed rows of one file, unless they are ``demanding`` and one has a cell that can't be cast."""
    import duckdb

    source = file.opened
    try:
        with watched(con, file.scan.bytes, tick):
            write_parquet(con, source.reader.rows(contract, source.header, file.scan, demanding=demanding), target)
    except duckdb.Error as error:
        if is_exhausted(error):
            raise
        if demanding and isinstance(error, duckdb.ConversionException):
            return False
        source.stamp.verify()
        raise source.reader.refusal(source.raw, contract, source.header, error) from error
    return True


def _mixed(con: DuckDBPyConnection, contract: Contract, file: Opened, cast: Path) -> Iterator[Problem]:
    for name, naive, placed in mixed(con, contract, cast):
        places = file.reader.places(file.raw, contract, file.header, sorted((naive, placed)))
        at = file.header.names.index(name)
        bare, full = (repr(places[record].values[at]) for record in (naive, placed))
        later = max(naive, placed)
        message = f"{name} has times without an offset, such as {bare}, and times with one, such as {full}"
        yield Problem("I212", message, file.path, places[later].line, help="write all times in one form")


def _twins(files: Sequence[Scanned]) -> list[Problem]:
    seen: dict[str, Path] = {}
    found = []
    for file in files:
        path = file.opened.path
        unpacked = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
        for same, message in ((file.scan.sha256, "the same content as {}"), (str(unpacked), "{} in another packing")):
            other = seen.setdefault(same, path)
            if other is not path:
                found.append(Problem("F125", message.format(other.name), path, help="remove one of the two"))
                break
    return found


def _count(con: DuckDBPyConnection, parquet: Path) -> int:
    counted = exp.select(exp.Count(this=exp.Star())).from_(call("read_parquet", file_literal(parquet)))
    return int(rows(con, counted)[0][0])


def _together(branches: Sequence[exp.Query]) -> exp.Query:
    together = branches[0]
    for branch in branches[1:]:
        together = exp.union(together, branch, distinct=False, copy=False)
    return together
