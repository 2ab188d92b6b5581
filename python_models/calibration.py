"""Calibration and discrimination of the scores, of rows that the fit has seen and out of fold."""

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
    from ciq.causal.calibration import CALIBRATION_COLUMNS

    return CALIBRATION_COLUMNS


@model(
    "diagnostics.@{dataset}_calibration",
    kind="FULL",
    description="Scores against treated shares in ten bins of equal count, in sample and out of fold",
    grains=["(scores, bin)"],
    depends_on=["diagnostics.@{dataset}_scores", "diagnostics.@{dataset}_out_of_fold"],
    columns=columns(),
    column_descriptions={
        "scores": "in_sample: those that are published; out_of_fold: each from the fit without the row's fold",
        "bin": "From 1, the lowest scores, to 10",
        "treated_share": "Of equal scores on an edge each side has its share",
        "auc": "Probability that a treated row scores above an untreated one, of all bins together",
        "brier": "Mean of (t - e)^2, of all bins together",
    },
    audits=[
        ("not_null", {"columns": [exp.column(name) for name in ("scores", "bin", "n", "score_mean", "treated_share")]}),
        ("unique_combination_of_columns", {"columns": [exp.column("scores"), exp.column("bin")]}),
        ("accepted_values", {"column": exp.column("scores"), "is_in": ["in_sample", "out_of_fold"]}),
        ("accepted_range", {"column": exp.column("score_min"), "min_v": 0}),
        ("accepted_range", {"column": exp.column("score_max"), "max_v": 1}),
    ],
    blueprints=blueprints() or [{"dataset": "none"}],
    enabled=bool(blueprints()),
)
def execute(context: ExecutionContext, start, end, execution_time, **kwargs):
    """Reads score and treatment, two columns in memory at a time, and returns the bins."""
    import pandas as pd

    from ciq.causal.calibration import CALIBRATION_COLUMNS, calibration

    context.blueprint_var("code")
    dataset, cursor = context.blueprint_var("dataset"), context.engine_adapter.cursor

    def bins(scores, model, column):
        table = context.resolve_table(f"diagnostics.{dataset}_{model}")
        query = f"SELECT {column} AS e, CAST(_treated AS DOUBLE) AS t FROM {table} WHERE NOT {column} IS NULL"  # noqa: S608
        columns = cursor.execute(query).fetchnumpy()
        return calibration(scores, columns["e"], columns["t"])

    rows = [*bins("in_sample", "scores", "ps_hat"), *bins("out_of_fold", "out_of_fold", "ps_oof")]
    return pd.DataFrame(rows, columns=list(CALIBRATION_COLUMNS))
