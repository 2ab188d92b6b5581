"""A publication is written down and announced in the transaction that makes it, so that neither can be wrong."""

from __future__ import annotations

import json
from typing import Any

from sqlglot import exp

from ciq.publish.load import Loaded
from ciq.publish.publication import Publication
from ciq.record.book import insert
from ciq.record.runs import now, who

CHANNEL = "ciq_published"


def loaded(cursor: Any, publication: Publication, table: exp.Table, snapshot: str, done: Loaded) -> None:
    """Write down that a table was loaded and proved; nobody reads it yet."""
    facts = {
        "row_count": done.content.rows,
        "checksum": done.content.checksum,
        "method": done.method,
        "seconds": done.seconds,
    }
    _write(cursor, publication, table, snapshot, action="loaded", relation=_name(table), **facts)


def promoted(cursor: Any, publication: Publication, table: exp.Table, snapshot: str, environment: str) -> None:
    """Write down that a face shows another table from now on, and tell whoever listens when this commits."""
    face = _name(publication.face)
    query = (
        "SELECT row_count, checksum FROM ciq.publications"
        " WHERE action = 'loaded' AND physical = %s ORDER BY published_at DESC LIMIT 1"
    )
    cursor.execute(query, [_name(table)])
    rows, checksum = cursor.fetchone() or (None, None)
    facts = {"environment": environment, "row_count": rows, "checksum": checksum}
    _write(cursor, publication, table, snapshot, action="promoted", relation=face, **facts)
    said = {
        "face": face,
        "dataset": publication.dataset,
        "contract_version": publication.contract_version,
        "source_version": publication.source_version,
        "rows": rows,
        "checksum": checksum,
    }
    cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(said)])


def _write(cursor: Any, publication: Publication, table: exp.Table, snapshot: str, **facts: Any) -> None:
    row = {
        "dataset": publication.dataset,
        "physical": _name(table),
        "published_at": now(),
        "who": who(),
        "contract_version": publication.contract_version,
        "source_version": publication.source_version,
        "snapshot": snapshot,
        **facts,
    }
    insert(cursor, "publications", row)


def _name(relation: exp.Table) -> str:
    return f"{relation.db}.{relation.name}"
