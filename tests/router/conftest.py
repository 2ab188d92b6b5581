"""A project with one relation in both engines, one in each alone, and the roles that ciq works as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import execute, prepared
from router_house import SETUP, lay_out

from ciq.postgres import Server
from ciq.router import Router


@pytest.fixture(scope="module")
def served(postgres: Server) -> Iterator[Server]:
    """A database with the relations and roles, for the tests of a module together."""
    with prepared(postgres, SETUP) as database:
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
