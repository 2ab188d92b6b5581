"""A decision is kept for its text until what it rests on changes."""

from __future__ import annotations

import shutil
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from postgres_server import execute

from ciq.postgres import Server
from ciq.router import Router
from ciq.router.lake import find


def test_a_new_file_is_seen_and_an_old_decision_forgotten(
    router: Router, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ciq.router.router._LOOK_SECONDS", 0)
    sql = "SELECT count(*) AS n FROM lake.alone"
    assert router.execute(sql).table().to_pylist() == [{"n": 100}]
    (house / "data" / "processed" / "both.parquet").replace(house / "data" / "processed" / "alone.parquet")
    assert router.execute(sql).table().to_pylist() == [{"n": 1000}]
    assert router.decide("SELECT sum(x) FROM api.both").engine == "pg"


def test_a_file_of_the_same_age_and_size_is_another(
    router: Router, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ciq.router.router._LOOK_SECONDS", 0)
    sql = "SELECT count(*) AS n FROM lake.alone"
    before = router.decide(sql)
    assert router.decide(sql) is before
    shutil.copy2(house / "data" / "processed" / "alone.parquet", house / "new")
    (house / "new").replace(house / "data" / "processed" / "alone.parquet")
    assert router.decide(sql) is not before


@pytest.mark.parametrize(
    ("sql", "change", "back"),
    [
        ("SELECT api.counts()", "ALTER FUNCTION api.counts() VOLATILE", "ALTER FUNCTION api.counts() STABLE"),
        (
            "SELECT * FROM api.plain",
            "CREATE OR REPLACE VIEW api.plain AS SELECT nextval('api.numbers') AS n",
            "CREATE OR REPLACE VIEW api.plain AS SELECT 1::bigint AS n",
        ),
        ("SELECT * FROM api.late", "CREATE TABLE api.late (i int)", "DROP TABLE IF EXISTS api.late"),
        (
            "SELECT sum(x) FROM api.both WHERE i = 5",
            "CREATE INDEX late ON api.both (i)",
            "DROP INDEX IF EXISTS api.late",
        ),
    ],
)
def test_what_the_server_changed_is_decided_anew(
    router: Router, served: Server, monkeypatch: pytest.MonkeyPatch, sql: str, change: str, back: str
) -> None:
    def decided() -> tuple[object, ...]:
        decision = router.decide(sql)
        return decision.rule, decision.statement.kind, decision.figures.get("pg_cost")

    execute(served, back)
    before = decided()
    execute(served, change)
    assert decided() == before
    monkeypatch.setattr("ciq.router.router._CATALOG_SECONDS", 0)
    assert decided() != before
    execute(served, back)


def test_a_file_that_goes_while_files_are_looked_at_is_not_there(router: Router, house: Path) -> None:
    views = house / "data" / "processed" / "readings" / "views"
    views.mkdir(parents=True)
    (views / "features__dev.readings.parquet").symlink_to(house / "gone.parquet")
    assert "features__dev.readings" not in {".".join(key) for key in find(house, router.settings).files}


def test_a_server_that_keeps_silent_is_left_alone_for_as_long_as_it_was_waited_for(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)

        def callers() -> int:
            found = 0
            with suppress(BlockingIOError):
                while True:
                    silent.accept()[0].close()
                    found += 1
            return found

        port = silent.getsockname()[1]
        monkeypatch.setenv("PG_DSN", f"host=127.0.0.1 port={port} dbname=d user=u sslmode=disable connect_timeout=2")
        router = Router.from_config(alone / "router.yml")
        assert router.decide("SELECT count(*) AS n FROM lake.alone").engine == "duckdb"
        assert callers()
        assert router.execute("SELECT sum(i) AS n FROM lake.alone").table().to_pylist() == [{"n": 4950}]
        assert not callers()
        router.close()
