"""What is put down of each call: never the literals, always the figures that the choice was made by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pgparse
import psycopg2

from ciq.errors import CiqError
from ciq.record import opened
from ciq.record.runs import now, who
from ciq.router.decide import Decision
from ciq.router.grammar import too_large

TABLE = "queries"
_LITERALS = re.compile(r"'(?:[^']|'')*'|\b[0-9][0-9.eE]*\b")
_MOST = 500


def fingerprint(sql: str) -> str:
    """The same for statements that differ in literals and layout only: libpg_query's, else of the text without them."""
    if too_large(sql) is None:
        with suppress(pgparse.PGQueryError, ValueError):
            return str(pgparse.fingerprint(sql))
    bare = " ".join(_LITERALS.sub("?", sql).split())
    return hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:16]


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
            "fingerprint": fingerprint(decision.statement.sql),
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
