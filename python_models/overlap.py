"""Overlap figures that need the scores in order; the rest is SQL in models/diagnostics/overlap.sql."""

from pathlib import Path

from sqlglot import exp
from sqlmesh import ExecutionContext, model

PROJECT = Path(__file__).parents[1]


def blueprints():
    """One a data set."""
    from ciq.blueprint.datasets import code_version, staged

    return [{"dataset": dataset.contract.name, "code": code_version()} for dataset in staged(PROJECT)]


def columns():
    """Names and types of the columns."""
    from ciq.causal.overlap import SORTED_COLUMNS

    return SORTED_COLUMNS


@model(
    "diagnostics.@{dataset}_overlap_sorted",
    kind="FULL",
    description="Crump's trim of the propensity score, one row",
    grains=["crump_alpha"],
    depends_on=["diagnostics.@{dataset}_scores"],
    columns=columns(),
    column_descriptions={
        "crump_alpha": "Trim to alpha <= e <= 1 - alpha (Crump et al. 2009); 0 where no trim is advised",
        "crump_kept": "Rows that the trim keeps",
    },
    audits=[("number_of_rows", {"threshold": 0}), ("not_null", {"columns": [exp.column("crump_alpha")]})],
    blueprints=blueprints() or [{"dataset": "none"}],
    enabled=bool(blueprints()),
)
def execute(context: ExecutionContext, start, end, execution_time, **kwargs):
    """Reads score and treatment, two columns in memory, and returns the row."""
    import pandas as pd

    from ciq.causal.overlap import sorted_figures

    context.blueprint_var("code")
    scores = context.resolve_table(f"diagnostics.{context.blueprint_var('dataset')}_scores")
    cursor = context.engine_adapter.cursor
    columns = cursor.execute(f"SELECT ps_hat, CAST(_treated AS DOUBLE) AS treated FROM {scores}").fetchnumpy()  # noqa: S608
    return pd.DataFrame([sorted_figures(columns["ps_hat"], columns["treated"])])
