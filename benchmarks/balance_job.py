"""The queries of the balance benchmark, as a job on a built project's own connection.

``python -m benchmarks.balance_job PROJECT DATASET ROUNDS`` prints wall and CPU of each query in each round as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from duckdb import DuckDBPyConnection
from sqlmesh import Context

from ciq.blueprint.roles import factors, numbers
from ciq.contract import Contract, load_all

WEIGHTED = ("moments", "levels", "contrasts", "differences", "balance")
"""The models behind SMDs and variance ratios, in the order in which they are built; ks is not among them."""


def scan(contract: Contract, levels: dict[str, list[str]], table: str, *scores: str) -> str:
    """The plain aggregates of every covariate and of ``scores`` over the whole table."""
    terms = [f'avg("{name}"), stddev_samp("{name}")' for name in (*numbers(contract), *scores)]
    terms += [f"avg({_indicator(name, level)})" for name, found in levels.items() for level in found]
    return f"SELECT {', '.join(terms)} FROM {table}"  # noqa: S608


def unadjusted(contract: Contract, levels: dict[str, list[str]]) -> str:
    """The unadjusted SMD of every number and level, and the variance ratio of every number, from one pass."""
    inner, outer = [], []
    for position, name in enumerate(numbers(contract)):
        inner.append(f'avg("{name}") AS m{position}, var_samp("{name}") AS v{position}')
        outer += [_smd(f"m{position}", f"t.v{position}", f"c.v{position}"), f"t.v{position} / c.v{position}"]
    for name, found in levels.items():
        for position, level in enumerate(found):
            share = f"p_{name}_{position}"
            inner.append(f"avg({_indicator(name, level)}) AS {share}")
            outer.append(_smd(share, f"t.{share} * (1 - t.{share})", f"c.{share} * (1 - c.{share})"))
    arms = f'SELECT "{contract.treatment_col}" AS arm, {", ".join(inner)} FROM curated.{contract.name} GROUP BY 1'  # noqa: S608
    return f"WITH arms AS ({arms}) SELECT {', '.join(outer)} FROM arms AS t, arms AS c WHERE t.arm = 1 AND c.arm = 0"  # noqa: S608


def main(project: str, dataset: str, rounds: str) -> None:
    """Warm up with one round, then print the others."""
    os.chdir(project)
    contract = load_all(Path("contracts"))[dataset]
    context = Context(paths=".")
    cursor = context.engine_adapter.cursor
    levels: dict[str, list[str]] = {name: [] for name in factors(contract)}
    found = f"SELECT covariate, level FROM diagnostics.{dataset}_positivity WHERE kind = 'level' ORDER BY ALL"  # noqa: S608
    for covariate, level in cursor.execute(found).fetchall():
        if covariate in levels:
            levels[covariate].append(level)
    models = [context.render(f"diagnostics.{dataset}_{name}").sql("duckdb") for name in WEIGHTED]
    jobs = {
        "scan": [scan(contract, levels, f"curated.{dataset}")],
        "unadjusted": [unadjusted(contract, levels)],
        "scores_scan": [scan(contract, levels, f"diagnostics.{dataset}_scores", "ps_hat")],
        "weighted": models,
    }
    times = [{name: _timed(cursor, queries) for name, queries in jobs.items()} for _ in range(int(rounds) + 1)]
    sys.stdout.write(json.dumps(times[1:]))
    context.close()


def _indicator(name: str, level: str) -> str:
    return f"""CAST("{name}" = '{level}' AS INT)"""


def _smd(mean: str, treated: str, control: str) -> str:
    return f"(t.{mean} - c.{mean}) / sqrt(({treated} + {control}) / 2)"


def _timed(cursor: DuckDBPyConnection, queries: list[str]) -> tuple[float, float]:
    """Seconds of wall and CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    for query in queries:
        cursor.execute(query).fetchall()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main(*sys.argv[1:])
