"""The design stage out of core: the product's fit, scores and balance of generated Parquet, with little memory."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measure import gigabytes, measured, module
from benchmarks.scratch import Scratch
from benchmarks.table import Row

PEAK = "under 1.00 GB"


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Once, whatever ``pairs``: the target is one of memory."""
    source = scratch.design(scratch.rows)
    cost = measured(*module("scale_job", source))
    what = f"scale: {scratch.rows:,} rows of ten numbers, fit, scores and balance"
    yield Row(what, str(cost), PEAK, gigabytes(cost.peak))
    for step in json.loads(cost.out):
        figure = f"{step['wall']:.1f} s, CPU {step['cpu']:.1f} s, peak so far {gigabytes(step['peak'])}"
        yield Row(f"scale: {step['step']}", figure)
