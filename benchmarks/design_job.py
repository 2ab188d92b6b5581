"""Ten normal numbers and a treatment that depends on them, as a job: ``python -m benchmarks.design_job PARQUET ROWS``.

Always the same rows: every number is a hash of its row and column, made normal by Box and Muller.
"""

from __future__ import annotations

import sys

import duckdb

COLUMNS = 10


def main(target: str, rows: str) -> None:
    """Write the rows in row groups of DuckDB's own size."""

    def uniform(salt: int) -> str:
        return f"((hash(i * 64 + {salt}) >> 11) + 1) / 9007199254740993.0"

    normal = [f"sqrt(-2 * ln({uniform(2 * c)})) * cos(2 * pi() * {uniform(2 * c + 1)}) AS x{c}" for c in range(COLUMNS)]
    logit = " + ".join(f"{0.1 * (c % 5 - 2)} * x{c}" for c in range(COLUMNS))
    with duckdb.connect() as connection:
        numbers = f"SELECT i, {', '.join(normal)} FROM range({int(rows)}) AS r(i)"  # noqa: S608
        treated = f"CAST({uniform(63)} < 1 / (1 + exp(0.5 - ({logit}))) AS TINYINT) AS treated"
        connection.sql(f"SELECT * EXCLUDE (i), {treated} FROM ({numbers})").write_parquet(target)  # noqa: S608


if __name__ == "__main__":
    main(*sys.argv[1:])
