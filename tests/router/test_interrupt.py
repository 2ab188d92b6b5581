"""Ctrl-C stops the statement on its engine, wherever the driver waits."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from postgres_server import execute
from router_house import waited_for
from soaking import campaign

from ciq.postgres import Server

SLOW = "SELECT count(*) AS n FROM api.both a, api.both b, api.both c, api.both d WHERE a.x + b.x < c.x + d.x"
STREAM = "SELECT a.x FROM api.both a, api.both b, api.both c"
ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid <> pg_backend_pid()"
BEGUN = 0.25
"""Seconds of work after which the command has been entered; its statement begins within the second after it."""


pytestmark = pytest.mark.usefixtures("heard")


def started(house: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("ciq")), "sql", *arguments]
    return subprocess.Popen(command, cwd=house, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def interrupted(process: subprocess.Popen[str]) -> None:
    """It ends by the signal, soon and with its own word for it."""
    process.send_signal(signal.SIGINT)
    try:
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, said.strip()) == (130, "interrupted; nothing half-written is left")


def active(served: Server, pattern: str) -> int:
    return int(execute(served, ACTIVE, [pattern])[0][0])


def test_a_write_on_postgres_is_undone(house: Path, served: Server) -> None:
    process = started(house, "INSERT INTO scratch.notes SELECT 'x' FROM pg_sleep(20)", "--write")
    assert waited_for(lambda: active(served, "INSERT INTO scratch.notes%") == 1)
    interrupted(process)
    assert waited_for(lambda: active(served, "INSERT INTO scratch.notes%") == 0, 5)
    assert execute(served, "SELECT count(*) FROM scratch.notes") == [(0,)]


def test_what_is_carried_over_is_stopped(house: Path, served: Server) -> None:
    execute(served, f"CREATE VIEW api.slow AS {SLOW}; GRANT SELECT ON api.slow TO ciq_reader")
    process = started(house, "SELECT count(*) FROM lake.alone a JOIN api.slow s ON a.i = s.n")
    assert waited_for(lambda: active(served, "COPY (SELECT%") == 1)
    interrupted(process)
    assert waited_for(lambda: active(served, "COPY (SELECT%") == 0, 5)


@pytest.mark.parametrize("engine", ["pg", "duckdb"])
def test_a_read_is_stopped_at_any_moment(house: Path, served: Server, engine: str) -> None:
    moments = random.Random(engine)
    for turn in range(campaign(2, 60)):
        process = started(house, (SLOW, STREAM)[turn % 2], "--engine", engine, "--format", "csv")
        works = psutil.Process(process.pid)
        assert waited_for(lambda works=works: works.cpu_times().user > BEGUN)
        time.sleep(moments.uniform(0, 2))
        interrupted(process)
        assert waited_for(lambda: active(served, "%ciq%") == 0, 5)
