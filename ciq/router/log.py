"""What is put down of each call: never the literals, always the figures that the choice was made by."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from ciq.errors import CiqError
from ciq.record import opened
from ciq.record.runs import now, who
from ciq.router.decide import Decision

TABLE = "queries"
_MOST = 500


class Log:
    """Collects the rows of ``ciq.queries`` and writes them together."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._who = who()
        self._rows: list[Mapping[str, Any]] = []

    def add(self, decision: Decision, **facts: Any) -> None:
        """Put down one call; ``facts`` are further columns of ``ciq.queries``, ``elapsed`` in seconds."""
        estimates = {**{f"{engine}_ms": cost for engine, cost in decision.estimates.items()}, **decision.figures}
        row = {
            "queried_at": now(),
            "who": self._who,
            "fingerprint": decision.statement.fingerprint,
            "engine": facts.pop("engine", None) or decision.engine or "none",
            "chosen": decision.engine,
            "rule": decision.rule,
            "estimates": estimates,
            **facts,
        }
        self._rows.append(row)
        if len(self._rows) >= _MOST:
            self.write()

    def write(self) -> None:
        """Write what is collected. A record that can't be had now must not fail a call that was answered."""
        rows, self._rows = self._rows, []
        if rows:
            with suppress(CiqError, psycopg2.Error, duckdb.Error, OSError), opened(self._project) as book:
                book.append(TABLE, *rows)
