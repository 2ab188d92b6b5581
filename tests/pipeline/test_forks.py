"""What SQLMesh forks goes with the run that is killed."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PARENT = """
import os, time
from ciq.pipeline.forks import tied
with tied():
    child = os.fork()
if child:
    print(child, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes can be tied on Linux alone")
def test_a_forked_process_does_not_outlive_a_killed_run() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline()) > 0
        parent.send_signal(signal.SIGKILL)
        # The pipe ends when nobody holds its other end: neither the parent nor its child.
        assert parent.stdout.read() == b""
