"""Runs of the house of counts, each in a process of its own that is ready at once: for tests that end them.

``python killed_run.py`` imports what a run needs; each line on stdin then starts one, whose process id is printed, and
after it how it ended. A run keeps its record as ``ciq run`` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UNEXPECTED = 99
"""The exit code of a run that ended by an error which is not ciq's own: a traceback for whoever called it."""


class Runs:
    """The process that starts runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self) -> int:
        """Start a run; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._said()

    def ended(self) -> int:
        """Wait for its end: its exit code, or the signal that ended it as a negative number."""
        return self._said()

    def _said(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextmanager
def ready(root: Path, dsn: str) -> Iterator[Runs]:
    """Runs in the house at ``root``, publishing on the server ``dsn``."""
    command = [sys.executable, __file__]
    environment = os.environ | {"PG_DSN": dsn, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Runs(process)
        process.communicate()


def main() -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                os._exit(_run())
            except BaseException:
                traceback.print_exc()
                os._exit(UNEXPECTED)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run() -> int:
    """``ciq run`` but for ingest, figures and exports; 0 where the version is published."""
    from ciq.contract import load_all
    from ciq.errors import CiqError, GateRefused, Problem
    from ciq.pipeline import recorded
    from ciq.pipeline.run import Outcome
    from ciq.pipeline.warehouse import open_warehouse

    def run(project: Path, *_: Any) -> Iterator[Outcome]:
        with open_warehouse(project) as warehouse:
            promotion = warehouse._apply("study")
        error = promotion.error or GateRefused(*(Problem("G321", message) for message in promotion.errors))
        yield Outcome("study", "published") if promotion.promoted else Outcome("study", "refused", error=error)

    recorded.run = run  # type: ignore[assignment]
    contracts = load_all(Path("contracts"))
    try:
        (outcome,) = recorded.recorded(Path(), contracts, ["study"], lambda what, done, total: None)
    except CiqError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if outcome.error:
        print(outcome.error, file=sys.stderr)
    return outcome.error.exit_code if outcome.error else 0


if __name__ == "__main__":
    import sqlmesh.cli.main  # noqa: F401

    main()
