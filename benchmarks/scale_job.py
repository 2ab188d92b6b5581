"""Fit, scores and balance of a Parquet file, out of core: ``python -m benchmarks.scale_job PARQUET``.

The product's models on a DuckDB with the memory given below, its files in the Parquet's folder. Prints what each step
cost, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from benchmarks.design_job import COLUMNS
from ciq.blueprint.roles import propensity_spec
from ciq.blueprint.statements import statement
from ciq.blueprint.variables import decided
from ciq.causal.propensity import TERM_COLUMNS, Engine, propensity
from ciq.contract import Contract, load

MEMORY = "500MB"
BATCH_ROWS = 100_000
VIEWS = ("propensity", "scores")
TABLES = ("positivity", "moments", "levels", "distributions", "products", "contrasts", "differences", "balance")
"""What balance reads, in order."""


def contract_of(folder: Path) -> Contract:
    """The ten numbers and the treatment."""
    names = [f"x{position}" for position in range(COLUMNS)]
    types = ", ".join([*(f"{name}: float64" for name in names), "treated: int8"])
    path = folder / "study.yaml"
    path.write_text(f"treatment_col: treated\ncovariate_cols: [{', '.join(names)}]\ntypes: {{{types}}}\n")
    return load(path)


class Study:
    """The rows under the names that the models know."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: str, contract: Contract) -> None:
        self._connection, self._contract = connection, contract
        self._values = decided(contract)
        for schema in ("curated", "diagnostics"):
            connection.execute(f"CREATE SCHEMA {schema}")
        # As long as the key that ciq gives to rows, and as evenly spread.
        rows = connection.read_parquet(source, file_row_number=True)
        rows.project("* EXCLUDE (file_row_number), format('{:016x}', hash(file_row_number)) AS row_id").create_view(
            "design"
        )
        connection.execute("CREATE VIEW curated.study AS FROM design")

    def fit(self) -> None:
        """The terms of the fit, as the product's Python model has them."""

        def execute(query: Any) -> Any:
            return self._connection.execute(query.sql("duckdb", identify=True))

        engine = Engine(
            lambda query: execute(query).fetchall(), lambda query: execute(query).to_arrow_reader(BATCH_ROWS)
        )
        terms = propensity(engine, "curated.study", propensity_spec(self._contract), [])
        declared = ", ".join(f"{name} {kind}" for name, kind in TERM_COLUMNS.items())
        self._connection.execute(f"CREATE TABLE diagnostics.study_fits ({declared})")
        self._connection.executemany(
            f"INSERT INTO diagnostics.study_fits VALUES ({', '.join('?' * len(TERM_COLUMNS))})",  # noqa: S608
            [[term[name] for name in TERM_COLUMNS] for term in terms],
        )

    def build(self, model: str) -> None:
        """One SQL model."""
        kind = "VIEW" if model in VIEWS else "TABLE"
        query = statement(self._values, f"diagnostics/{model}")
        made = exp.Create(this=exp.to_table(f"diagnostics.study_{model}"), kind=kind, expression=query)
        self._connection.execute(made.sql("duckdb"))


def steps(study: Study) -> Iterator[dict[str, Any]]:
    """Each step as it is done: its name, wall and CPU seconds, and the process's peak so far in bytes."""
    for name in ("fits", *VIEWS, *TABLES):
        wall, cpu = time.perf_counter(), time.process_time()
        if name == "fits":
            study.fit()
        else:
            study.build(name)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        yield {"step": name, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak": peak}


def main(source: str) -> None:
    """Build everything and print it."""
    folder = Path(source).parent
    with duckdb.connect(str(folder / "study.duckdb")) as connection:
        connection.execute("SET memory_limit = ?", [MEMORY])
        done = list(steps(Study(connection, source, contract_of(folder))))
    print(json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
