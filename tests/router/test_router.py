"""Where statements run, what is refused, and what comes back: on a real PostgreSQL and real Parquet."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from postgres_server import execute
from router_house import edited, refused, waited_for

from ciq.cli.rows import write_rows
from ciq.errors import LimitExceeded, UsageError
from ciq.postgres import Server
from ciq.router import Router
from ciq.router.engine import StatementRefused
from ciq.router.settings import load_settings


@pytest.mark.parametrize(
    ("sql", "engine", "rule"),
    [
        ("SELECT * FROM lake.alone", "duckdb", "only there"),
        ("SELECT * FROM api.served", "pg", "only there"),
        ("SELECT sum(x) FROM api.both", None, "cost"),
        ("SELECT upper(name) FROM api.both", "duckdb", "not portable"),
        ("/* engine:pg */ SELECT sum(x) FROM api.both", "pg", "hint"),
        ("SELECT sum(x) FROM api.both -- engine:duckdb", "duckdb", "hint"),
        ("FROM api.both SELECT x", "duckdb", "only there"),
        ("SELECT * FROM 'data/processed/alone.parquet'", "duckdb", "only there"),
        ("SELECT * FROM read_parquet('data/processed/*.parquet')", "duckdb", "only there"),
        ("SELECT api.counts()", "pg", "only there"),
        ("SELECT count(*) FROM pg_catalog.pg_class", "pg", "only there"),
        ("SELECT api.unknown()", "pg", "unsure"),
        ("SELECT * FROM api.hiding", "pg", "unsure"),
        ("SHOW server_version", "pg", "only there"),
        ("EXPLAIN SELECT * FROM lake.alone", "duckdb", "only there"),
    ],
)
def test_the_route(router: Router, sql: str, engine: str | None, rule: str) -> None:
    decision = router.decide(sql)
    assert decision.problem is None
    assert (decision.engine if engine else None, decision.rule) == (engine, rule)
    assert decision.spoke


def test_reads_of_an_api_are_for_postgres(router: Router) -> None:
    assert router.decide("SELECT sum(x) FROM api.both", "api").engine == "pg"
    assert router.decide("SELECT * FROM lake.alone", "api").engine == "duckdb"


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("INSERT INTO scratch.notes VALUES ('a')", "R601"),
        ("SELECT nextval('api.numbers')", "R601"),
        ("COPY api.both TO STDOUT", "R601"),
        ("SELECT 1; SELECT 2", "R603"),
        ("", "R603"),
        ("/* engine:pg */ /* engine:duckdb */ SELECT 1", "R604"),
        ("/* engine:duckdb */ SELECT * FROM api.served", "R605"),
        ("/* engine:duckdb */ SELECT api.unknown()", "R605"),
        ("/* engine:pg */ FROM api.both", "R605"),
        ("ATTACH 'x.db'", "R606"),
        ("FROM query('SELECT 1')", "R606"),
        ("SELECT pg_terminate_backend(1)", "R607"),
        ("SELECT pg_advisory_lock(1)", "R607"),
        ("SELECT * FROM api.missing", "R608"),
        ("SELECT nothing FROM api.served", "R609"),
        ("SELECT nothing FROM lake.alone", "R609"),
        ("SELECT 1::VARIANT", "R609"),
        ("SELECT api.writes()", "R609"),
        ("SELECT * FROM api.hiding", "R609"),
    ],
)
def test_what_is_refused(router: Router, sql: str, rule: str) -> None:
    assert refused(router, sql) == rule


def test_an_engine_asked_for_is_no_leave_to_write(router: Router, served: Server) -> None:
    assert refused(router, "INSERT INTO scratch.notes VALUES ('a')", engine="duckdb") == "R601"
    assert execute(served, "SELECT count(*) FROM scratch.notes") == [(0,)]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DELETE FROM api.both", "R602"),
        ("INSERT INTO notes VALUES ('a')", "R602"),
        ("WITH x AS (DELETE FROM api.both RETURNING i) INSERT INTO scratch.notes SELECT i FROM x", "R602"),
        ("GRANT SELECT ON scratch.notes TO PUBLIC", "R602"),
        ("SELECT nextval('api.numbers')", "R602"),
        ("COPY scratch.notes FROM '/etc/passwd'", "R602"),
        ("TRUNCATE scratch.notes CASCADE", "R602"),
        ("INSERT OR REPLACE INTO scratch.notes VALUES ('a')", "R606"),
        ("/* engine:duckdb */ INSERT INTO scratch.notes VALUES ('a')", "R605"),
    ],
)
def test_leave_to_write_has_bounds(writer: Router, sql: str, rule: str) -> None:
    assert refused(writer, sql) == rule


def test_a_view_is_no_way_out_of_the_schemas_that_may_be_written(writer: Router, served: Server) -> None:
    execute(served, "CREATE VIEW scratch.mine AS SELECT note FROM scratch.notes")
    execute(served, "CREATE VIEW scratch.theirs AS SELECT id FROM api.served WHERE id IN (SELECT i FROM api.both)")
    execute(served, "CREATE VIEW scratch.far AS SELECT id FROM scratch.theirs")
    execute(served, "ALTER VIEW scratch.mine OWNER TO ciq_writer")
    assert refused(writer, "DELETE FROM scratch.theirs") == refused(writer, "DELETE FROM scratch.far") == "R602"
    assert writer.execute("INSERT INTO scratch.mine VALUES ('a')").table().to_pylist() == [{"rows": 1}]
    assert writer.decide("DROP VIEW scratch.far").problem is None


def test_a_write_with_leave_is_done_once(writer: Router, served: Server) -> None:
    assert writer.execute("INSERT INTO scratch.notes VALUES ('a'), ('b')").table().to_pylist() == [{"rows": 2}]
    returned = writer.execute("INSERT INTO scratch.notes VALUES ('c') RETURNING note").table()
    assert returned.to_pylist() == [{"note": "c"}]
    writer.execute("INSERT INTO scratch.notes SELECT txid_current()::text")
    assert execute(served, "SELECT count(*) FROM scratch.notes") == [(4,)]


def test_a_write_is_said_to_be_done_where_its_rows_can_not_be_written(writer: Router, served: Server) -> None:
    answer = writer.execute("INSERT INTO scratch.notes VALUES ('c') RETURNING note, note")
    with pytest.raises(UsageError, match=r"R614 .*the change itself is done"):
        write_rows(answer, "json", None, None)
    assert execute(served, "SELECT count(*) FROM scratch.notes") == [(1,)]


def test_what_fails_at_the_commit_is_the_statement_s_error(writer: Router, served: Server) -> None:
    execute(served, "CREATE TABLE scratch.late (i int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    execute(served, "ALTER TABLE scratch.late OWNER TO ciq_writer")
    assert refused(writer, "INSERT INTO scratch.late VALUES (1), (1)") == "R609"
    assert execute(served, "SELECT count(*) FROM scratch.late") == [(0,)]


def test_a_join_of_both_engines(router: Router) -> None:
    sql = "SELECT sum(s.double) AS d FROM lake.alone a JOIN api.served s ON a.i = s.id WHERE a.i <= 10"
    assert router.execute(sql).table().to_pylist() == [{"d": 110}]


def test_a_join_carries_no_more_than_it_may(house: Path) -> None:
    (house / "router.yml").write_text(
        (house / "router.yml").read_text().replace("defaults: {", "defaults: {pull_limit_mb: 0, ")
    )
    router = Router.from_config(house / "router.yml")
    with pytest.raises(LimitExceeded, match="R611"):
        router.execute("SELECT count(*) FROM lake.alone a JOIN api.served s ON a.i = s.id")


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM 'secret.csv'", "SELECT * FROM read_text('/etc/passwd')", "FROM glob('/*')"]
)
def test_files_outside_the_allowed_folders_are_not_read(router: Router, sql: str) -> None:
    assert refused(router, sql) == "R606"


@pytest.mark.parametrize("engine", ["pg", "duckdb"])
def test_a_statement_that_takes_too_long_is_stopped(house: Path, engine: str) -> None:
    router = Router.from_config(edited(house, "statement_timeout: 20.0", "statement_timeout: 0.2"))
    sql = "SELECT count(*) FROM api.both a, api.both b, api.both c WHERE a.x + b.x < c.x"
    with pytest.raises(LimitExceeded, match="R610"):
        router.execute(sql, engine=engine).table()  # type: ignore[arg-type]
    assert router.execute("SELECT 1 AS one").table().to_pylist() == [{"one": 1}]


def test_rows_come_in_batches_and_are_counted(router: Router) -> None:
    answer = router.execute("SELECT generate_series(1, 25000) AS i", engine="pg")
    assert [batch.num_rows for batch in answer] == [10_000, 10_000, 5_000]
    assert answer.rows == 25_000


@pytest.mark.parametrize("engine", ["pg", "duckdb"])
def test_rows_may_be_left_when_the_router_is_closed(house: Path, engine: str) -> None:
    router = Router.from_config(house / "router.yml")
    rows = iter(router.execute("SELECT a.i FROM api.both a, api.both b", engine=engine))  # type: ignore[arg-type]
    next(rows)
    router.close()
    rows.close()


def test_ambiguous_names_are_refused_with_both(router: Router, house: Path, served: Server) -> None:
    execute(served, "CREATE TABLE public.alone (i int); CREATE TABLE public.once (i int)")
    router = Router.from_config(edited(house, "defaults: {", "defaults: {search_path: [api, lake], "))
    problem = router.decide("SELECT * FROM alone").problem
    assert problem is not None
    assert problem.rule == "R608"
    assert "lake.alone in DuckDB and public.alone in PostgreSQL" in problem.message
    assert router.decide("SELECT * FROM once").engine == "pg"
    assert router.decide("SELECT * FROM lake.alone").engine == "duckdb"


def test_settings_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "router.yml"
    path.write_text("defaults: {large_selct_mb: 5}\nrules: {allow_select_fallback: perhaps}\n")
    with pytest.raises(UsageError) as caught:
        load_settings(path)
    said = [(problem.line, problem.message, problem.help) for problem in caught.value.problems]
    assert ("large_selct_mb" in said[0][1], said[0][2]) == (True, "did you mean `large_select_mb`?")
    assert said[1][0] == 2


def test_a_refusal_names_the_engine_that_may_read_the_statement_otherwise(router: Router) -> None:
    sql = "SELECT i FROM api.both WHERE CAST('today' AS date) > CAST('2020-01-01' AS date) AND i = 5"
    with pytest.raises(StatementRefused, match=r"R609 DuckDB: .*\n.*ask for it by --engine pg or /\* engine:pg \*/"):
        router.execute(sql)
    assert router.execute(f"/* engine:pg */ {sql}").table().to_pylist() == [{"i": 5}]
    with pytest.raises(StatementRefused) as refused:
        router.execute("SELECT i / 0 AS n FROM api.served WHERE id = 'x'")
    assert "--engine" not in str(refused.value)


def test_the_engine_refuses_in_its_own_words(router: Router) -> None:
    with pytest.raises(StatementRefused, match="nothing"):
        router.execute("SELECT nothing FROM api.served")


@pytest.mark.parametrize("engine", ["pg", "duckdb"])
def test_an_answer_that_is_closed_unread_keeps_nothing_on_its_engine(
    router: Router, served: Server, engine: str
) -> None:
    answer = router.execute("SELECT a.i + 1 FROM api.both a, api.both b", engine=engine)  # type: ignore[arg-type]
    begun = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    clocks = {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}
    assert [execute(served, begun) == [(1,)], bool(clocks)] == [engine == "pg", engine == "duckdb"]
    answer.close()
    for clock in clocks:
        clock.join(5)
    assert not any(clock.is_alive() for clock in clocks)
    assert waited_for(lambda: execute(served, begun) == [(0,)])
    assert list(answer) == []
