"""Projects for tests: an empty one, and copies of one that is built once a module."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import new_database, running_server
from whole_project import Project, lay_out

from ciq.postgres import Server

# Syntax trees by the hundred thousand live as long as the libraries' caches: to go through them over and over is a
# tenth of the tests.
gc.set_threshold(50_000, 20, 50)
for name in [name for name in os.environ if name.startswith("PG")]:
    del os.environ[name]
# No test publishes but those that take a database: each says so by a PG_DSN of its own.
os.environ["PG_DSN"] = "off"
# Each run of pytest as root closes the folder of all its runs to others, and with it the data of the servers that
# another one has started there: they are not root's.
if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.mkdtemp(prefix="ciq-")
    atexit.register(shutil.rmtree, os.environ["PYTEST_DEBUG_TEMPROOT"], ignore_errors=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    """An empty project."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


@pytest.fixture
def published(
    published_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """A copy of the module's ``published_once``, for this test to change."""
    shutil.copytree(published_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL."""
    with running_server() as server:
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Server]:
    """An empty database of the test's own."""
    with new_database(postgres) as server:
        yield server


@pytest.fixture
def heard() -> Iterator[None]:
    """What runs in a shell's background is started deaf to Ctrl-C, and hands that on to those whom it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
