"""Publishing to PostgreSQL against two ends: the server's own COPY of a file that is encoded already, which nothing can
beat by much, and the straightforward route of pandas to a gzipped CSV to psql.

``copy`` is the COPY step alone, ``whole`` the verified publication with checksums on both sides, key, index, comments
and ANALYZE. Each job makes a new table of the same ten columns in the embedded server and times itself, so that imports
don't count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

from benchmarks.measure import CIQ, Cost, measured, module
from benchmarks.scratch import Scratch
from benchmarks.table import Row

ROUTES = {
    "copy": ("the COPY step", "at most 1.7x of the server's own; at least 12x faster than pandas"),
    "whole": ("the whole verified publication", "at most 3.5x; at least 6x faster"),
    "server": ("PostgreSQL's COPY FROM of a binary file", ""),
    "pandas": ("pandas, gzipped CSV, psql \\copy", ""),
}
PEAK = "under 0.50 GB"


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Measure each route ``pairs`` times, one after the other."""
    house = scratch.folder / "publish"
    house.mkdir()
    (house / "config.yaml").touch()
    dsn = measured(CIQ, "--project", str(house), "pg", "start").out.strip()
    try:
        warehouse = str(house / "warehouse.duckdb")
        measured(*module("publish_job", "prepare", warehouse, dsn, str(scratch.rows)))
        costs: dict[str, list[Cost]] = {route: [] for route in ROUTES}
        for _ in range(pairs):
            for route, found in costs.items():
                found.append(measured(*module("publish_job", route, warehouse, dsn)))
    finally:
        measured(CIQ, "--project", str(house), "pg", "stop")
    seconds = {route: [json.loads(cost.out)["seconds"] for cost in found] for route, found in costs.items()}
    for route, (what, target) in ROUTES.items():
        peak = max(cost.peak for cost in costs[route])
        ratio = f"{_ratio(seconds[route], seconds['server'])}, {_ratio(seconds['pandas'], seconds[route])} faster"
        figure = f"{median(seconds[route]):.1f} s, peak {peak / 1e9:.2f} GB"
        yield Row(f"publish: {scratch.rows:,} rows x 10, {what}", figure, target, ratio if target else "")
    peak = max(cost.peak for route in ("copy", "whole") for cost in costs[route])
    yield Row("publish: ciq's highest peak", f"{peak / 1e9:.2f} GB", PEAK, f"{peak / 0.5e9:.2f} of 0.50 GB")


def _ratio(slower: list[float], faster: list[float]) -> str:
    return f"{median(a / b for a, b in zip(slower, faster, strict=True)):.1f}x"
