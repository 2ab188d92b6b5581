"""The rows of a CSV in another order, always the same one, as a job: ``python -m benchmarks.shuffle_job CSV CSV``."""

from __future__ import annotations

import sys

import duckdb


def main(source: str, target: str) -> None:
    """Order the rows by a hash of what they say."""
    with duckdb.connect() as connection:
        rows = connection.read_csv(source, header=True, all_varchar=True)
        rows.order("hash(COLUMNS(*))").write_csv(target, header=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
