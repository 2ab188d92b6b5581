"""One fit as a job: ``python -m benchmarks.fit_job PARQUET HOW``.

HOW is ``scan``, ``streaming``, ``sql``, ``sklearn``, ``glum`` or ``statsmodels``. Prints the CPU seconds of reading and
fitting, and intercept and coefficients, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
from pyarrow import parquet

from benchmarks.design_job import COLUMNS

NAMES = [f"x{i}" for i in range(COLUMNS)]
BATCH_ROWS = 100_000


def scan(source: str) -> Callable[[], list[float]]:
    """Every column into Arrow batches, and nothing done with them."""
    with_treatment = ", ".join(["treated", *NAMES])

    def work() -> list[float]:
        with duckdb.connect() as connection:
            query = f"SELECT {with_treatment} FROM read_parquet(?)"  # noqa: S608
            for _ in connection.execute(query, [source]).to_arrow_reader(BATCH_ROWS):
                pass
        return []

    return work


def product(source: str, method: str) -> Callable[[], list[float]]:
    """The fit as ciq does it, observed means and all."""
    from ciq.causal.propensity import Engine, Spec, propensity

    def work() -> list[float]:
        with duckdb.connect() as connection:
            connection.read_parquet(source).create_view("design")

            def execute(query: Any) -> Any:
                return connection.execute(query.sql("duckdb", identify=True))

            engine = Engine(
                lambda query: execute(query).fetchall(), lambda query: execute(query).to_arrow_reader(BATCH_ROWS)
            )
            terms = propensity(engine, "design", Spec("treated", NAMES, [], [], method), [])
        slopes = [term["coefficient"] for term in terms[1:]]
        centres = [term["centre"] for term in terms[1:]]
        return [terms[0]["coefficient"] - float(np.dot(slopes, centres)), *slopes]

    return work


def loaded(source: str) -> tuple[Any, Any]:
    """The matrix and the treatment in memory."""
    table = parquet.read_table(source)
    return np.column_stack([table[name].to_numpy() for name in NAMES]), table["treated"].to_numpy().astype(float)


def sklearn(source: str) -> Callable[[], list[float]]:
    """scikit-learn without a penalty."""
    from sklearn.linear_model import LogisticRegression

    def work() -> list[float]:
        fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(*loaded(source))
        return [float(fit.intercept_[0]), *map(float, fit.coef_[0])]

    return work


def glum(source: str) -> Callable[[], list[float]]:
    """glum without a penalty."""
    from glum import GeneralizedLinearRegressor

    def work() -> list[float]:
        fit = GeneralizedLinearRegressor(family="binomial", alpha=0, gradient_tol=1e-8).fit(*loaded(source))
        return [float(fit.intercept_), *map(float, fit.coef_)]

    return work


def statsmodels(source: str) -> Callable[[], list[float]]:
    """statsmodels' GLM by IRLS."""
    import statsmodels.api as sm

    def work() -> list[float]:
        x, t = loaded(source)
        fit = sm.GLM(t, sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-14, tol_criterion="params")
        return [float(value) for value in fit.params]

    return work


WAYS: dict[str, Callable[[str], Callable[[], list[float]]]] = {
    "scan": scan,
    "streaming": lambda source: product(source, "streaming"),
    "sql": lambda source: product(source, "sql"),
    "sklearn": sklearn,
    "glum": glum,
    "statsmodels": statsmodels,
}


def main(source: str, how: str) -> None:
    """Import, then time the work."""
    work = WAYS[how](source)
    start = time.process_time()
    coefficients = work()
    print(json.dumps({"cpu": time.process_time() - start, "coefficients": coefficients}))


if __name__ == "__main__":
    main(*sys.argv[1:])
