"""A publication ended in its midst: the faces show a whole version, the next run recovers, the record is true."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import killed_run
import published_house
import pytest
from killed_run import Runs
from postgres_server import execute
from psycopg2 import sql
from published_house import entered, plan, stage
from soaking import campaign

from ciq.errors import ConnectionRefused, LimitExceeded
from ciq.postgres import Server, connect, embedded

TRIES = campaign(1, 20)
ROWS = campaign(2_000, 20_000)
ROOM = 16 << 20
"""Bytes of the file system that fills up: more than a version takes."""

SIZE = """
SELECT sum(pg_total_relation_size(physical::regclass))::bigint / count(DISTINCT source_version)
FROM ciq.publications WHERE action = 'loaded' AND to_regclass(physical) IS NOT NULL
"""
SHOWN = """
SELECT
  (SELECT count(*) FROM api.study_causal_ready), (SELECT n FROM api.study_overlap),
  (SELECT n FROM api.study_balance), (SELECT n FROM api.study_gate_results)
"""
End = Callable[[Server, int], None]
"""Ends what the run with this process id does on the server."""


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Path, Server, Runs, float]]:
    """A house with a version published, on a server of its own, and how many seconds a run takes there."""
    # Another pytest closes the folder of temporary folders to the server's user.
    root = Path(tempfile.mkdtemp(prefix="ciq-"))
    published_house.build(root)
    server = embedded.start(root)
    try:
        with entered(root, server):
            stage(root, ROWS)
            plan()
            with killed_run.ready(root, server.dsn) as runs:
                stage(root, ROWS + 1)
                start = time.monotonic()
                runs.start()
                assert runs.ended() == 0
                yield root, server, runs, time.monotonic() - start
    finally:
        embedded.stop(root)
        shutil.rmtree(root)


def shown(server: Server) -> int:
    """The one version that all faces show, by its number of rows; ready again after a crash."""
    deadline = time.monotonic() + 60
    while True:
        try:
            (row,) = execute(server, SHOWN)
        except ConnectionRefused:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            assert len(set(row)) == 1, "versions side by side"
            return int(row[0])


def results(server: Server) -> list[str]:
    """What the record says of each run, in their order."""
    return [result for (result,) in execute(server, "SELECT result FROM ciq.runs ORDER BY started_at")]


def limited(server: Server, milliseconds: int) -> None:
    """Give every statement of new connections so much time; 0 is as much as it takes."""
    with closing(connect(server, statement_timeout=0)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("ALTER ROLE postgres SET statement_timeout = %s", [milliseconds])


@contextmanager
def tiny_tablespace(root: Path, server: Server) -> Iterator[Callable[[int | None], None]]:
    """A tablespace on a file system of its own.

    Yields what leaves so many bytes free in it and puts the tables of new connections there; None empties it again.
    """
    place = root / "tiny"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", place], capture_output=True, text=True
    )
    if mount.returncode:
        pytest.skip(f"no file system can be mounted: {mount.stderr}")
    owner, inside = (root / "warehouse" / "postgres").stat(), place / "tables"
    inside.mkdir()
    os.chown(inside, owner.st_uid, owner.st_gid)

    def leave(free: int | None) -> None:
        ballast = place / "ballast"
        if free is None:
            ballast.unlink()
            for kind in ("TABLE", "INDEX"):
                execute(server, f"ALTER {kind} ALL IN TABLESPACE tiny SET TABLESPACE pg_default")
        else:
            room = os.statvfs(place)
            ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - free))
        execute(server, "ALTER ROLE postgres SET default_tablespace = %s", ["" if free is None else "tiny"])

    try:
        execute(server, sql.SQL("CREATE TABLESPACE tiny LOCATION {}").format(sql.Literal(str(inside))))
        execute(server, "GRANT CREATE ON TABLESPACE tiny TO ciq_writer")
        yield leave
        execute(server, "DROP TABLESPACE tiny")
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def process(server: Server, run: int) -> None:
    with suppress(ProcessLookupError):  # done already
        os.kill(run, signal.SIGKILL)


def backend(server: Server, run: int) -> None:
    """A backend at work dies, whereupon the server ends all others and recovers."""
    busy = execute(
        server,
        "SELECT pid FROM pg_stat_activity WHERE application_name IN ('sqlmesh', 'ciq') AND pid <> pg_backend_pid()"
        " ORDER BY state = 'active' DESC, random() LIMIT 1",
    )
    for (pid,) in busy:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def whole_server(server: Server, run: int) -> None:
    embedded.stop(Path())


@pytest.mark.parametrize("end", [process, backend, whole_server])
def test_ended_at_any_moment(house: tuple[Path, Server, Runs, float], end: End) -> None:
    root, server, runs, seconds = house
    for number in range(TRIES):
        before, known = shown(server), results(server)
        stage(root, before + 1)
        run = runs.start()
        time.sleep(random.Random(f"{end.__name__}{number}").uniform(0.1, seconds))
        end(server, run)
        _recovers(root, runs, runs.ended(), before, known)


def test_out_of_time_in_its_midst(house: tuple[Path, Server, Runs, float]) -> None:
    root, server, runs, _ = house
    for number in range(TRIES):
        before, known = shown(server), results(server)
        stage(root, before + 1)
        limited(server, random.Random(number).randint(3, 60))
        runs.start()
        code = runs.ended()
        limited(server, 0)
        _recovers(root, runs, code, before, known)


@pytest.mark.skipif(campaign(True, False), reason="mounts a file system; make soak does")
def test_out_of_disk_in_its_midst(house: tuple[Path, Server, Runs, float]) -> None:
    root, server, runs, _ = house
    ((size,),) = execute(server, SIZE)
    with tiny_tablespace(root, server) as leave:
        for number in range(TRIES):
            before, known = shown(server), results(server)
            stage(root, before + 1)
            leave(int(random.Random(number).random() * 0.9 * size))
            runs.start()
            code = runs.ended()
            leave(None)
            assert code == LimitExceeded.exit_code
            _recovers(root, runs, code, before, known)


def _recovers(root: Path, runs: Runs, code: int, before: int, known: list[str]) -> None:
    """The faces show the version before or the next one, and that where the run says so; the next run recovers.

    A run that was ended before it had begun is not in the record.
    """
    assert code != killed_run.UNEXPECTED
    server = embedded.start(root)
    after = shown(server)
    assert after == before + 1 if code == 0 else after in (before, before + 1)
    runs.start()
    assert runs.ended() == 0
    assert shown(server) == before + 1
    *ended, last = results(server)[len(known) :]
    assert last == "published"
    assert ended in ([["published"]] if code == 0 else [[], ["interrupted"], ["failed"], ["refused"]])
    assert results(server)[: len(known)] == known
