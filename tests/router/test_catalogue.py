"""The tables of known names are what the engines themselves say."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from ciq.postgres import Server, connect
from ciq.router import catalogue
from ciq.router.catalogue import derive

FOLDER = Path(catalogue.__file__).parent


def shipped(name: str) -> list[tuple[str, ...]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream)][1:]


def test_the_table_of_duckdb_is_the_installed_one() -> None:
    with duckdb.connect() as memory:
        assert derive.duckdb_rows(memory) == shipped("duckdb.csv")


def test_the_table_of_postgres_calls_nothing_steady_that_a_server_calls_volatile(database: Server) -> None:
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        server = {name: volatility for kind, name, volatility in derive.postgres_rows(cursor) if kind == "function"}
    table = {name: volatility for kind, name, volatility in shipped("postgres.csv") if kind == "function"}
    worse = {name for name in table.keys() & server.keys() if table[name] != "volatile" == server[name]}
    assert not worse


@pytest.mark.parametrize("known", [catalogue.postgres(), catalogue.duckdb()])
def test_names_listed_by_hand_are_the_engines(known: catalogue.Known) -> None:
    assert known.reading <= known.functions
    assert known.writing <= known.functions
    assert not known.writing & known.reading
