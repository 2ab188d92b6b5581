"""``ciq --help`` against a bare ``import click``: what every command costs before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.measure import CIQ, PYTHON, Cost, measured
from benchmarks.scratch import Scratch
from benchmarks.table import Row

PAIRS = 15
HEAVY = ("pandas", "sqlmesh")


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Always 15 pairs, whatever ``pairs``: each takes a moment, and a moment is hard to measure."""
    ours, theirs = list[Cost](), list[Cost]()
    for _ in range(PAIRS):
        ours.append(measured(CIQ, "--help"))
        theirs.append(measured(PYTHON, "-c", "import click"))
    help_, click = (median(cost.cpu for cost in costs) for costs in (ours, theirs))
    figure = f"CPU {help_ * 1000:.0f} ms against {click * 1000:.0f} ms"
    yield Row("startup: ciq --help against import click", figure, "under 3x", f"{help_ / click:.1f}x")
    imported = _imported()
    found = ", ".join(name for name in HEAVY if name in imported) or "neither"
    yield Row(f"startup: ciq --help imports {' or '.join(HEAVY)}", found, "neither")


def _imported() -> set[str]:
    """The top packages that ``ciq --help`` imports, as the interpreter tells."""
    lines = measured(PYTHON, "-X", "importtime", CIQ, "--help").err.splitlines()
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines if line.startswith("import time:")}
