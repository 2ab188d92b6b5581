"""What is published, what the last attempt said, what is staged, and what a run would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ciq.contract import Contract
from ciq.errors import CiqError
from ciq.ingest import Manifest, current, strays, waiting
from ciq.pipeline import attempts, latest, trimmed
from ciq.pipeline.processed import Stamp, published
from ciq.report.facts import Facts


@dataclass(frozen=True)
class Status:
    """One data set; versions are of the staged files. ``next`` is what a run would do."""

    dataset: str
    published: str | None
    staged: str | None
    waiting: bool
    verdict: str | None
    next: str

    def __str__(self) -> str:
        parts = [f"published {self.published[:12]}" if self.published else "nothing published"]
        if self.verdict:
            parts.append(f"last verdict {self.verdict}")
        return f"{self.dataset}: {', '.join([*parts, self.next])}"


def statuses(project: Path, contracts: Mapping[str, Contract]) -> Iterator[Status]:
    """The data sets in name order."""
    for name in sorted(contracts):
        stamp, staged = published(project, name), current(project, name)
        attempt = _attempt(project, name)
        trim = contracts[name].source.trim
        newer = trimmed.waiting(project, contracts, contracts[name]) if trim else waiting(project, contracts, name)
        yield Status(
            dataset=name,
            published=stamp.ciq_source_version if stamp else None,
            staged=staged.version if staged else None,
            waiting=newer,
            verdict=attempt.verdict if attempt else None,
            next=_next(stamp, staged, newer, attempt, f"scores of {trim.of}" if trim else "")
            or _judged(project, staged),
        )


def remarks(project: Path, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """A line for each data set whose contract is gone and for each file that no contract claims."""
    for name in sorted(_published(project) - set(contracts)):
        yield f"{name}: published, and its contract is gone; put it back, or delete data/processed/{name}"
    for problem in strays(project, contracts):
        yield str(problem)


def _next(stamp: Stamp | None, staged: Manifest | None, newer: bool, attempt: Facts | None, scores: str) -> str:
    """What is to be done about the data; empty where what is staged is published."""
    if newer:
        return f"newer {scores} wait" if scores else "newer files wait in data/raw"
    if staged is None:
        return f"no {scores} yet" if scores else "no file in data/raw"
    if stamp is None or staged.version != stamp.ciq_source_version:
        refused = attempt is not None and attempt.source_version == staged.version and attempt.verdict == "fail"
        return f"staged {staged.version[:12]} {'was refused' if refused else 'waits for `ciq run`'}"
    return ""


def _judged(project: Path, staged: Manifest | None) -> str:
    if staged is None or latest.is_done(project, staged):
        return "nothing to do"
    return "contracts, models or warehouse changed: `ciq run` judges it again"


def _attempt(project: Path, dataset: str) -> Facts | None:
    """The latest attempt, where one is recorded that can be read."""
    try:
        return attempts.latest(project, dataset)
    except CiqError:
        return None


def _published(project: Path) -> set[str]:
    return {path.parent.name for path in (project / "data" / "processed").glob("*/causal_ready.parquet")}
