"""Raw files into typed Parquet aside, judged: what `check` and `ingest` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import DataRefused, LimitExceeded, Problem
from ciq.ingest import header as headers
from ciq.ingest.engine import call, column, file_literal, is_exhausted, rows, watched, write_parquet
from ciq.ingest.findings import SAMPLES, Opened, problems
from ciq.ingest.formats import recognised
from ciq.ingest.judging import POSITION, Judged, judge
from ciq.ingest.reader import Scan, Tick
from ciq.ingest.uniqueness import repeats

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Stamp:
    """What the file system says of a file; another stamp is another file."""

    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file now."""
        stat = path.stat()
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@dataclass(frozen=True)
class Scanned:
    """A file that passed its byte guards; ``stamp`` was taken before the first byte was read."""

    opened: Opened
    scan: Scan
    stamp: Stamp


def open_all(paths: Sequence[Path], contract: Contract, aside: Path) -> list[Opened]:
    """Judge format and header of each file. Raises DataRefused for all files at once."""
    opened, found = list[Opened](), list[Problem]()
    for path in paths:
        try:
            raw, reader = recognised(path, contract, aside)
            one = Opened(raw, reader, reader.header(raw, contract))
            found.extend(headers.problems(path, contract, one.header))
            opened.append(one)
        except DataRefused as refused:
            found.extend(refused.problems)
    if found:
        raise DataRefused(*found)
    return opened


def scan_all(files: Sequence[Opened], contract: Contract, tick: Tick) -> list[Scanned]:
    """Hash and guard each file. Raises DataRefused for all files at once, LimitExceeded at the first limit."""
    scanned, found = list[Scanned](), list[Problem]()
    for file in files:
        stamp = Stamp.of(file.path)
        try:
            scan = file.reader.scan(file.raw, contract, file.header, _within(file.path, stamp.size, tick))
        except DataRefused as refused:
            found.extend(refused.problems)
            continue
        found.extend(_size_problems(file, scan, contract))
        scanned.append(Scanned(file, scan, stamp))
    found.extend(_twins(scanned))
    if found:
        raise DataRefused(*found)
    return scanned


def read_all(
    con: DuckDBPyConnection, contract: Contract, files: Sequence[Scanned], aside: Path, tick: Tick
) -> tuple[exp.Query, tuple[int, ...]]:
    """Cast each file into a Parquet file in ``aside``; the typed rows of all of them, and how many each one has.

    Raises DataRefused where a file is malformed or was written to meanwhile.
    """
    import duckdb

    branches, counts = list[exp.Query](), list[int]()
    for ordinal, file in enumerate(files):
        landed = aside / f"{ordinal}.parquet"
        source = file.opened
        try:
            with watched(con, file.scan.bytes, tick):
                write_parquet(con, source.reader.rows(contract, source.header, file.scan), landed)
        except duckdb.Error as error:
            if is_exhausted(error):
                raise
            _unchanged(file)
            raise source.reader.refusal(source.raw, contract, source.header, error) from error
        _unchanged(file)
        count = _count(con, landed)
        if file.scan.records is not None and count != file.scan.records:
            raise source.reader.refusal(source.raw, contract, source.header, None)
        if count == 0:
            raise DataRefused(Problem("F111", "the file has no rows", source.path))
        _bounded(source, count, contract)
        counts.append(count)
        branches.append(_branch(landed, ordinal, file.scan.sha256))
    return _together(branches), tuple(counts)


def judge_all(
    con: DuckDBPyConnection, contract: Contract, typed: exp.Query, files: Sequence[Opened], *, fresh: bool
) -> Judged:
    """Judge typed rows. Raises DataRefused for all violations at once."""
    judged = judge(con, contract, typed, fresh=fresh)
    repeated = list(repeats(con, contract, typed, SAMPLES))
    if judged.violations or repeated:
        raise DataRefused(*problems(con, contract, typed, judged, repeated, files, fresh=fresh))
    return judged


def landed_columns(contract: Contract, typed: exp.Query) -> exp.Query:
    """What is landed of typed rows: the declared columns in order, then where each row came from."""
    return exp.select(*map(column, (*contract.types, "_source", *POSITION))).from_(typed.subquery("t"))


def staged_rows(parquet: Path) -> exp.Query:
    """The typed rows of a landed version."""
    return exp.select("*").from_(call("read_parquet", file_literal(parquet)))


def _size_problems(file: Opened, scan: Scan, contract: Contract) -> list[Problem]:
    if scan.records == 0:
        return [Problem("F111", "the file has a header and no rows", file.path)]
    _bounded(file, scan.records or 0, contract)
    return []


def _bounded(file: Opened, count: int, contract: Contract) -> None:
    limit = contract.source.limits.max_rows
    if count > limit:
        message = f"the file has {count} rows, the limit is {limit}"
        raise LimitExceeded(Problem("F105", message, file.path, help="raise source.limits.max_rows"))


def _twins(files: Sequence[Scanned]) -> list[Problem]:
    seen: dict[str, Path] = {}
    found = []
    for file in files:
        other = seen.setdefault(file.scan.sha256, file.opened.path)
        if other is not file.opened.path:
            message = f"the same content as {other.name}"
            found.append(Problem("F125", message, file.opened.path, help="remove one of the two"))
    return found


def _within(path: Path, size: int, tick: Tick) -> Tick:
    """``tick``, ending the pass over a file that grows as it is read."""
    read = 0

    def counted(count: int) -> None:
        nonlocal read
        read += count
        if read > size:
            raise _changed(path)
        tick(count)

    return counted


def _unchanged(file: Scanned) -> None:
    try:
        same = Stamp.of(file.opened.path) == file.stamp
    except OSError:
        same = False
    if not same:
        raise _changed(file.opened.path)


def _changed(path: Path) -> DataRefused:
    message = "the file changed while it was read"
    return DataRefused(Problem("F126", message, path, help="run again once it is written"))


def _count(con: DuckDBPyConnection, parquet: Path) -> int:
    counted = exp.select(exp.Count(this=exp.Star())).from_(call("read_parquet", file_literal(parquet)))
    return int(rows(con, counted)[0][0])


def _branch(parquet: Path, ordinal: int, sha256: str) -> exp.Query:
    place, record = POSITION
    number = exp.Add(this=column("file_row_number"), expression=exp.convert(1))
    everything = exp.Star(except_=[exp.to_identifier("file_row_number", quoted=True)])
    return exp.select(
        everything,
        exp.alias_(exp.Literal.string(sha256), "_source"),
        exp.alias_(exp.cast(exp.convert(ordinal), "INTEGER"), place),
        exp.alias_(number, record),
    ).from_(call("read_parquet", file_literal(parquet), file_row_number=exp.true()))


def _together(branches: Sequence[exp.Query]) -> exp.Query:
    together = branches[0]
    for branch in branches[1:]:
        together = exp.union(together, branch, distinct=False, copy=False)
    return together
