"""Whoever reads the faces notices nothing of publications and promotions, and what hangs on them stays."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import face_readers
import numpy as np
import published_house
from postgres_server import execute
from psycopg2.extensions import make_dsn
from published_house import PARTS, plan, stage
from small_study import CONTRACT
from soaking import campaign

from ciq.postgres import Server, connect

PUBLICATIONS, PROMOTIONS, READERS, LONG_READER = campaign(4, 20), campaign(2, 10), campaign(3, 8), campaign(1, 5)
WIDER = CONTRACT.replace("age: int16", "age: int16, site: int16").replace("[age]\n", "[age]\nsegment_cols: [site]\n", 1)
SEEN = """
CREATE VIEW public.mine AS SELECT
  (SELECT count(*) FROM api.study_causal_ready) AS rows,
  (SELECT n FROM api.study_overlap) AS overlap,
  (SELECT n FROM api.study_balance) AS balance,
  (SELECT n FROM api.study_gate_results) AS gates;
CREATE TABLE public.quiet AS SELECT 7 AS n;
"""
KEPT = """
SELECT
  obj_description(face, 'pg_class'), col_description(face, 1), has_table_privilege('ciq_test_ann', face, 'SELECT'),
  has_table_privilege('ciq_reader', face, 'SELECT')
FROM (SELECT to_regclass(%s)::oid AS face) AS f
"""


@contextmanager
def readers(server: Server) -> Iterator[dict[str, list[Any]]]:
    """Consumers at work meanwhile; what they saw is there afterwards."""
    command = [sys.executable, face_readers.__file__, make_dsn(server.dsn), str(READERS)]
    command += ["SELECT * FROM public.mine", "SELECT n FROM public.quiet"]
    seen: dict[str, list[Any]] = {}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield seen
    finally:
        said, _ = process.communicate()
        seen.update(json.loads(said))


@contextmanager
def a_long_reader(server: Server) -> Iterator[None]:
    """A transaction that has read a face and stays open for LONG_READER seconds."""
    with closing(connect(server)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM api.study_overlap")
        timer = threading.Timer(LONG_READER, connection.commit)
        timer.start()
        yield
        timer.join()


def with_sites(root: Path) -> None:
    """Give the staged study a column more."""
    raw = root / "data" / "raw" / "study.csv"
    header, *lines = raw.read_text().splitlines()
    raw.write_text("\n".join([f"{header},site", *(f"{line},{at % 4}" for at, line in enumerate(lines))]) + "\n")


def table_of(seen: dict[str, list[Any]]) -> str:
    """Latencies in milliseconds: of the view on the faces, of the control, and the lock waits of any reader."""
    rows = ["| what | statements | p50 | p99 | max |", "|---|---|---|---|---|"]
    for name in ("face", "control", "locked"):
        p50, p99, most = (np.percentile(seen[name], q) * 1000 for q in (50, 99, 100))
        rows.append(f"| {name} | {len(seen[name]):,} | {p50:.1f} | {p99:.1f} | {most:.1f} |")
    return "\n".join(rows)


def test_readers_notice_nothing_and_what_hangs_on_the_faces_stays(tmp_path: Path, database: Server) -> None:
    published_house.build(tmp_path)
    with published_house.entered(tmp_path, database):
        stage(tmp_path, 200)
        plan()
        execute(database, SEEN)
        execute(database, "CREATE ROLE ciq_test_ann NOLOGIN")
        try:
            for part in PARTS:
                execute(database, f"GRANT SELECT ON api.study_{part} TO ciq_test_ann")
                execute(database, f"COMMENT ON VIEW api.study_{part} IS 'as ann says'")
            with readers(database) as seen:
                _publish(tmp_path, database)
            kept = [execute(database, KEPT, [f"api.study_{part}"])[0] for part in PARTS]
        finally:
            execute(database, "DROP OWNED BY ciq_test_ann")
            execute(database, "DROP ROLE ciq_test_ann")
    print(f"\n{table_of(seen)}")
    assert (seen["errors"], seen["mixed"]) == ([], [])
    assert len(seen["face"]) > READERS
    assert {(text, ann, reader) for text, _, ann, reader in kept} == {("as ann says", True, True)}
    assert kept[PARTS.index("causal_ready")][1].startswith("md5 of the key")
    assert execute(database, "SELECT * FROM public.mine") == [(200 + PUBLICATIONS,) * 4]
    assert execute(database, "SELECT count(DISTINCT site) FROM api.study_causal_ready") == [(4,)]


def _publish(root: Path, server: Server) -> None:
    """PUBLICATIONS versions, every so many promoted; half-way a column comes in, the last meets a long reader."""
    for number in range(1, PUBLICATIONS + 1):
        wider = number > PUBLICATIONS // 2
        if wider:
            published_house.contract(root, WIDER)
        stage(root, 200 + number, with_sites if wider else lambda root: None)
        promoted = number % (PUBLICATIONS // PROMOTIONS) == 0
        with a_long_reader(server) if number == PUBLICATIONS else nullcontext():
            plan("prod" if promoted else "dev")
