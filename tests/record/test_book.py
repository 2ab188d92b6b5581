"""The record keeps what it is given, in PostgreSQL and in a file, and lets nothing be changed."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from postgres_server import execute
from psycopg2 import sql

from ciq.errors import ConnectionRefused, UsageError
from ciq.postgres import Server
from ciq.record import history, opened, runs

TABLES = ("run_starts", "run_ends", "gate_results", "ingests", "publications", "queries")
CHANGED = {"publications": "dataset", "queries": "who"}
QUERY = {
    "queried_at": datetime(2026, 11, 1, 12, 30, 0, 250_000, tzinfo=UTC),
    "who": "ann",
    "fingerprint": "f00",
    "engine": "duckdb",
    "elapsed": math.inf,
    "row_count": 2**62,
    "estimates": {"postgres": 1.5, "duckdb": [None, "ä"]},
}


@pytest.fixture(params=["postgres", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose record lies in PostgreSQL, and one without any server."""
    if request.param == "postgres":
        monkeypatch.setenv("PG_DSN", request.getfixturevalue("database").dsn)
    return tmp_path


def test_a_server_that_takes_no_writes_says_so(
    database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_DSN", database.dsn)
    with opened(tmp_path):
        pass
    name = sql.Identifier(psycopg2.extensions.parse_dsn(database.dsn)["dbname"])
    execute(database, sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    with opened(tmp_path) as book, pytest.raises(ConnectionRefused, match=r"P502 .*read-only transaction"):
        book.append("queries", QUERY)


def test_what_is_appended_is_read_back_by_the_next(place: Path) -> None:
    with opened(place) as book:
        book.append("queries", QUERY, {**QUERY, "who": "bob", "estimates": None})
    with opened(place) as book:
        ann, bob = book.rows("SELECT * FROM ciq.queries WHERE engine = ? ORDER BY who", "duckdb")
    assert {name: ann[name] for name in QUERY} == QUERY
    assert (bob["who"], bob["estimates"], bob["rule"]) == ("bob", None, None)


def test_a_row_that_does_not_fit_adds_nothing(place: Path) -> None:
    with opened(place) as book:
        with pytest.raises(Exception, match="colour"):
            book.append("queries", QUERY, {**QUERY, "colour": "red"})
        assert book.rows("SELECT * FROM ciq.queries") == []


def test_begun_and_ended(place: Path) -> None:
    with opened(place) as book:
        run = runs.begin(book, "study", "1.0.0")
        assert [row["result"] for row in history.latest(book, "study")] == ["unfinished"]
        gate = {"gate": "auc", "value": 0.6, "comparison": "<=", "threshold": 0.9, "verdict": "pass", "subject": None}
        runs.gates(book, run, (gate,), source_version="v1", snapshot="s1")
        runs.ingested(book, run, source_version="v1", source_rows=3, sources=[{"path": "a"}], mends={}, verdict="pass")
        runs.end(book, run, "published", verdict="pass", source_version="v1", snapshot="s1")
        (row,) = history.latest(book, None)
        assert (row["result"], row["verdict"], row["source_version"]) == ("published", "pass", "v1")
        assert row["seconds"] >= 0
        assert history.latest(book, "other") == []
        shown = history.one(book, run.id)
    assert shown is not None
    assert [gate["gate"] for gate in shown["gate_results"]] == ["auc"]
    assert shown["ingests"][0]["sources"] == [{"path": "a"}]


def test_only_a_run_whose_process_is_gone_is_settled(place: Path) -> None:
    with opened(place) as book:
        mine = runs.begin(book, "mine", "1.0.0")
        lost = runs.begin(book, "lost", "1.0.0")
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    with opened(place) as book:
        start = {
            **book.rows("SELECT * FROM ciq.run_starts WHERE run_id = ?", lost.id)[0],
            "run_id": "gone",
            "pid": child,
        }
        book.append("run_starts", start)
        runs.settle(book)
        runs.settle(book)
        results = {row["run_id"]: row["result"] for row in history.latest(book, None)}
    assert results == {mine.id: "unfinished", lost.id: "unfinished", "gone": "interrupted"}


def test_a_record_of_a_newer_version_is_refused(place: Path) -> None:
    with opened(place) as book:
        book.append("migrations", {"version": 999, "applied_at": datetime.now(UTC)})
    with pytest.raises(UsageError, match="P507"), opened(place):
        pass


def test_many_write_at_once(place: Path) -> None:
    def write(number: int) -> None:
        with opened(place) as book:
            book.append("queries", {**QUERY, "row_count": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    with opened(place) as book:
        rows = book.rows("SELECT row_count FROM ciq.queries")
    assert sorted(row["row_count"] for row in rows) == list(range(24))


@pytest.mark.parametrize("table", TABLES)
def test_nothing_can_be_changed_or_deleted(table: str, database: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DSN", database.dsn)
    with opened(Path()):
        pass
    name, column = sql.Identifier("ciq", table), sql.Identifier(CHANGED.get(table, "run_id"))
    for statement in ("DELETE FROM {name}", "TRUNCATE {name}", "UPDATE {name} SET {column} = NULL"):
        with pytest.raises(psycopg2.errors.RaiseException, match="append-only"):
            execute(database, sql.SQL(statement).format(name=name, column=column))
