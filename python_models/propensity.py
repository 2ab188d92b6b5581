"""The propensity model: an unpenalised logit of treatment on the covariates, fitted over record batches.

ciq is imported inside the functions: SQLMesh stores a model's functions as source, and what they import at the top
of a file with it; the hash of the statistics' code is a blueprint variable instead.
"""

import json
from dataclasses import asdict
from pathlib import Path

from sqlglot import exp
from sqlmesh import ExecutionContext, model

BATCH_ROWS = 100_000
STATUS = ("fitted", "reference", "constant", "collinear", "separated", "boosted")
KEY = ("fold", "kind", "covariate", "level", "with_covariate", "with_level")
PROJECT = Path(__file__).parents[1]


def blueprints():
    """One a data set, with what the fit needs of its contract."""
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
    ]


def fitted_terms():
    """What the model promises of its frame."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "fold": pa.Column(int, pa.Check.ge(0)),
            "term": pa.Column(str),
            "kind": pa.Column(str, pa.Check.isin(["intercept", "number", "square", "missing", "level", "interaction"])),
            "covariate": pa.Column(str),
            "level": pa.Column(object, nullable=True),
            "with_covariate": pa.Column(object, nullable=True),
            "with_level": pa.Column(object, nullable=True),
            "centre": pa.Column(float),
            "coefficient": pa.Column(float, pa.Check(lambda values: values.abs() < float("inf")), nullable=True),
            "status": pa.Column(str, pa.Check.isin(STATUS)),
            "detail": pa.Column(object, nullable=True),
            "passes": pa.Column(int, pa.Check.ge(0)),
            "gradient": pa.Column(float, nullable=True),
            "converged": pa.Column(bool),
        },
        strict=True,
        ordered=True,
    )


def columns():
    """Names and types of the columns."""
    from ciq.causal.propensity import TERM_COLUMNS

    return TERM_COLUMNS


@model(
    "diagnostics.@{dataset}_fits",
    kind="FULL",
    description="The propensity model fitted to all rows (fold 0) and without each fold, a row per fold and term",
    grains=["(fold, kind, covariate, level, with_covariate, with_level)"],
    depends_on=["curated.@{population}", "diagnostics.@{dataset}_positivity"],
    columns=columns(),
    column_descriptions={
        "fold": "The fold whose rows were left out; 0 for none",
        "with_covariate": "What the covariate interacts with",
        "with_level": "The level of that, where it is a categorical",
        "centre": "Subtracted from the value; where a number is missing its centred value is 0",
        "coefficient": "NULL where the learner has none",
        "status": "fitted, reference, constant, collinear, separated, or boosted of a learner without coefficients",
        "detail": "For a collinear term, those that determine it, of many the first five",
        "passes": "Passes over the data, the same in each row of a fit",
        "gradient": "Largest mean score over the standardised columns at the last pass, the same in each row of a fit",
    },
    audits=[
        ("not_null", {"columns": [exp.column(name) for name in ("fold", "term", "kind", "status")]}),
        ("forall", {"criteria": [exp.condition("status = 'boosted' OR NOT coefficient IS NULL")]}),
        ("unique_combination_of_columns", {"columns": [exp.column(name) for name in KEY]}),
    ],
    blueprints=blueprints() or [{"dataset": "none", "population": "none"}],
    enabled=bool(blueprints()),
)
def execute(context: ExecutionContext, start, end, execution_time, **kwargs):
    """Fits to the curated rows and returns the terms."""
    import pandas as pd

    from ciq.blueprint.levels import refuse_many_levels
    from ciq.causal.propensity import Engine, Spec, propensity

    context.blueprint_var("code")
    dataset, population = context.blueprint_var("dataset"), context.blueprint_var("population")
    spec = Spec(**json.loads(context.blueprint_var("spec")))
    adapter, table = context.engine_adapter, context.resolve_table(f"curated.{population}")
    positivity = context.resolve_table(f"diagnostics.{dataset}_positivity")
    observed = adapter.fetchall(exp.select("covariate", "level").from_(positivity).where("kind = 'level'"))
    refuse_many_levels(dataset, spec, observed)

    def batches(query):
        cursor = adapter.cursor
        cursor.execute(query.sql(adapter.dialect, identify=True))
        return cursor.to_arrow_reader(BATCH_ROWS)

    engine = Engine(adapter.fetchall, batches if adapter.dialect == "duckdb" else None)
    terms = pd.DataFrame(propensity(engine, table, spec, observed))
    return fitted_terms().validate(terms.astype({"coefficient": float, "gradient": float}))
