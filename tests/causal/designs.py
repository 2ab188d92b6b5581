"""Random designs, and the two ways to sum over one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from ciq.causal.aggregates import Aggregates
from ciq.causal.fit import Fit
from ciq.causal.stream import Stream

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def random_design(seed: int, columns: int, rows: int | None = None) -> tuple[Matrix, Vector]:
    """Numbers of any location and scale, indicators and correlated columns; the treatment depends on some of them."""
    random = np.random.default_rng(seed)
    rows = rows or 60 * columns + int(random.integers(200, 800))
    z = random.normal(size=(rows, columns))
    z[:, ::3] = (z[:, ::3] > random.uniform(-1, 1)).astype(float)
    z[:, 1::4] = 0.6 * z[:, [0]] + 0.8 * z[:, 1::4]
    slopes = random.normal(size=columns) * (random.random(columns) < 0.5) / np.sqrt(columns)
    t = (random.random(rows) < 1 / (1 + np.exp(-(z @ slopes + random.uniform(-1, 1))))).astype(float)
    return z * 10.0 ** random.uniform(-3, 3, columns) + random.normal(size=columns), t


def streamed(x: Matrix, t: Vector, size: int = 100_000) -> Stream:
    """The design in batches of ``size`` rows."""
    return Stream(lambda: ((x[start : start + size], t[start : start + size]) for start in range(0, len(t), size)))


@contextmanager
def summed(x: Matrix, t: Vector) -> Iterator[Aggregates]:
    """The design as a table of DuckDB's, which sums it."""
    names = ["treated", *(f"x{i}" for i in range(x.shape[1]))]
    rows = pa.table(dict(zip(names, [t, *x.T], strict=True)))
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        query = exp.select(*(exp.column(name) for name in names)).from_("rows")
        yield Aggregates(lambda asked: connection.execute(asked.sql("duckdb", identify=True)).fetchall(), query)


def scores(fit: Fit, x: Matrix) -> Vector:
    """Fitted probabilities."""
    return 1 / (1 + np.exp(-(fit.intercept + x @ fit.coefficients)))
