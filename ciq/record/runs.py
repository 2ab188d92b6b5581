"""Runs in the record: a row before anything is done, a row at the end, and what a later run makes of a lost one."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ciq import __version__
from ciq.record.book import REPEATED, Book

ENVIRONMENT = "prod"


@dataclass(frozen=True)
class Run:
    """One run of one data set, begun."""

    id: str
    dataset: str
    contract_version: str


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def who() -> str:
    """The user of this machine who runs this; their number where they have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def begin(book: Book, dataset: str, contract_version: str) -> Run:
    """Write down that a run begins."""
    run = Run(uuid.uuid4().hex[:12], dataset, contract_version)
    book.append(
        "run_starts",
        {
            "run_id": run.id,
            "dataset": dataset,
            "environment": ENVIRONMENT,
            "started_at": now(),
            "who": who(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "ciq_version": __version__,
            "contract_version": contract_version,
        },
    )
    return run


def end(book: Book, run: Run, result: str, **facts: Any) -> None:
    """Write down how a run ended; ``facts`` are ``verdict``, ``source_version``, ``snapshot`` and ``error``."""
    book.append("run_ends", {"run_id": run.id, "ended_at": now(), "result": result, **facts})


def gates(book: Book, run: Run, rows: tuple[Mapping[str, Any], ...], **facts: Any) -> None:
    """Write down the gates of a run; ``facts`` are ``source_version`` and ``snapshot``."""
    known = {"run_id": run.id, "dataset": run.dataset, "environment": ENVIRONMENT, "recorded_at": now(), "who": who()}
    known |= {"contract_version": run.contract_version, **facts}
    names = ("gate", "value", "comparison", "threshold", "verdict", "subject")
    book.append("gate_results", *({**known, **{name: row[name] for name in names}} for row in rows))


def ingested(book: Book, run: Run, **facts: Any) -> None:
    """Write down what a run read of its files; ``facts`` are the other columns of ``ciq.ingests``."""
    known = {"run_id": run.id, "dataset": run.dataset, "recorded_at": now(), "who": who()}
    book.append("ingests", {**known, "contract_version": run.contract_version, **facts})


def settle(book: Book) -> None:
    """End the runs of this machine whose process is gone: they were killed before they could."""
    query = "SELECT run_id, pid FROM ciq.runs WHERE result = 'unfinished' AND host = ?"
    for lost in book.rows(query, socket.gethostname()):
        if not _lives(lost["pid"]):
            ended = {"run_id": lost["run_id"], "ended_at": now(), "result": "interrupted"}
            with suppress(*REPEATED):  # another run found it at the same moment
                book.append("run_ends", {**ended, "error": f"process {lost['pid']} ended without a word"})


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True
