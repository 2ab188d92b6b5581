"""Reading the record: the runs of a data set, and all that is known of one run."""

from __future__ import annotations

from typing import Any

from ciq.record.book import Book

LIMIT = 50


def latest(book: Book, dataset: str | None) -> list[dict[str, Any]]:
    """The last runs, of one data set or of all, newest first."""
    query = (
        "SELECT * FROM ciq.runs WHERE CAST(? AS text) IS NULL OR dataset = ? ORDER BY started_at DESC, run_id LIMIT ?"
    )
    return book.rows(query, dataset, dataset, LIMIT)


def one(book: Book, run_id: str) -> dict[str, Any] | None:
    """A run with its ``ingests``, ``gate_results`` and, by its snapshot, ``publications``; None where there is none."""
    found = book.rows("SELECT * FROM ciq.runs WHERE run_id = ?", run_id)
    if not found:
        return None
    run = found[0]
    run["ingests"] = book.rows("SELECT * FROM ciq.ingests WHERE run_id = ?", run_id)
    run["gate_results"] = book.rows("SELECT * FROM ciq.gate_results WHERE run_id = ? ORDER BY gate", run_id)
    query = "SELECT * FROM ciq.publications WHERE dataset = ? AND source_version = ? ORDER BY published_at, relation"
    run["publications"] = book.rows(query, run["dataset"], run["source_version"])
    return run
