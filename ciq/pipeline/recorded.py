"""``ciq run`` with its record kept: what began, what came of it, and what it was judged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ciq.contract import Contract
from ciq.errors import ConnectionRefused
from ciq.ingest import Manifest, current
from ciq.pipeline.run import Outcome, Progress, run
from ciq.publish.gateway import started
from ciq.publish.lock import alone
from ciq.record import Book, opened, runs


def recorded(
    project: Path, contracts: Mapping[str, Contract], names: Iterable[str], progress: Progress
) -> Iterator[Outcome]:
    """The outcomes of :func:`ciq.pipeline.run.run`, each written down before it is handed on.

    The embedded server is started where no other is named. What stops the whole run is written down for every data set
    that was not done yet, then raised.
    """
    with alone(started(project)), opened(project) as book:
        runs.settle(book)
        begun = {name: runs.begin(book, name, contracts[name].version) for name in names}
        try:
            for outcome in run(project, contracts, list(begun), progress, partial(_shown, book)):
                _write_down(project, book, begun.pop(outcome.dataset), outcome)
                yield outcome
        except BaseException as error:
            with suppress(ConnectionRefused):  # the cause goes first; the next run finds this one lost
                for lost in begun.values():
                    result = "failed" if isinstance(error, Exception) else "interrupted"
                    runs.end(book, lost, result, error=str(error) or type(error).__name__)
            raise


def _shown(book: Book, manifest: Manifest) -> bool:
    """Whether the faces show this version; without a server there are none."""
    if book.dialect != "postgres":
        return True
    query = (
        "SELECT source_version FROM ciq.publications WHERE dataset = ? AND action = 'promoted'"
        " ORDER BY published_at DESC LIMIT 1"
    )
    return [row["source_version"] for row in book.rows(query, manifest.dataset)] == [manifest.version]


def _write_down(project: Path, book: Book, begun: runs.Run, outcome: Outcome) -> None:
    facts = outcome.facts
    error = str(outcome.error) if outcome.error else None
    if facts is None:
        manifest = current(project, outcome.dataset)
        runs.end(book, begun, outcome.result, source_version=manifest.version if manifest else None)
        return
    known: dict[str, Any] = {"source_version": facts.source_version, "snapshot": facts.snapshot}
    landed = facts.source_version is not None
    runs.ingested(
        book,
        begun,
        source_version=facts.source_version,
        source_rows=facts.rows,
        sources=list(facts.sources),
        mends=facts.mends,
        verdict="pass" if landed else "fail",
        error=None if landed else error,
    )
    runs.gates(book, begun, facts.gates, **known)
    runs.end(book, begun, outcome.result, verdict=facts.verdict, error=error, **known)
