"""The short way to the verdict on a sound file: one pass that proves its rows and keeps of them only their keys.

It answers for files in which nothing is wrong. Whatever else it meets, it leaves to the whole way, which says what is
wrong and where.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.clean import Mend, cleaned, mends
from ciq.contract.model import Contract
from ciq.ingest.cells.evident import SOUND
from ciq.ingest.engine import call, column, file_literal, is_exhausted, rows, write_parquet
from ciq.ingest.formats.reader import Scan
from ciq.ingest.provenance import numbered_rows
from ciq.ingest.reading import Scanned, scan_one
from ciq.ingest.verdict.findings import Opened
from ciq.ingest.verdict.judging import Check, Judged, by_step, checks, how_many
from ciq.ingest.verdict.uniqueness import repeats

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_GOOD = "_good"


def glance(con: DuckDBPyConnection, contract: Contract, file: Opened, aside: Path) -> tuple[Scanned, Judged | None]:
    """The scanned file, and what is told of it if its every row satisfies the contract; None where that is not proved.

    Raises as :func:`ciq.ingest.reading.scan_one`.
    """
    expected = file.reader.expected(file.raw, contract)
    if expected is None:
        scanned = scan_one(file, contract, lambda size: None)
        return scanned, _told(scanned, _proof(con, contract, file, scanned.scan, aside))
    scanned, proof = _beside(con, contract, file, expected, aside)
    if (scanned.scan.plain, scanned.scan.multiline) != (expected.plain, expected.multiline):
        proof = _proof(con, contract, file, scanned.scan, aside)
    return scanned, _told(scanned, proof)


_Proof = tuple[int, Judged] | None
"""How many rows are good, and what is told of them; None where something is not."""


def _told(scanned: Scanned, proof: _Proof) -> Judged | None:
    return proof[1] if proof and proof[0] == scanned.scan.records else None


def _beside(
    con: DuckDBPyConnection, contract: Contract, file: Opened, expected: Scan, aside: Path
) -> tuple[Scanned, _Proof]:
    """The scan and the proof at the same time: the one leaves half of the cores idle, the other waits for files."""
    import duckdb

    left = threading.Event()

    def tick(size: int) -> None:
        if left.is_set():
            raise CancelledError

    with ThreadPoolExecutor(1) as pool, ExitStack() as ended:
        ended.callback(left.set)
        scanning = pool.submit(scan_one, file, contract, tick)
        # A file whose bytes are refused is not read to its end.
        scanning.add_done_callback(lambda done: con.interrupt() if done.exception() else None)
        try:
            proof = _proof(con, contract, file, expected, aside)
        except duckdb.Error:
            scanning.result()
            raise
        scanned = scanning.result()
    return scanned, proof


def _proof(con: DuckDBPyConnection, contract: Contract, file: Opened, scan: Scan, aside: Path) -> _Proof:
    import duckdb

    proved = file.reader.proved(contract, file.header, scan)
    if proved is None:
        return None
    every = list(checks(contract, fresh=False))
    warned = [check for check in every if check.severity == "warn"]
    steps = [mend for name in contract.types for mend in mends(contract, name, column(name))]
    marked = [_mark("warned", at) for at in range(len(warned))] + [_mark("mended", at) for at in range(len(steps))]
    parquet = aside / "keys.parquet"
    try:
        write_parquet(con, _kept(contract, _mended(contract, proved, steps), every, marked), parquet, "uncompressed")
    except duckdb.Error as error:
        if is_exhausted(error):
            raise
        return None
    query = exp.select(exp.Count(this=exp.Star()), *map(how_many, (column(_GOOD), *marked)))
    total, good, *counts = rows(con, query.from_(call("read_parquet", file_literal(parquet))))[0]
    if good != total or any(repeats(con, contract, numbered_rows(file_literal(parquet), scan.sha256), limit=1)):
        return None
    warnings = {check.expected: count for check, count in zip(warned, counts, strict=False) if count}
    return good, Judged((), warnings, by_step(steps, counts[len(warned) :]))


def _mended(contract: Contract, proved: exp.Select, steps: Sequence[Mend]) -> exp.Select:
    """The values after their mends; the keys before them too; and which step changed which row."""
    values = [
        exp.alias_(cleaned(contract, name, column(name)), name, quoted=True, copy=False) for name in contract.types
    ]
    raw = [exp.alias_(column(name), _raw(name), quoted=True) for name in _keys(contract)]
    marks = [exp.alias_(mend.applied, _mark("mended", at).name, quoted=True) for at, mend in enumerate(steps)]
    return exp.select(*values, *raw, *marks, column(SOUND)).from_(proved.subquery("t", copy=False), copy=False)


def _kept(contract: Contract, mended: exp.Select, every: Sequence[Check], marked: Sequence[exp.Column]) -> exp.Select:
    """Of each row its keys, whether it is good, and what is to be counted of it."""
    held = [exp.not_(exp.paren(check.violated)) for check in every if check.severity == "fail"]
    passed = [exp.Coalesce(this=each, expressions=[exp.true()]) for each in held]
    # The first branch settles nearly every row and stops at the first NULL; those are for the second.
    ways = [exp.and_(column(SOUND), *(each.copy() for each in conditions), copy=False) for conditions in (held, passed)]
    good = exp.Case(ifs=[exp.If(this=way, true=exp.true()) for way in ways])
    warned = [check.violated for check in every if check.severity == "warn"]
    marks = [exp.alias_(each, _mark("warned", at).name, quoted=True) for at, each in enumerate(warned)]
    keys = [exp.alias_(column(_raw(name)), name, quoted=True) for name in _keys(contract)]
    return exp.select(*keys, exp.alias_(good, _GOOD, copy=False), *marks, *marked[len(marks) :]).from_(
        mended.subquery("m", copy=False), copy=False
    )


def _keys(contract: Contract) -> list[str]:
    return list(dict.fromkeys(name for key in contract.unique_keys for name in key))


def _mark(kind: str, at: int) -> exp.Column:
    return column(f"_{kind}_{at}")


def _raw(name: str) -> str:
    return f"_raw_{name}"
