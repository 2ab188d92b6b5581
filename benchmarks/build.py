"""Staging to features: the plan, the gates and the export of a staged data set, with the contract as shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measure import gigabytes
from benchmarks.scratch import Scratch
from benchmarks.table import Row

PEAK = "under 3.00 GB"


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Build once, whatever ``pairs``: the target is one of memory. Each step shows its share of the wall."""
    _, cost = scratch.built
    yield Row(f"build: {scratch.rows:,} rows, staging to features", str(cost), PEAK, f"{cost.peak / 3e9:.2f} of 3 GB")
    for step in json.loads(cost.out):
        figure = f"{step['seconds']:.1f} s, peak so far {gigabytes(step['peak'])}"
        yield Row(f"build: {step['step']}", figure, "", f"{step['seconds'] / cost.wall:.0%} of the wall")
