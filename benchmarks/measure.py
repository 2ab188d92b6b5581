"""What one job costs: its own process, and what the kernel says of it when it ends.

Linux hands the peak of the starting process on to the one it starts, so whoever measures must stay small itself:
nothing here or in a caller imports numpy, DuckDB or pandas.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
CIQ = str(Path(sys.executable).with_name("ciq"))
ROOT = Path(__file__).parents[1]
_KIB = 1024


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and CPU, the peak of resident memory in bytes, and what the job wrote on stdout and stderr."""

    wall: float
    cpu: float
    peak: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"{self.wall:.1f} s, CPU {self.cpu:.1f} s, peak {gigabytes(self.peak)}"


def measured(*command: str, cwd: Path = ROOT) -> Cost:
    """Run ``command`` to its end in a process of its own; its children that it waited for count with it.

    Raises SystemExit with the job's last words where it fails: a job that failed has no cost to compare.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read())
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{texts[1][-4000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _KIB, *texts)


def module(name: str, *arguments: str) -> Sequence[str]:
    """The command that runs one of this package's modules as a job."""
    return (PYTHON, "-m", f"benchmarks.{name}", *arguments)


def gigabytes(size: float) -> str:
    """Bytes as decimal gigabytes, the unit of the targets."""
    return f"{size / 1e9:.2f} GB"
