"""Propensity scores by gradient-boosted trees, for the contracts that ask for them."""

import json
from dataclasses import asdict
from pathlib import Path

from sqlglot import exp
from sqlmesh import ExecutionContext, model

BATCH_ROWS = 100_000
PROJECT = Path(__file__).parents[1]


def blueprints():
    """One a data set whose learner this is, with what it needs of the contract."""
    from ciq.blueprint.datasets import code_version, staged
    from ciq.blueprint.roles import population, propensity_spec

    return [
        {
            "dataset": d.contract.name,
            "population": population(d.contract),
            "spec": json.dumps(asdict(propensity_spec(d.contract))),
            "code": code_version(),
        }
        for d in staged(PROJECT)
        if d.contract.propensity.learner == "gradient_boosting"
    ]


def columns():
    """Names and types of the columns."""
    from ciq.causal.boosting import BOOSTED_COLUMNS

    return BOOSTED_COLUMNS


@model(
    "diagnostics.@{dataset}_boosted",
    kind="FULL",
    description="The propensity score of each row by trees that have not seen its fold",
    grains=["row_id"],
    depends_on=["curated.@{population}", "diagnostics.@{dataset}_positivity"],
    columns=columns(),
    column_descriptions={"fold": "The range that the row's md5 falls in, from 1 on"},
    audits=[
        ("not_null", {"columns": [exp.column(name) for name in ("row_id", "fold", "ps_hat")]}),
        ("unique_values", {"columns": [exp.column("row_id")]}),
        ("accepted_range", {"column": exp.column("ps_hat"), "min_v": 0, "max_v": 1}),
    ],
    blueprints=blueprints() or [{"dataset": "none", "population": "none"}],
    enabled=bool(blueprints()),
)
def execute(context: ExecutionContext, start, end, execution_time, **kwargs):
    """Reads the rows outside of each fold into memory, then yields the scores of those in it."""
    from ciq.causal.boosting import boosted
    from ciq.causal.propensity import Engine, Spec

    context.blueprint_var("code")
    dataset, population = context.blueprint_var("dataset"), context.blueprint_var("population")
    spec = Spec(**json.loads(context.blueprint_var("spec")))
    adapter, table = context.engine_adapter, context.resolve_table(f"curated.{population}")
    positivity = context.resolve_table(f"diagnostics.{dataset}_positivity")
    levels = exp.select("covariate", "level", "n").from_(positivity).where("kind = 'level'")

    def batches(query):
        cursor = adapter.cursor
        cursor.execute(query.sql(adapter.dialect, identify=True))
        return cursor.to_arrow_reader(BATCH_ROWS)

    engine = Engine(adapter.fetchall, batches if adapter.dialect == "duckdb" else None)
    for part in boosted(engine, table, spec, adapter.fetchall(levels)):
        yield part.to_pandas()
