"""``ciq ingest`` of a CSV against the straightforward route: pandas.read_csv, pandera (lazy), pyarrow.

All read the same file, hold it against the same rules (types, NULLs, ranges, categories, the unique key, the row
rule that warns) and write zstd Parquet. The route is measured twice: ``typed`` gives read_csv the types, the fastest
that pandas can do; ``coerced`` lets read_csv guess and pandera cast. ciq also hashes the file and numbers its rows,
uses every core, so that a busy machine takes more from it than from pandas (hence the ratio of CPU beside it), and
waits until its file is safe on disk: so nothing that an earlier job wrote is left to be flushed when a job begins.
The generated keys ascend, which spares ciq the count of a unique key: the same rows shuffled show what that is worth.
A bare typed COPY by DuckDB, which checks types and nothing else, is there for orientation.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.measure import CIQ, Cost, gigabytes, measured, module
from benchmarks.scratch import DATASET, Scratch
from benchmarks.table import Row

FASTER = "at least 2.5x faster"
PEAK = "under 1.20 GB"
ROUTES = {
    "typed": "pandas (types given) + pandera + pyarrow",
    "coerced": "pandas (types guessed) + pandera (coerce) + pyarrow",
}


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Measure each route ``pairs`` times, one after the other."""
    ours, shuffled, bare = list[Cost](), list[Cost](), list[Cost]()
    theirs: dict[str, list[Cost]] = {route: [] for route in ROUTES}
    for _ in range(pairs):
        ours.append(_ciq(scratch, scratch.csv))
        for route, costs in theirs.items():
            costs.append(_job(scratch, "ingest_pandas", route))
        bare.append(_job(scratch, "ingest_copy"))
        shuffled.append(_ciq(scratch, scratch.shuffled))
    what = f"ingest: {scratch.rows:,} rows of CSV"
    yield Row(f"{what}, ciq", _typical(ours))
    for route, costs in theirs.items():
        yield Row(f"{what}, {ROUTES[route]}", _typical(costs), FASTER, f"ciq {_times(costs, ours)}")
    peak = max(cost.peak for cost in (*ours, *shuffled))
    yield Row(f"{what}, ciq's highest peak", gigabytes(peak), PEAK, f"{peak / 1.2e9:.2f} of 1.20 GB")
    yield Row(f"{what}, ciq, the same rows shuffled", _typical(shuffled), "", f"in order {_times(shuffled, ours)}")
    yield Row(f"{what}, bare typed DuckDB COPY", _typical(bare), "", _times(ours, bare))


def _ciq(scratch: Scratch, csv: Path) -> Cost:
    shutil.rmtree(scratch.strict / "data" / "staged", ignore_errors=True)
    raw = scratch.strict / "data" / "raw" / f"{DATASET}.csv"
    raw.unlink(missing_ok=True)
    os.link(csv, raw)
    os.sync()
    return measured(CIQ, "--project", str(scratch.strict), "ingest", DATASET)


def _job(scratch: Scratch, name: str, *how: str) -> Cost:
    target = scratch.folder / f"{name}.parquet"
    os.sync()
    try:
        return measured(*module(name, str(scratch.csv), str(target), *how))
    finally:
        target.unlink(missing_ok=True)


def _times(slower: list[Cost], faster: list[Cost]) -> str:
    pairs = list(zip(slower, faster, strict=True))
    wall, cpu = median(a.wall / b.wall for a, b in pairs), median(a.cpu / b.cpu for a, b in pairs)
    return f"{wall:.1f}x faster (CPU {cpu:.1f}x)"


def _typical(costs: list[Cost]) -> str:
    return str(sorted(costs, key=lambda cost: cost.wall)[(len(costs) - 1) // 2])
