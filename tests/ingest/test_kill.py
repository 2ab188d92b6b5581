"""An ingest that is killed leaves the old version or the new one, whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
from soaking import examples

from ciq.ingest import current, ingest

CHILD = """
import sys
from pathlib import Path
import duckdb, pyarrow.parquet, sqlglot
from ciq.contract import Contract
from ciq.ingest import ingest
contract = Contract.model_validate_json(sys.argv[2])
print("ready", flush=True)
ingest(Path(sys.argv[1]), {"d": contract}, "d")
"""
H = b"id,treated,x,g\n"


def content(version: int) -> bytes:
    return H + b"".join(b"%d,%d,%d.5,a\n" % (at, at % 2, version) for at in range(40_000))


def started(root: Path, contract: str) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(root), contract], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


def test_killed_at_any_moment(project, make):
    contract = make()
    said = contract.model_dump_json()[:-1] + ',"path":"contracts/d.yaml"}'
    project.put(content(0))
    began = time.monotonic()
    assert started(project.root, said).wait() == 0
    lasts = time.monotonic() - began
    chance, known = random.Random(7), 0
    for version in range(1, examples(4) + 1):
        project.put(content(version))
        child = started(project.root, said)
        time.sleep(chance.random() * lasts)
        child.send_signal(signal.SIGKILL)
        child.wait()
        manifest = current(project.root, "d")
        with duckdb.connect() as con:
            query = "SELECT count(*), min(x), max(x), count(DISTINCT id) FROM read_parquet($1)"
            found = con.execute(query, [str(project.root / manifest.parquet)]).fetchone()
        assert found in {(40_000, each + 0.5, each + 0.5, 40_000) for each in (known, version)}
        known = int(found[1])
    assert ingest(project.root, {"d": contract}, "d").manifest.rows == 40_000
    assert not list(project.root.glob("data/staged/d/.aside-*"))
