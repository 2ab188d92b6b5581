"""A whole project with a PostgreSQL: what a run publishes, what consumers see, and what they never see."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from postgres_server import execute, new_database
from published_house import PARTS
from small_study import CONTRACT, rows
from whole_project import Project, lay_out

from ciq.postgres import Server, connect, roles
from ciq.publish import lock

KEYED = CONTRACT.replace("id_col: unit\n", "id_col: unit\npublish: {indexes: [[age]]}\n")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Iterator[tuple[Path, Server]]:
    """A project of one data set and its own database, shared by the tests below in their order."""
    root = tmp_path_factory.mktemp("house")
    lay_out(root)
    (root / "contracts" / "study.yaml").write_text(KEYED)
    (root / "data" / "raw" / "study.csv").write_text(rows())
    with new_database(postgres) as server:
        yield root, server


@pytest.fixture
def study(
    house: tuple[Path, Server], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Project]:
    root, server = house
    monkeypatch.chdir(root)
    monkeypatch.setenv("PG_DSN", server.dsn)
    yield Project(root, capsys)
    os.environ.pop("CIQ_ALLOW_BREAKING", None)


def ask(house: tuple[Path, Server], query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return execute(house[1], query, list(parameters) or None)


def test_a_run_publishes_the_set_and_tells(study: Project, house: tuple[Path, Server]) -> None:
    with closing(connect(house[1])) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("LISTEN ciq_published")
        said = study.ciq("run")
        assert (said.code, said.err) == (0, "")
        connection.poll()
        told = sorted((json.loads(notice.payload) for notice in connection.notifies), key=lambda one: one["face"])
    assert [one["face"] for one in told] == [f"api.study_{part}" for part in PARTS]
    assert {one["dataset"] for one in told} == {"study"}
    assert told[1]["rows"] == 200
    assert ask(house, "SELECT count(*), count(DISTINCT row_id) FROM api.study_causal_ready") == [(200, 200)]
    assert ask(house, "SELECT n FROM api.study_overlap") == [(200,)]
    assert ask(house, "SELECT count(*) FROM api.study_gate_results WHERE verdict = 'fail'") == [(0,)]
    assert ask(house, "SELECT count(*) > 0 FROM api.study_balance") == [(True,)]
    moves = "SELECT count(DISTINCT xmin::text), count(*) FROM ciq.publications WHERE action = 'promoted'"
    assert ask(house, moves) == [(1, 4)]
    shown = json.loads((study.root / "artifacts" / "study" / "report.json").read_text())["published"]["views"]
    assert shown == [f"api.study_{part}" for part in PARTS]
    assert "api.study_causal_ready" in (study.root / "artifacts" / "study" / "report.html").read_text()


def test_the_table_says_where_it_comes_from_and_has_its_indexes(house: tuple[Path, Server]) -> None:
    ((comment, column),) = ask(
        house,
        "SELECT obj_description(physical::regclass), col_description(physical::regclass, 1) FROM ciq.publications"
        " WHERE relation = 'api.study_causal_ready'",
    )
    version = next((house[0] / "data" / "staged" / "study").glob("*.parquet")).stem
    assert f"Contract study 1.0.0, source {version}" in comment
    assert column.startswith("md5 of the key")
    indexes = [text for (text,) in ask(house, "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'study_c%'")]
    assert sorted(text.rpartition("btree ")[2] for text in indexes) == ["(age)", "(row_id)", "(unit)"]


def test_a_reader_sees_api_and_nothing_else(house: tuple[Path, Server]) -> None:
    tables = ask(
        house,
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    seen = []
    with closing(connect(house[1], roles.READER)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for (table,) in tables:
            try:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
            except psycopg2.errors.InsufficientPrivilege:
                continue
            seen.append(table)
    assert sorted(seen) == [f"api.study_{part}" for part in PARTS]


def test_nothing_new_is_quick_to_say_and_the_record_knows(study: Project, house: tuple[Path, Server]) -> None:
    said = study.ciq("run")
    assert (said.code, said.out) == (0, "study: nothing new\n")
    results = ask(house, "SELECT result, verdict FROM ciq.runs ORDER BY started_at")
    assert results == [("published", "pass"), ("unchanged", None)]
    actions = ask(house, "SELECT action, count(*) FROM ciq.publications GROUP BY action ORDER BY action")
    assert actions == [("loaded", 4), ("promoted", 4)]
    shown = study.ciq("history", "show", study.ciq("history").out.splitlines()[-1].split()[0]).out
    assert "\npromoted api.study_causal_ready: " in shown


def test_a_bad_version_leaves_what_was_published(study: Project, house: tuple[Path, Server]) -> None:
    ask(house, "CREATE VIEW public.mine AS SELECT count(*) AS n FROM api.study_causal_ready")
    study.raw("study.csv", "".join(_by_age(line) for line in rows(220).splitlines()))
    said = study.ciq("run")
    assert said.code == 1
    assert ask(house, "SELECT n FROM public.mine") == [(200,)]
    assert ask(house, "SELECT result FROM ciq.runs ORDER BY started_at DESC LIMIT 1") == [("refused",)]
    study.raw("study.csv", rows())


def _by_age(line: str) -> str:
    unit, treated, y, age = line.split(",")
    return f"{unit},{treated if unit == 'unit' else int(int(age) > 50)},{y},{age}\n"


def test_a_second_publisher_is_refused_by_name(study: Project, house: tuple[Path, Server]) -> None:
    study.raw("study.csv", rows(230))
    with lock.alone(house[1]):
        said = study.ciq("run")
    assert (said.code, said.out) == (3, "")
    assert "P514" in said.err
    assert "is being published by" in said.err
    study.raw("study.csv", rows())


def test_a_break_is_found_before_anything_is_applied(study: Project, house: tuple[Path, Server]) -> None:
    ask(house, "CREATE VIEW public.ages AS SELECT age FROM api.study_causal_ready")
    contract = study.contract("study")
    contract.write_text(KEYED.replace("age: int16", "age: int64"))
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname LIKE 'sqlmesh%%'"
    before = ask(house, tables)
    said = study.ciq("run")
    assert said.code == 2
    assert "P520 " in said.err
    assert "age becomes bigint, was smallint" in said.err
    assert "ages" in said.err
    assert ask(house, tables) == before
    assert ask(house, "SELECT n FROM public.mine") == [(200,)]


def test_the_run_that_may_break_says_so_to_what_publishes(study: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_datasets(*_: Any) -> int:
        return 0 if os.environ.get("CIQ_ALLOW_BREAKING") == "1" else 1

    monkeypatch.setattr("ciq.cli.runs.run_datasets", run_datasets)
    assert study.ciq("run").code == 1
    assert study.ciq("run", "--allow-breaking").code == 0
