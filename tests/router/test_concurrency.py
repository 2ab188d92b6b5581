"""Many clients, some of them writing, while PostgreSQL goes away and comes back, and a run publishes."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import whole_project
from postgres_server import execute
from router_house import SETUP, lay_out
from small_study import CIQ, CONTRACT, rows
from soaking import campaign

from ciq.errors import CiqError, ConnectionRefused
from ciq.postgres import Server, embedded, roles
from ciq.router import Router
from ciq.router.engine import Unavailable

SECONDS = campaign(2, 20)
"""A third of the time; PostgreSQL is restarted after the first, `ciq run` begins after the second."""

CLIENTS = campaign(6, 32)
INSERT = "INSERT INTO scratch.notes VALUES ('{}')"
RUN = campaign(False, True)
READS: dict[str, set[object]] = {
    "SELECT sum(x) AS v FROM api.both": {125125.0},
    "SELECT count(*) AS v FROM lake.alone": {100},
    "SELECT max(double) AS v FROM api.served": {100},
    "SELECT count(s.double) AS v FROM lake.alone a JOIN api.served s ON a.i = s.id WHERE s.id > 10": {40},
}
PUBLISHED = ("SELECT count(*) AS v FROM features.study", "SELECT count(*) AS v FROM api.study_causal_ready")
VERSIONS = (200, 210)
"""Rows of the study before and after the run."""

if RUN:
    READS.update({sql: {*VERSIONS} for sql in PUBLISHED})


@dataclass
class Seen:
    """What the clients saw; ``errors`` with the moments at which the call began and ended."""

    done: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    wrong: list[tuple[str, object]] = field(default_factory=list)
    errors: list[tuple[float, float, CiqError]] = field(default_factory=list)
    reads: int = 0


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of the test's own, to be stopped and started; for the campaign with a study that it publishes."""
    lay_out(tmp_path)
    (tmp_path / "warehouse").mkdir()
    server = embedded.start(tmp_path)
    monkeypatch.setenv("PG_DSN", server.dsn)
    roles.ensure(server)
    execute(server, SETUP)
    if RUN:
        whole_project.lay_out(tmp_path)
        (tmp_path / "contracts" / "study.yaml").write_text(CONTRACT)
        publish(tmp_path, VERSIONS[0])
    yield server
    embedded.stop(tmp_path)


def publish(project: Path, count: int) -> None:
    """`ciq run` over a study of so many rows."""
    (project / "data" / "raw" / "study.csv").write_text(rows(count))
    done = subprocess.run([str(CIQ), "run"], cwd=project, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr


def client(number: int, project: Path, seen: Seen, ended: threading.Event) -> None:
    router = Router.from_config(project / "router.yml", write=True)
    turn = 0
    while not ended.is_set():
        turn += 1
        note = f"{number}-{turn}"
        began = time.monotonic()
        try:
            if turn % 10 == 0:
                router.execute(INSERT.format(note)).table()
                seen.done.append(note)
            else:
                sql = list(READS)[turn % len(READS)]
                value = router.execute(sql).table().column("v")[0].as_py()
                seen.reads += 1
                if value not in READS[sql]:
                    seen.wrong.append((sql, value))
        except CiqError as error:
            seen.errors.append((began, time.monotonic(), error))
            if turn % 10 == 0 and error.problems[0].rule == "R612":
                seen.unknown.append(note)
            time.sleep(0.05)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_write_is_done_once_or_its_outcome_is_unknown(own: Server, tmp_path: Path) -> None:
    seen = [Seen() for _ in range(CLIENTS)]
    ended = threading.Event()
    threads = [threading.Thread(target=client, args=(n, tmp_path, each, ended)) for n, each in enumerate(seen)]
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    down = time.monotonic()
    embedded.stop(tmp_path)
    embedded.start(tmp_path)
    up = time.monotonic()
    time.sleep(SECONDS)
    if RUN:
        publish(tmp_path, VERSIONS[1])
    time.sleep(SECONDS)
    ended.set()
    for thread in threads:
        thread.join()
    kept = [note for (note,) in execute(own, "SELECT note FROM scratch.notes")]
    done = [note for each in seen for note in each.done]
    assert done
    assert not [each.wrong for each in seen if each.wrong]
    assert all(kept.count(note) == 1 for note in done)
    assert set(kept) <= {*done, *(note for each in seen for note in each.unknown)}
    assert len(kept) == len(set(kept))
    errors = [error for each in seen for error in each.errors]
    assert all(isinstance(error, ConnectionRefused | Unavailable) for *_, error in errors)
    assert all(began <= up and down <= over for began, over, _ in errors)
    assert min(each.reads for each in seen) > 0
    router = Router.from_config(tmp_path / "router.yml")
    for sql in PUBLISHED if RUN else ():
        assert router.execute(sql).table().to_pylist() == [{"v": VERSIONS[1]}]
    print(  # the figures of the campaign, for those who run it with -s
        f"{len(seen)} clients: {sum(each.reads for each in seen)} reads, {len(done)} writes acknowledged, "
        f"{len([note for each in seen for note in each.unknown])} of unknown outcome, {len(errors)} errors in "
        f"{up - down:.1f} s without PostgreSQL"
    )


def test_a_server_that_goes_away_after_the_last_row_takes_nothing_from_the_answer(house: Path, served: Server) -> None:
    router = Router.from_config(house / "router.yml")
    answer = router.execute("SELECT 1 AS v", engine="pg")
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    assert execute(served, kill) == [(True,)]
    assert answer.table().to_pydict() == {"v": [1]}
    assert router.execute("SELECT 2 AS v", engine="pg").table().to_pydict() == {"v": [2]}


def test_a_server_that_goes_away_in_a_write_leaves_its_outcome_unknown(house: Path, served: Server) -> None:
    router = Router.from_config(house / "router.yml", write=True)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO scratch.notes%'"

    def killer() -> None:
        for _ in range(100):
            if execute(served, kill):
                return
            time.sleep(0.05)

    thread = threading.Thread(target=killer)
    thread.start()
    with pytest.raises(ConnectionRefused, match="R612"):
        router.execute("INSERT INTO scratch.notes SELECT 'x' FROM pg_sleep(10)")
    thread.join()
    assert execute(served, "SELECT count(*) FROM scratch.notes") == [(0,)]
