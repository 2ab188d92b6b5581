"""A project with one relation in both engines, one in each alone, and the roles that ciq works as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from postgres_server import execute, new_database

from ciq.postgres import Server, roles
from ciq.router import Router

SETTINGS = """
defaults: {pg_write_schemas: [scratch], statement_timeout: 20.0}
relations: {api.both: data/processed/both.parquet, lake.alone: data/processed/alone.parquet}
"""
SETUP = """
CREATE TABLE api.both AS
SELECT i::int AS i, (i % 7)::int AS k, 'name ' || i AS name, i / 4.0::float8 AS x FROM generate_series(1, 1000) g(i);
CREATE TABLE api.served AS SELECT i AS id, i * 2 AS double FROM generate_series(1, 50) g(i);
CREATE SCHEMA scratch AUTHORIZATION ciq_writer;
CREATE TABLE scratch.notes (note text);
ALTER TABLE scratch.notes OWNER TO ciq_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA api TO ciq_reader;
CREATE SEQUENCE api.numbers;
CREATE FUNCTION api.writes() RETURNS int LANGUAGE sql AS 'INSERT INTO scratch.notes VALUES (''x''); SELECT 1';
CREATE FUNCTION api.counts() RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM api.both';
CREATE VIEW api.hiding AS SELECT nextval('api.numbers');
GRANT SELECT ON api.hiding TO ciq_reader;
"""
FILES = {
    "both": "SELECT i::INT i, (i % 7)::INT AS k, 'name ' || i AS name, i / 4.0::DOUBLE AS x FROM range(1, 1001) r(i)",
    "alone": "SELECT i AS i, -i AS minus FROM range(100) g(i)",
}


def lay_out(folder: Path) -> None:
    """The files of the project."""
    processed = folder / "data" / "processed"
    processed.mkdir(parents=True)
    (folder / "config.yaml").write_text("# a project\n")
    (folder / "router.yml").write_text(SETTINGS)
    with duckdb.connect() as memory:
        for name, rows in FILES.items():
            memory.sql(rows).write_parquet(str(processed / f"{name}.parquet"))
    (folder / "secret.csv").write_text("a\n1\n")


@pytest.fixture(scope="module")
def served(postgres: Server) -> Iterator[Server]:
    """A database with the relations and roles, for the tests of a module together."""
    with new_database(postgres) as database:
        roles.ensure(database)
        execute(database, SETUP)
        yield database


@pytest.fixture
def house(served: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, on the module's database."""
    monkeypatch.setenv("PG_DSN", served.dsn)
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    execute(served, "TRUNCATE scratch.notes")
    return tmp_path


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project without a server."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    return tmp_path


@pytest.fixture
def router(house: Path) -> Iterator[Router]:
    router = Router.from_config(house / "router.yml")
    yield router
    router.close()


@pytest.fixture
def writer(house: Path) -> Iterator[Router]:
    router = Router.from_config(house / "router.yml", write=True)
    yield router
    router.close()
