"""The straightforward route of an ingest, as a job: ``python -m benchmarks.ingest_pandas CSV PARQUET typed|coerced``.

``typed`` gives read_csv plain numpy types, at the price that a missing age would be refused although the contract
allows it; ``coerced`` lets read_csv guess and pandera cast.
"""

from __future__ import annotations

import sys

import pandas as pd
import pandera.pandas as pa
import pyarrow
from pyarrow import parquet

TYPES = {
    "customer_id": "int64",
    "treated": "int8",
    "y": "float64",
    "age": "int16",
    "gender": "str",
    "rfm_score": "float32",
    "prior_7d_spend": "float32",
    "web_session_cnt": "int16",
}


def schema(*, coerce: bool) -> pa.DataFrameSchema:
    """The rules of contracts/customers.yaml."""
    return pa.DataFrameSchema(
        {
            "customer_id": pa.Column("int64"),
            "event_time": pa.Column("datetime64[ns]"),
            "treated": pa.Column("int8", pa.Check.in_range(0, 1)),
            "y": pa.Column("float64", nullable=True),
            "age": pa.Column("int16", pa.Check.in_range(0, 110)),
            "gender": pa.Column(str, pa.Check.isin(["M", "F", "U"]), nullable=True),
            "rfm_score": pa.Column("float32", pa.Check.in_range(0, 1000), nullable=True),
            "prior_7d_spend": pa.Column("float32", pa.Check.in_range(0, 1e6), nullable=True),
            "web_session_cnt": pa.Column("int16", pa.Check.in_range(0, 10000)),
        },
        checks=pa.Check(lambda rows: (rows["web_session_cnt"] > 0) | (rows["prior_7d_spend"] == 0), raise_warning=True),
        unique=["customer_id", "event_time"],
        strict=True,
        coerce=coerce,
    )


def main(source: str, target: str, how: str) -> None:
    """Read, validate, write."""
    guess = how == "coerced"
    frame = pd.read_csv(source) if guess else pd.read_csv(source, dtype=TYPES, parse_dates=["event_time"])
    frame = schema(coerce=guess).validate(frame, lazy=True)
    parquet.write_table(pyarrow.Table.from_pandas(frame, preserve_index=False), target, compression="zstd")


if __name__ == "__main__":
    main(*sys.argv[1:])
