"""Labelled statements from elsewhere, where CIQ_ROUTER_CORPORA names a folder with ``*.jsonl.gz`` of them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ciq.router import classify

FOLDER = Path(os.environ.get("CIQ_ROUTER_CORPORA", "/nonexistent"))
FILES = sorted(FOLDER.glob("*.jsonl.gz"))
pytestmark = pytest.mark.skipif(not FILES, reason="CIQ_ROUTER_CORPORA names no corpus")


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def rows(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    with gzip.open(request.param, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def test_no_labelled_write_is_a_read_but_through_a_view(rows: list[dict[str, Any]]) -> None:
    """Without a catalogue a view's name is a table's: such a statement calls no function."""
    wrong = [row["sql"] for row in rows if row.get("oracle") == "write" and classify(row["sql"]).kind == "read"]
    hiding = [sql for sql in wrong if classify(sql).relations and not classify(sql).functions]
    assert wrong == hiding


def test_most_reads_that_look_like_queries_are_proved(rows: list[dict[str, Any]]) -> None:
    kinds = [classify(row["sql"]).kind for row in rows if row.get("oracle") == "read" and row.get("query_shaped")]
    assert kinds.count("read") >= 0.85 * len(kinds)


def test_what_only_duckdb_reads_is_not_for_postgres(rows: list[dict[str, Any]]) -> None:
    foreign = [row["sql"] for row in rows if row.get("pg_parses") is False]
    assert not [sql for sql in foreign if "pg" in classify(sql).dialects]


def test_duckdb_is_given_nothing_but_queries(rows: list[dict[str, Any]]) -> None:
    other = [row for row in rows if set(row.get("duckdb_types", ["SELECT"])) - {"SELECT", "EXPLAIN"}]
    assert not [row["sql"] for row in other if "duckdb" in classify(row["sql"]).dialects]
