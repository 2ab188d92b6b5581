"""``ciq run`` of one data set, as a job that also times its steps: ``python -m benchmarks.build_job PROJECT DATASET``.

The same call that the command makes, with a progress callback that keeps time. SQLMesh tells of a model when it is
built and audited, one after the other, so a step lasts from the one before it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from ciq.contract import load_all
from ciq.pipeline.run import run


class Steps:
    """The seconds of each step, and the highest memory of the process when it ended."""

    def __init__(self) -> None:
        self.done: list[dict[str, float | str]] = []
        self._since = time.perf_counter()

    def tell(self, what: str, done: int, total: int) -> None:
        """Take a step down; reading and starting only begin here and are counted with what follows."""
        if what.startswith(("starting", "reading")):
            return
        now = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.done.append({"step": what, "seconds": now - self._since, "peak": peak})
        self._since = now


def main(project: str, dataset: str) -> None:
    """Run, and print the steps as JSON. Exits with 1 where the data set was refused."""
    os.chdir(project)
    steps = Steps()
    contracts = load_all(Path("contracts"))
    for outcome in run(Path(), contracts, [dataset], steps.tell):
        if outcome.error:
            sys.exit("\n".join(str(problem) for problem in outcome.error.problems))
    steps.tell("promotion, artifacts and export", 0, 0)
    first = steps.done[0]
    first["step"] = f"{first['step']}, after hashing the files and SQLMesh's start and plan"
    sys.stdout.write(json.dumps(steps.done))


if __name__ == "__main__":
    main(*sys.argv[1:])
