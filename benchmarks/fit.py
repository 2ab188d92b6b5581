"""The propensity fit against one scan of its columns, and against scikit-learn, glum and statsmodels.

Generated Parquet of ten numbers and a treatment. The scan reads the same columns into Arrow batches and drops them.
CPU time is that of reading and fitting, imports apart; the peak is the whole process's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from math import log
from statistics import median

from benchmarks.measure import gigabytes, measured, module
from benchmarks.scratch import Scratch
from benchmarks.table import Row

RIVALS = {"sklearn": "scikit-learn newton-cholesky", "glum": "glum", "statsmodels": "statsmodels GLM"}
RIVAL_ROWS = 5_000_000
"""The rivals hold all rows in memory: more than this is not asked of them."""


class Runs:
    """The runs of one way to fit."""

    def __init__(self, source: str, how: str, pairs: int) -> None:
        costs = [measured(*module("fit_job", source, how)) for _ in range(pairs)]
        said = [json.loads(cost.out) for cost in costs]
        self.cpu: float = median(one["cpu"] for one in said)
        self.peak = max(cost.peak for cost in costs)
        self.coefficients: list[float] = said[0]["coefficients"]

    def __str__(self) -> str:
        return f"CPU {self.cpu:.1f} s, peak {gigabytes(self.peak)}"


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """The fit and the scan at a tenth of the rows and at all, then the rivals."""
    sizes = [max(scratch.rows // 10, 1), scratch.rows]
    sources = {rows: scratch.design(rows) for rows in {*sizes, min(scratch.rows, RIVAL_ROWS)}}
    fits = {rows: Runs(source, "streaming", pairs) for rows, source in sources.items()}
    for rows in sizes:
        scan = Runs(sources[rows], "scan", pairs)
        yield Row(f"fit: {rows:,} rows, one scan into Arrow", str(scan))
        ratio = f"{fits[rows].cpu / scan.cpu:.1f}x the scan"
        yield Row(f"fit: {rows:,} rows, streaming", str(fits[rows]), "at most 8x the scan's CPU", ratio)
    exponent = log(fits[sizes[1]].cpu / fits[sizes[0]].cpu) / log(sizes[1] / sizes[0])
    yield Row("fit: growth of CPU with rows", f"rows^{exponent:.2f}", "linear")
    yield from _against(sources, fits, pairs)


def _against(sources: dict[int, str], fits: dict[int, Runs], pairs: int) -> Iterator[Row]:
    rows = min(max(sources), RIVAL_ROWS)
    ours, what = fits[rows], f"fit: {rows:,} rows"
    ways = {"sql": "summed by DuckDB's SQL"} | {name: said for name, said in RIVALS.items() if find_spec(name)}
    costs = {how: Runs(sources[rows], how, pairs) for how in ways}
    for how, said in ways.items():
        apart = max(abs(a - b) for a, b in zip(ours.coefficients, costs[how].coefficients, strict=True))
        yield Row(f"{what}, {said}", str(costs[how]), "coefficients within 1e-9 of statsmodels", f"{apart:.0e} apart")
    rivals = [costs[how] for how in costs if how in RIVALS]
    if rivals:
        cpu, peak = min(cost.cpu for cost in rivals) / ours.cpu, min(cost.peak for cost in rivals) / ours.peak
        target = "2.5x less CPU, 5x less memory"
        yield Row(f"{what}, against the best of them", str(ours), target, f"CPU {cpu:.1f}x, memory {peak:.1f}x less")
