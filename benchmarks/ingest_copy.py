"""A bare typed COPY by DuckDB, as a job: ``python -m benchmarks.ingest_copy CSV PARQUET``."""

from __future__ import annotations

import sys

import duckdb

TYPES = {
    "customer_id": "BIGINT",
    "event_time": "TIMESTAMP",
    "treated": "TINYINT",
    "y": "DOUBLE",
    "age": "SMALLINT",
    "gender": "VARCHAR",
    "rfm_score": "FLOAT",
    "prior_7d_spend": "FLOAT",
    "web_session_cnt": "SMALLINT",
}


def main(source: str, target: str) -> None:
    """Read and write, rows in their order."""
    with duckdb.connect() as connection:
        rows = connection.read_csv(source, header=True, dtype=TYPES)
        rows.write_parquet(target, compression="zstd")


if __name__ == "__main__":
    main(*sys.argv[1:])
