"""Where statements run, what is refused, and what comes back: on a real PostgreSQL and real Parquet."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from postgres_server import execute
from router_house import waited_for

from ciq.cli.rows import write_rows
from ciq.errors import CiqError, LimitExceeded, UsageError
from ciq.postgres import Server
from ciq.router import Router
from ciq.router.engine import StatementRefused, Unavailable
from ciq.router.settings import load_settings
from ciq.rules import RULES


def refused(router: Router, sql: str, **options: str) -> str:
    with pytest.raises(CiqError) as caught:
        router.execute(sql, **options).table()  # type: ignore[arg-type]
    assert all(problem.rule in RULES for problem in caught.value.problems)
    return caught.value.problems[0].rule


def edited(house: Path, old: str, new: str) -> Path:
    path = house / "router.yml"
    path.write_text(path.read_text().replace(old, new))
    return path


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


def test_a_broken_file_is_in_nobody_else_s_way(house: Path) -> None:
    broken = house / "data" / "processed" / "study" / "views" / "diagnostics.study_gates.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"PAR1")
    router = Router.from_config(house / "router.yml")
    assert router.execute("SELECT count(*) AS n FROM lake.ALONE").table().to_pylist() == [{"n": 100}]
    assert refused(router, "SELECT count(*) FROM Diagnostics.study_GATES") == "R615"


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


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT 1::numeric(10, 2) AS v", "1.00"),
        ("SELECT avg(i) AS v FROM api.served s(i)", "25.500000000000000000"),
        ("SELECT 'x'::bytea AS v", "b'x'"),
        ("SELECT '{\"a\": 1}'::jsonb AS v", '{"a": 1}'),
        ("SELECT ARRAY[1, 2] AS v", "{1,2}"),
        ("SELECT ARRAY[INTERVAL '1 month'] AS v", '{"1 mon"}'),
        ("SELECT ARRAY['x'::bytea] AS v", r'{"\\x78"}'),
        ("SELECT ARRAY['NaN'::float8, 1] AS v", "{NaN,1}"),
        ("SELECT int4range(1, 3) AS v", "[1,3)"),
        ("SELECT '10:00:00+02'::timetz AS v", "10:00:00+02"),
        ("SELECT '2024-03-31 01:30+02'::timestamptz AS v", "2024-03-30 23:30:00+00:00"),
        ("SELECT NULL::date AS v", "None"),
        ("SELECT INTERVAL '1 month 2 days 1.5 seconds' AS v", "1 mon 2 days 00:00:01.5"),
    ],
)
def test_values_of_postgres_as_arrow(router: Router, sql: str, answer: str) -> None:
    assert str(router.execute(sql, engine="pg").table().column("v")[0].as_py()) == answer


@pytest.mark.parametrize(
    "value", ["DATE 'infinity'", "DATE '10000-01-01'", "1e30::numeric", "'NaN'::numeric", "TIME '24:00'"]
)
def test_a_value_that_arrow_can_not_hold_is_refused(router: Router, value: str) -> None:
    assert refused(router, f"SELECT {value} AS v", engine="pg") == "R609"


@pytest.mark.parametrize("value", ["1::UHUGEINT", "'1'::BIT", "1::BIGNUM", "NULL::TIMETZ[]", "NULL::STRUCT(a TIMETZ)"])
def test_a_type_that_duckdb_gives_to_arrow_as_another_is_refused(router: Router, value: str) -> None:
    with pytest.raises(StatementRefused, match=r"the column v is of type .*Arrow has not"):
        router.execute(f"FROM range(1) SELECT {value} AS v")


def test_names_of_types_in_values_and_fields_are_none(router: Router) -> None:
    answer = router.execute("""SELECT {'BIT': 'BIT'::ENUM('BIT'), 't': '2024-01-01'::TIMESTAMPTZ} AS v FROM range(1)""")
    assert answer.table().to_pylist()[0]["v"]["BIT"] == "BIT"


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
