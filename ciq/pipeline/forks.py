"""The processes that SQLMesh forks to load models: none may outlive the run, or break by what it inherits."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1
_tied = False


@contextmanager
def tied() -> Iterator[None]:
    """Processes forked meanwhile end with this one, and free nothing that they inherit.

    One that outlived a killed run would hold its connections, and with them its lock on the database, for ever. One
    that freed a DuckDB would die: it has none of the threads. Elsewhere than on Linux a process can't be tied.
    """
    global _tied
    gc.freeze()
    _tied = sys.platform == "linux"
    try:
        yield
    finally:
        _tied = False
        gc.unfreeze()


def _tie() -> None:
    if _tied:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


os.register_at_fork(after_in_child=_tie)
