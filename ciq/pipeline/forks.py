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
_tied_to: int | None = None


@contextmanager
def tied() -> Iterator[None]:
    """Processes forked meanwhile end with this one, and free nothing that they inherit.

    One that outlived a killed run would hold its connections, and with them its lock on the database, for ever. One
    that freed a DuckDB would die: it has none of the threads. Elsewhere than on Linux a process can't be tied.
    """
    global _tied_to
    gc.freeze()
    _tied_to = os.getpid() if sys.platform == "linux" else None
    try:
        yield
    finally:
        _tied_to = None
        gc.unfreeze()


def _tie() -> None:
    if _tied_to is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != _tied_to:  # it was killed before this one was tied
        os.kill(os.getpid(), signal.SIGKILL)


os.register_at_fork(after_in_child=_tie)
