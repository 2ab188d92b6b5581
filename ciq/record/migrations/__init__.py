"""The record's shape, one file a version; its name ends in ``.postgres.sql`` where only PostgreSQL needs it."""

from __future__ import annotations

from importlib import resources
from typing import Any

from sqlglot import exp

from ciq.errors import Problem, UsageError


def migrate(cursor: Any, engine: str) -> None:
    """Bring the record to this version's shape, in the cursor's transaction.

    Raises UsageError where a newer ciq has given it a shape that this one does not know.
    """
    cursor.execute("SELECT 1 FROM information_schema.tables WHERE table_schema = 'ciq' AND table_name = 'migrations'")
    if not cursor.fetchone():
        cursor.execute("CREATE SCHEMA IF NOT EXISTS ciq")
        cursor.execute("CREATE TABLE ciq.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL)")
    cursor.execute("SELECT COALESCE(MAX(version), 0) FROM ciq.migrations")
    (done,) = cursor.fetchone()
    known = _scripts()
    if done > max(version for version, _, _ in known):
        message = f"the record is of version {done}, which this ciq does not know"
        raise UsageError(Problem("P507", message, help="upgrade ciq to the version that the others use"))
    for version, only, script in known:
        if version > done:
            if only in (None, engine):
                cursor.execute(script)
            cursor.execute(exp.insert(exp.values([(version, exp.CurrentTimestamp())]), "ciq.migrations").sql(engine))


def _scripts() -> list[tuple[int, str | None, str]]:
    """Version, the only engine if there is but one, and text of each script, oldest first."""
    found = []
    for file in resources.files(__name__).iterdir():
        if file.name.endswith(".sql"):
            stem, *only, _ = file.name.split(".")
            found.append((int(stem.split("_")[0]), only[0] if only else None, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda script: script[0])
