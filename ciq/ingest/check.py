"""Validate one file against a contract, and write nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ciq.contract.model import Contract
from ciq.errors import DataRefused, Problem
from ciq.ingest.engine import connection
from ciq.ingest.glance import glance
from ciq.ingest.reading import judge_all, open_all, read_all
from ciq.ingest.verdict.quarantine import none_left, set_aside


@dataclass(frozen=True)
class CheckResult:
    """The verdict on one file.

    ``rows`` is the number of data records, None where the file was refused before they were counted; ``warnings``
    counts rows in breach of each rule that only warns; ``mends`` counts changed rows by column and step; ``rejected``
    counts the violations by rule whose rows a quarantine would set aside, and ``tolerated`` are samples of them.
    """

    path: Path
    rows: int | None
    problems: tuple[Problem, ...]
    warnings: dict[str, int]
    mends: dict[str, dict[str, int]]
    rejected: dict[str, int] = field(default_factory=dict)
    tolerated: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the file satisfies the contract."""
        return not self.problems


def check(path: Path, contract: Contract) -> CheckResult:
    """Judge the file as an ingest would. Raises LimitExceeded or ContractError."""
    count: int | None = None
    try:
        with TemporaryDirectory(prefix="ciq-check-") as folder, connection(Path(folder)) as con:
            opened = open_all([path], contract, Path(folder))
            scanned, glanced = glance(con, contract, opened[0], Path(folder))
            if glanced:
                opened[0].stamp.verify()
                return CheckResult(path, scanned.scan.records, (), glanced.warnings, glanced.mends)
            typed = read_all(con, contract, [scanned], Path(folder), lambda size: None)
            (count,) = typed.counts
            verdict = judge_all(con, contract, typed.rows, opened, count, fresh=typed.fresh, mixed=typed.mixed[0])
            judged = verdict.judged
            if verdict.told and [count] == set_aside(con, contract, typed.rows, judged, verdict.repeated, opened):
                raise DataRefused(*verdict.told, none_left(contract))
    except DataRefused as refused:
        return CheckResult(path, count, refused.problems, {}, {})
    return CheckResult(path, count, (), judged.warnings, judged.mends, verdict.counts, verdict.told)
