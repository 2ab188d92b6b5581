"""All SMDs and variance ratios against one plain aggregate scan of the same columns.

A plain scan is avg and stddev of every number and the share of every level, over the whole table. Two pairs:

- the unadjusted SMDs and variance ratios as one query, against the plain scan of the covariates in ``curated``;
- all that the product computes, unadjusted and under four weightings, by its own models from moments to balance,
  against the plain scan of what these read: the covariates and the score in ``diagnostics.<d>_scores``, a view that
  computes the score of each row. Against the scan of the covariates alone it is shown too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

from benchmarks.measure import measured, module
from benchmarks.scratch import DATASET, Scratch
from benchmarks.table import Row

TARGET = "at most 2x the scan"


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Time the queries in turn, ``pairs`` rounds and one to warm up, in one process."""
    project, _ = scratch.built
    rounds = json.loads(measured(*module("balance_job", str(project), DATASET, str(pairs))).out)
    what = f"balance: {scratch.rows:,} rows"

    def row(name: str, said: str, against: str = "", target: str = "") -> Row:
        times = [times[name] for times in rounds]
        figure = f"{median(wall for wall, _ in times):.2f} s, CPU {median(cpu for _, cpu in times):.2f} s"
        return Row(f"{what}, {said}", figure, target, _times(rounds, name, against) if against else "")

    yield row("scan", "plain scan of the covariates")
    yield row("unadjusted", "unadjusted SMDs and VRs", "scan", f"{TARGET} of the covariates")
    yield row("scores_scan", "plain scan of covariates and score")
    yield row("weighted", "unadjusted and four weightings", "scores_scan", f"{TARGET} of covariates and score")
    yield row("weighted", "unadjusted and four weightings", "scan", "none: against the scan of the covariates")


def _times(rounds: list[dict[str, tuple[float, float]]], name: str, against: str) -> str:
    wall, cpu = (median(times[name][i] / times[against][i] for times in rounds) for i in (0, 1))
    return f"{wall:.1f}x (CPU {cpu:.1f}x)"
