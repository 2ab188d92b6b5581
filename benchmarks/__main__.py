"""``python -m benchmarks``: run the benchmarks and print their figures as a Markdown table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import balance, build, check, decide, fit, ingest, publish, routing, scale, startup
from benchmarks.scratch import Scratch
from benchmarks.table import Row, markdown

BENCHMARKS = {
    "startup": startup.run,
    "ingest": ingest.run,
    "check": check.run,
    "build": build.run,
    "fit": fit.run,
    "scale": scale.run,
    "balance": balance.run,
    "publish": publish.run,
    "routing": routing.run,
    "decide": decide.run,
}


def main() -> None:
    """Parse the arguments and print each row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the generated customers (%(default)s)")
    parser.add_argument(
        "--pairs", type=int, default=3, help="pairs of runs that a ratio is the median of (%(default)s)"
    )
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    with tempfile.TemporaryDirectory(prefix="ciq-benchmarks-") as folder:
        scratch = Scratch(Path(folder), arguments.rows)
        for line in markdown(_rows(arguments.names or list(BENCHMARKS), scratch, arguments.pairs)):
            print(line, flush=True)


def _rows(names: Sequence[str], scratch: Scratch, pairs: int) -> Iterator[Row]:
    for name in names:
        yield from BENCHMARKS[name](scratch, pairs)


if __name__ == "__main__":
    main()
