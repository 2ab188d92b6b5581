"""The second lock alone: where everything is taken for a read, nothing durable changes on either engine."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from postgres_server import execute
from psycopg2 import sql
from test_classify import DUCKDB_ONLY, READS, UNSURE, WRITES

from ciq.errors import CiqError
from ciq.postgres import Server
from ciq.router.duckdb_engine import DuckDBEngine
from ciq.router.engine import Unavailable
from ciq.router.lake import find
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.settings import Settings, load_settings

ESCAPES = [
    "COMMIT; INSERT INTO scratch.notes VALUES ('escaped')",
    "SELECT 1; COMMIT; INSERT INTO scratch.notes VALUES ('escaped')",
    "SELECT 1); COMMIT; INSERT INTO scratch.notes VALUES ('escaped'); SELECT (1",
    "$$; COMMIT; INSERT INTO scratch.notes VALUES ('escaped'); DO $$",
    "'; COMMIT; INSERT INTO scratch.notes VALUES ('escaped'); --",
    "EXPLAIN ANALYZE CREATE TABLE scratch.made AS SELECT 1",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'data/processed/made.csv'",
    "COPY (SELECT 1) TO 'data/processed/made.csv'",
    "COPY (SELECT 1) TO PROGRAM 'touch made'",
    "ATTACH 'data/processed/made.db'",
    "CREATE OR REPLACE VIEW api.both AS SELECT 1 AS x",
    "EXPORT DATABASE 'data/processed'",
    "SET enable_external_access = true",
    "SET transaction_read_only = off",
    "INSERT INTO scratch.notes VALUES ('x') RETURNING note",
    "WITH x AS (INSERT INTO scratch.notes VALUES ('x') RETURNING note) SELECT * FROM x",
    "SELECT set_config('transaction_read_only', 'off', false), api.writes()",
    "SELECT api.writes()",
    "SELECT * FROM api.hiding",
]
UNDONE = ["SELECT lo_from_bytea(0, 'x')"]
"""What PostgreSQL 15 runs in a READ ONLY transaction, and takes back with it."""


TABLES = {
    "api.both": "t",
    "api.served": "t",
    "scratch.notes": "t",
    "pg_catalog.pg_class": "(oid, relname, relacl)",
    "pg_catalog.pg_proc": "(oid, proname, prosrc)",
    "pg_catalog.pg_namespace": "(oid, nspname, nspacl)",
    "pg_catalog.pg_authid": "(oid, rolname, rolsuper)",
    "pg_catalog.pg_auth_members": "(roleid, member)",
    "pg_catalog.pg_largeobject_metadata": "oid",
}
"""What is compared of each: the server itself keeps statistics in its catalogue."""


def corpora() -> list[str]:
    """The statements of the corpora that CIQ_ROUTER_CORPORA names."""
    files = sorted(Path(os.environ.get("CIQ_ROUTER_CORPORA", "/nonexistent")).glob("*.jsonl.gz"))
    return [json.loads(line)["sql"] for path in files for line in gzip.open(path, "rt", encoding="utf-8")]


def state(served: Server, house: Path) -> list[object]:
    """Everything durable: rows, sequences, objects of the catalogue, large objects, the folder's files."""
    rows = sql.SQL("SELECT md5(string_agg(({what})::text, '|' ORDER BY ({what})::text)) FROM {table} t")
    facts: list[object] = [
        execute(served, rows.format(what=sql.SQL(what), table=sql.Identifier(*name.split("."))))
        for name, what in TABLES.items()
    ]
    facts.append(execute(served, "SELECT last_value, is_called FROM api.numbers"))
    files = sorted(path for path in house.rglob("*") if path.is_file())
    return [*facts, [(str(path), hashlib.md5(path.read_bytes()).hexdigest()) for path in files]]


def settings(house: Path) -> Settings:
    found = load_settings(house / "router.yml")
    return found.model_copy(update={"defaults": found.defaults.model_copy(update={"statement_timeout": 2.0})})


def test_nothing_changes_when_everything_is_taken_for_a_read(house: Path, served: Server) -> None:
    statements = [*WRITES, *UNSURE, *READS, *DUCKDB_ONLY, *ESCAPES, *UNDONE, *corpora()]
    before = state(served, house)
    postgres = PostgresEngine(served, settings(house))
    lake = DuckDBEngine(house, settings(house), find(house, settings(house)))
    answered = 0
    for statement in statements:
        with suppress(CiqError):
            postgres.estimate(statement)
        for engine in (postgres, lake):
            with suppress(CiqError):
                _, batches = engine.read(statement)
                answered += 1
                with suppress(StopIteration):
                    next(batches)
                batches.close()  # type: ignore[attr-defined]
    postgres.close()
    assert answered > len(READS)
    assert state(served, house) == before
    assert lake.read("SELECT count(*) AS n FROM api.both")[1].__next__().to_pylist() == [{"n": 1000}]


@pytest.mark.parametrize("statement", ESCAPES)
def test_each_way_out_is_refused(house: Path, served: Server, statement: str) -> None:
    lake = DuckDBEngine(house, settings(house), find(house, settings(house)))
    with pytest.raises(CiqError):
        lake.read(statement)
    with pytest.raises(CiqError) as caught:
        PostgresEngine(served, settings(house)).read(statement)
    assert not isinstance(caught.value, Unavailable)


def test_an_estimate_runs_nothing(house: Path, served: Server) -> None:
    engine = PostgresEngine(served, settings(house))
    assert engine.estimate("SELECT 1") is not None
    for statement in (
        "SELECT 1; SELECT pg_advisory_lock(2)",
        "ANALYZE SELECT 1",
        "(ANALYZE) SELECT 1",
        "SELECT 1; COMMIT",
    ):
        assert engine.estimate(statement) is None
    assert execute(served, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]


def test_a_session_keeps_nothing_from_one_read_to_the_next(house: Path, served: Server) -> None:
    engine = PostgresEngine(served, settings(house))

    def read(statement: str) -> object:
        return [row for batch in engine.read(statement)[1] for row in batch.to_pylist()]

    kept = """SELECT pg_backend_pid() AS pid, current_user::text AS role, current_setting('work_mem') AS memory,
        current_setting('default_transaction_read_only') AS read_only, (SELECT count(*) FROM pg_locks l
        WHERE l.pid = pg_backend_pid() AND locktype = 'advisory') AS locks"""
    before = read(kept)
    read("""SELECT pg_advisory_lock(1), set_config('work_mem', '64kB', false), set_config('role', 'postgres', false),
        set_config('default_transaction_read_only', 'off', false)""")
    assert read(kept) == before
    assert "'role': 'ciq_reader'" in str(before)


@pytest.mark.parametrize(
    ("statement", "stopped"),
    [
        ("SELECT pg_reload_conf()", True),
        ("SELECT pg_stat_reset()", True),
        ("SELECT pg_read_file('/etc/passwd')", True),
        ("SELECT pg_switch_wal()", True),
        ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()", True),
        ("SELECT pg_advisory_lock(1)", False),
        ("SELECT pg_notify('x', 'y')", False),
    ],
)
def test_what_read_only_lets_through_and_the_role_stops(
    house: Path, served: Server, statement: str, stopped: bool
) -> None:
    """The router refuses all of these by name; what the role does not stop ends with the transaction."""
    engine = PostgresEngine(served, settings(house))
    try:
        list(engine.read(statement)[1])
    except CiqError:
        assert stopped
    else:
        assert not stopped
    assert execute(served, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
