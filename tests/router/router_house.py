"""A project with one relation in both engines and one in each alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ciq.errors import CiqError
from ciq.router import Router
from ciq.rules import RULES

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


def waited_for(happened: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it happens in that time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.05)
    return False


def refused(router: Router, sql: str, **options: str) -> str:
    """The rule by which a statement is refused."""
    with pytest.raises(CiqError) as caught:
        router.execute(sql, **options).table()  # type: ignore[arg-type]
    assert all(problem.rule in RULES for problem in caught.value.problems)
    return caught.value.problems[0].rule


def edited(house: Path, old: str, new: str) -> Path:
    """The project's router.yml with another text in it."""
    path = house / "router.yml"
    path.write_text(path.read_text().replace(old, new))
    return path
