"""What a decision costs: TPC-H's statements decided anew each time, beside a bare parse by sqlglot."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

from benchmarks.measure import measured, module
from benchmarks.scratch import Scratch
from benchmarks.table import Row


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """One job; each statement is tried many times in it, whatever ``pairs``."""
    said = json.loads(measured(*module("decide_job", str(scratch.folder / "decide"))).out)
    medians = {what: statistics.median(map(statistics.median, tries)) for what, tries in said.items()}
    ratio = medians["decide"] / medians["sqlglot"]
    yield Row("decision: median of TPC-H", f"{medians['decide']:.0f} us", "400 us, 1.5x of sqlglot", f"{ratio:.2f}x")
    every = [microseconds for tries in said["decide"] for microseconds in tries]
    yield Row("decision: P99", f"{statistics.quantiles(every, n=100)[-1]:.0f} us", "3000 us")
    yield Row("decision: with PostgreSQL's EXPLAIN", f"{medians['planned']:.0f} us")
    yield Row("decision: of a text seen before", f"{medians['again']:.1f} us")
