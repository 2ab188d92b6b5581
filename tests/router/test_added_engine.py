"""A third engine is one class and one block of router.yml: here SQLite, which sqlglot translates for."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from postgres_server import execute
from test_classify import UNSURE, WRITES

from ciq.errors import CiqError, UsageError
from ciq.postgres import Server
from ciq.router import Router
from ciq.router.engine import Rows, StatementRefused

BLOCK = """
engines:
  archive:
    adapter: test_added_engine:Archive
    relations: [archive.orders, api.both]
    options: {file: archive.db, ms: 50.0}
"""


class Archive:
    """SQLite, opened for reading only, under the names of the schemas that it stands for."""

    def __init__(self, project: Path, options: Mapping[str, Any]) -> None:
        self._place = f"file:{project / options['file']}?mode=ro"
        self._milliseconds = options.get("ms")

    def read(self, sql: str) -> Rows:
        (translated,) = sqlglot.transpile(sql, read="postgres", write="sqlite")
        try:
            with closing(sqlite3.connect(":memory:", uri=True)) as memory:
                memory.execute("ATTACH ? AS archive", [self._place])
                memory.execute("ATTACH ? AS api", [self._place])
                found = memory.execute(translated)
                names = [name for name, *_ in found.description]
                table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in found])
        except sqlite3.Error as error:
            raise StatementRefused(str(error)) from error
        return table.schema, iter(table.to_batches())

    def estimate(self, sql: str) -> Mapping[str, float] | None:
        return None if self._milliseconds is None else {"ms": self._milliseconds}

    def cancel(self) -> None:
        """A read here is over at once."""

    def close(self) -> None:
        """Nothing is open between reads."""


@pytest.fixture
def settings(house: Path) -> Path:
    """The project's router.yml with the block in it."""
    with closing(sqlite3.connect(house / "archive.db")) as database, database:
        database.execute("CREATE TABLE orders AS SELECT 1 AS id, 20 AS price UNION SELECT 2, 30")
        database.execute('CREATE TABLE "both" AS SELECT 1 AS i, 7.0 AS x')
    with (house / "router.yml").open("a") as stream:
        stream.write(BLOCK)
    return house / "router.yml"


@pytest.mark.parametrize(
    ("sql", "rule", "answer"),
    [
        ("SELECT sum(price) AS n FROM archive.orders WHERE id > 1", "only there", [{"n": 30}]),
        ("SELECT upper('a') AS n FROM archive.orders LIMIT 1", "only there", [{"n": "A"}]),
        ("/* engine:archive */ SELECT x FROM api.both", "hint", [{"x": 7.0}]),
    ],
)
def test_it_is_given_what_it_alone_has_and_what_a_hint_asks_for(
    settings: Path, sql: str, rule: str, answer: list[dict[str, Any]]
) -> None:
    router = Router.from_config(settings)
    result = router.execute(sql)
    assert (result.engine, result.decision.rule, result.table().to_pylist()) == ("archive", rule, answer)


@pytest.mark.parametrize(("milliseconds", "engine"), [("0.001", "archive"), ("50.0", "pg"), ("null", "pg")])
def test_where_others_have_the_data_its_own_estimate_decides(settings: Path, milliseconds: str, engine: str) -> None:
    settings.write_text(settings.read_text().replace("ms: 50.0", f"ms: {milliseconds}"))
    decision = Router.from_config(settings).decide("SELECT x FROM api.both WHERE i = 1")
    assert (decision.engine, decision.rule) == (engine, "cost")
    assert decision.estimates.keys() == {"pg", "duckdb"} | ({"archive"} if milliseconds != "null" else set())
    assert (decision.other is None) == (engine == "archive")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO archive.orders VALUES (3, 4)",
        "INSERT INTO scratch.notes VALUES ('a')",
        "/* engine:archive */ INSERT INTO scratch.notes VALUES ('a')",
        "/* engine:archive */ DELETE FROM api.both",
        "/* engine:archive */ SELECT price INTO scratch.made FROM archive.orders",
        "/* engine:archive */ SELECT nextval('api.numbers')",
        "/* engine:archive */ SELECT api.unknown() FROM archive.orders",
        "/* engine:archive */ SELECT * FROM api.served",
        "/* engine:archive */ FROM api.both SELECT x",
        "/* engine:archive */ SELECT 1",
        "SELECT * FROM archive.orders JOIN api.served USING (id)",
        "WITH gone AS (DELETE FROM archive.orders RETURNING id) SELECT * FROM gone",
    ],
)
def test_no_write_and_nothing_unproved_reaches_it(
    settings: Path, served: Server, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    given: list[str] = []
    monkeypatch.setattr(Archive, "read", lambda _, text: given.append(text))
    for asked in (None, "archive"):
        router = Router.from_config(settings, write=True)
        assert type(router._added["archive"]) is Archive
        assert router.decide(sql, engine=asked).engine in (None, "pg")
        if asked:
            with pytest.raises(CiqError):
                router.execute(sql, engine=asked)
    assert not given
    assert execute(served, "SELECT count(*) FROM api.both") == [(1000,)]


def test_no_write_goes_anywhere_but_to_postgres(settings: Path) -> None:
    """Whoever asks, and however: over a relation that all three engines have."""
    router = Router.from_config(settings, write=True)
    hints = ("", "/* engine:pg */ ", "/* engine:duckdb */ ", "/* engine:archive */ ")
    ways = list(itertools.product(hints, ("batch", "api"), (None, "pg", "duckdb", "archive")))
    read = "SELECT x FROM api.both"
    assert {router.decide(hint + read).engine for hint in hints} == {"pg", "duckdb", "archive"}
    for sql in (re.sub(r"\bt\b", "api.both", text) for text in (*WRITES, *UNSURE)):
        engines = {router.decide(hint + sql, context, asked).engine for hint, context, asked in ways}
        assert engines <= {None, "pg"}, sql


def test_what_it_has_is_a_relation_where_no_catalogue_is_known(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for dsn in ("off", "host=/nonexistent dbname=x"):
        monkeypatch.setenv("PG_DSN", dsn)
        assert Router.from_config(settings).execute("SELECT id FROM archive.orders").engine == "archive"


@pytest.mark.parametrize("adapter", ["test_added_engine:Missing", "no_such_module:Archive", "test_added_engine"])
def test_a_class_that_can_not_be_had_is_named(settings: Path, adapter: str) -> None:
    settings.write_text(settings.read_text().replace("test_added_engine:Archive", adapter))
    with pytest.raises(UsageError, match="R613") as caught:
        Router.from_config(settings)
    assert adapter in caught.value.problems[0].message


@pytest.mark.parametrize("name", ["pg", "duckdb", "auto", "Archive"])
def test_its_name_is_its_own(settings: Path, name: str) -> None:
    settings.write_text(settings.read_text().replace("  archive:", f"  {name}:"))
    with pytest.raises(UsageError, match="none of auto, duckdb and pg"):
        Router.from_config(settings)


def test_an_engine_that_is_not_there_is_refused_by_name(settings: Path) -> None:
    problem = Router.from_config(settings).decide("SELECT 1", engine="archiv").problem
    assert problem is not None
    assert (problem.rule, problem.help) == ("R605", "there are pg, duckdb, archive")
