"""Versions follow one another behind the same faces, planned by SQLMesh alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import published_house
import pytest
from click.testing import CliRunner, Result
from postgres_server import execute, new_database
from published_house import PARTS, plan, stage
from small_study import CONTRACT

from ciq.errors import UsageError
from ciq.pipeline.warehouse import project_context
from ciq.postgres import Server, connect, roles

LOADED = "SELECT count(*) FROM ciq.publications WHERE action = 'loaded'"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Iterator[tuple[Path, Server]]:
    """A house with 200 rows published, and views of a consumer on it, shared by the tests below in their order."""
    root = tmp_path_factory.mktemp("house")
    published_house.build(root)
    with new_database(postgres) as server, published_house.entered(root, server):
        stage(root, 200)
        plan()
        execute(server, "CREATE VIEW public.mine AS SELECT count(*) AS n FROM api.study_causal_ready")
        execute(server, "COMMENT ON VIEW api.study_overlap IS 'as ann says'")
        yield root, server


def ask(house: tuple[Path, Server], query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return execute(house[1], query, list(parameters) or None)


def versions(house: tuple[Path, Server], suffix: str = "") -> list[int]:
    """How many rows each face says that its version has."""
    faces = {part: "count(*)" if part == "causal_ready" else "max(n)" for part in PARTS}
    queries = (f"SELECT {n} FROM api.study_{part}{suffix}" for part, n in faces.items())  # noqa: S608
    return [ask(house, query)[0][0] for query in queries]


def sqlmesh(*arguments: str) -> Result:
    """SQLMesh as typed by hand, in this process."""
    from sqlmesh.cli.main import cli

    return CliRunner().invoke(cli, arguments, input="y\n")


def test_in_dev_nothing_of_api_moves(house: tuple[Path, Server]) -> None:
    stage(house[0], 210)
    plan("dev")
    assert ask(house, "SELECT count(*) FROM publish__dev.study_causal_ready") == [(210,)]
    assert ask(house, "SELECT count(*) FROM publish.study_causal_ready") == [(200,)]
    assert versions(house) == [200] * 4


def test_promotion_moves_all_faces_at_once_and_keeps_what_hangs_on_them(house: tuple[Path, Server]) -> None:
    before = ask(house, LOADED)
    plan()
    assert versions(house) == [210] * 4
    assert ask(house, "SELECT n FROM public.mine") == [(210,)]
    assert ask(house, LOADED) == before, "what dev has loaded is not loaded again"
    assert ask(house, "SELECT obj_description('api.study_overlap'::regclass)") == [("as ann says",)]
    moves = "SELECT count(*) FROM ciq.publications WHERE action = 'promoted' GROUP BY xmin::text"
    assert ask(house, moves) == [(4,), (4,)]


def test_back_to_the_first_version_without_loading(house: tuple[Path, Server]) -> None:
    before = ask(house, LOADED)
    stage(house[0], 200)
    plan()
    assert versions(house) == [200] * 4
    assert ask(house, LOADED) == before


def test_a_plan_that_breaks_a_face_is_refused_before_anything_is_applied(house: tuple[Path, Server]) -> None:
    root, _ = house
    ask(house, "CREATE VIEW public.ages AS SELECT age FROM api.study_causal_ready")
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname LIKE 'sqlmesh%%'"
    before = ask(house, tables)
    published_house.contract(root, CONTRACT.replace("age: int16", "age: int64"))
    stage(root, 200)
    said = sqlmesh("plan", "--auto-apply", "--no-prompts", "--skip-tests")
    assert said.exit_code == 1
    assert isinstance(said.exception, SystemExit), "a message, not a traceback"
    for words in ("P520 ", "age becomes bigint, was smallint", "ages, mine stand on it", "--allow-breaking"):
        assert words in " ".join(said.output.split())
    assert ask(house, tables) == before


def test_in_dev_the_break_may_be_tried(house: tuple[Path, Server]) -> None:
    plan("dev")
    kinds = "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'age'"
    assert ask(house, kinds, "publish__dev.study_causal_ready") == [("bigint",)]
    assert ask(house, kinds, "api.study_causal_ready") == [("smallint",)]


def test_a_break_that_is_allowed_drops_what_stands_on_it(
    house: tuple[Path, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIQ_ALLOW_BREAKING", "1")
    plan()
    assert ask(house, "SELECT to_regclass('public.ages')") == [(None,)]
    assert versions(house) == [200] * 4


def test_a_new_major_version_is_published_beside_the_old(house: tuple[Path, Server]) -> None:
    root, _ = house
    published_house.contract(root, "version: 2.0.0\n" + CONTRACT.replace("age: int16", "age: int32"))
    stage(root, 230)
    plan()
    assert (versions(house), versions(house, "_v2")) == ([200] * 4, [230] * 4)


def test_the_janitor_keeps_what_a_face_shows(house: tuple[Path, Server]) -> None:
    for arguments in (["invalidate", "dev"], ["janitor", "--ignore-ttl"]):
        assert sqlmesh(*arguments).exit_code == 0
    assert (versions(house), versions(house, "_v2")) == ([200] * 4, [230] * 4)
    tables = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'study_causal_ready__%%'"
    assert ask(house, tables) == [(2,)]


def test_a_schema_of_its_own_is_open_to_the_roles_that_the_contract_names(house: tuple[Path, Server]) -> None:
    root, server = house
    published_house.contract(root, "publish: {schema: research}\n" + CONTRACT)
    plan()
    with closing(connect(server, roles.READER)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM research.study_causal_ready")
        assert cursor.fetchone() == (230,)


def test_without_the_server_a_plan_refuses(house: tuple[Path, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PG_DSN", "off")
    with pytest.raises(UsageError, match="P509 this project has published"), project_context(house[0]):
        pass
