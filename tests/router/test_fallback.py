"""What still answers where an engine is away, or a file is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres_server import execute
from router_house import refused

from ciq.postgres import Server
from ciq.router import Router
from ciq.router.engine import Unavailable


def test_without_a_server_the_lake_still_answers(alone: Path) -> None:
    router = Router.from_config(alone / "router.yml")
    assert router.execute("SELECT sum(x) AS x FROM api.both").table().to_pylist() == [{"x": 125125.0}]
    assert refused(router, "SELECT * FROM api.served") == "R608"
    with pytest.raises(Unavailable):
        router.execute("SELECT api.unknown()")


def test_a_proved_read_falls_back_when_the_server_is_gone(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DSN", "host=/nonexistent dbname=x")
    router = Router.from_config(house / "router.yml")
    answer = router.execute("SELECT count(*) AS n FROM api.both", "api")
    assert (answer.engine, answer.table().to_pylist()) == ("duckdb", [{"n": 1000}])
    assert answer.fallback
    for sql in ("SELECT upper(name) FROM api.both", "SELECT * FROM api.served", "SELECT api.counts()"):
        with pytest.raises(Unavailable):
            router.execute(sql, "api")


@pytest.mark.parametrize("before", [True, False])
def test_a_proved_read_falls_back_when_a_file_is_damaged(house: Path, before: bool) -> None:
    with (house / "router.yml").open("a") as stream:
        stream.write("cost: {pg_base: 10000}\n")
    file, sql = house / "data/processed/both.parquet", "SELECT count(k) AS n FROM api.both"
    router = Router.from_config(house / "router.yml")
    if not before:
        assert router.decide(sql).engine == "duckdb"
    file.write_bytes(file.read_bytes()[:-1])
    answer = router.execute(sql)
    assert (answer.engine, answer.table().to_pylist()) == ("pg", [{"n": 1000}])
    assert before or "both.parquet" in str(answer.fallback)
    with pytest.raises(Unavailable, match=r"R615 DuckDB can't read .*both\.parquet"):
        router.execute(sql, engine="duckdb")
    assert refused(router, "SELECT nothing FROM api.both", engine="pg") == "R609"


def test_a_proved_read_falls_back_when_pages_under_a_good_footer_are_damaged(house: Path) -> None:
    with (house / "router.yml").open("a") as stream:
        stream.write("cost: {pg_base: 10000}\n")
    file, sql = house / "data/processed/both.parquet", "SELECT count(k) AS n, max(name) AS name FROM api.both"
    good = file.read_bytes()
    pages = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    file.write_bytes(good[:4] + b"\xff" * (pages - 4) + good[pages:])
    router = Router.from_config(house / "router.yml")
    assert router.decide(sql).engine == "duckdb"
    answer = router.execute(sql)
    assert answer.engine == "pg" and "both.parquet" in str(answer.fallback)
    with pytest.raises(Unavailable, match=r"R615 DuckDB can't read .*both\.parquet"):
        router.execute(sql, engine="duckdb")
    assert refused(router, "SELECT nothing FROM api.both", engine="duckdb") == "R609"


def test_no_fallback_where_it_is_not_allowed(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DSN", "host=/nonexistent dbname=x")
    with (house / "router.yml").open("a") as stream:
        stream.write("rules: {allow_select_fallback: false}\n")
    with pytest.raises(Unavailable):
        Router.from_config(house / "router.yml").execute("SELECT count(*) FROM api.both", "api")


def test_a_connection_that_the_server_has_closed_is_not_used_again(router: Router, served: Server) -> None:
    for _ in range(2):
        assert router.execute("SELECT 1 AS one", engine="pg").table().num_rows == 1
        idle = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%DISCARD SEQUENCES%'"
        assert execute(served, f"{idle} AND pid <> pg_backend_pid()") == [(True,)]
    assert router.decide("SELECT sum(x) FROM api.both WHERE i = 1").estimates.keys() == {"pg", "duckdb"}


def test_an_error_of_the_statement_is_no_reason_to_fall_back(router: Router) -> None:
    assert refused(router, "SELECT abs(name) FROM api.both", context="api") == "R609"


def test_a_broken_file_is_in_nobody_else_s_way(house: Path) -> None:
    broken = house / "data" / "processed" / "study" / "views" / "diagnostics.study_gates.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"PAR1")
    router = Router.from_config(house / "router.yml")
    assert router.execute("SELECT count(*) AS n FROM lake.ALONE").table().to_pylist() == [{"n": 100}]
    assert refused(router, "SELECT count(*) FROM Diagnostics.study_GATES") == "R615"
