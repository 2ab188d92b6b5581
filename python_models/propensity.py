"""The propensity model: an unpenalised logit of treatment on the covariates, fitted over record batches.

ciq is imported inside the functions: SQLMesh stores a model's functions as source, and what they import at the top
of a file with it; the hash of the statistics' code is a blueprint variable instead.
"""

import json
from pathlib import Path

from sqlglot import exp
from sqlmesh import ExecutionContext, model

BATCH_ROWS = 100_000
PROJECT = Path(__file__).parents[1]


def blueprints():
    """One a data set, with what the fit needs of its contract."""
    from ciq.blueprint.datasets import code_version, staged
    from ciq.blueprint.roles import propensity_spec

    return [
        {"dataset": d.contract.name, "spec": propensity_spec(d.contract), "code": code_version()}
        for d in staged(PROJECT)
    ]


def observed(adapter, table, spec):
    """The mean of each number and square over its observed rows, and the numbers that have missing values."""
    from ciq.causal import sql
    from ciq.causal.design import Term

    means = [Term("number", name) for name in spec["numbers"]] + [Term("square", name) for name in spec["squares"]]
    averages = [exp.Avg(this=sql.continuous(term)) for term in means]
    counts = [exp.Count(this=sql.column(name)) for name in spec["numbers"]]
    rows, *figures = adapter.fetchone(exp.select(exp.Count(this=exp.Star()), *averages, *counts).from_(table))
    centres = {term: mean or 0.0 for term, mean in zip(means, figures[: len(means)], strict=True)}
    missing = [name for name, n in zip(spec["numbers"], figures[len(means) :], strict=True) if n < rows]
    return centres, missing


def observed_levels(adapter, table, spec):
    """The levels of each factor in sort order, a missing one last, so that it is never the reference."""
    from ciq.causal.design import MISSING

    levels = {name: [] for name in spec["factors"]}
    for covariate, level in adapter.fetchall(exp.select("covariate", "level").from_(table)):
        if covariate in levels:
            levels[covariate].append(level)
    return {name: sorted(found, key=lambda level: (level == MISSING, level)) for name, found in levels.items()}


def batches_of(adapter, table, spec, terms, centres):
    """A function that streams the design matrix and the treatment, batch by batch, as often as it is called."""
    import numpy as np

    from ciq.causal import sql

    columns = [exp.alias_(sql.design_column(term, centres.get(term, 0.0)), f"x{i}") for i, term in enumerate(terms)]
    treated = exp.alias_(sql.number(sql.column(spec["treatment"])), "treated")
    query = exp.select(treated, *columns).from_(table).sql(adapter.dialect, identify=True)

    def batches():
        cursor = adapter.cursor
        cursor.execute(query)
        for batch in cursor.to_arrow_reader(BATCH_ROWS):
            treated, *values = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            yield np.column_stack(values) if values else np.empty((len(treated), 0)), treated

    return batches


def rows_of(terms, levels, centres, fit):
    """One row a term, the reference levels among them: what the scores are computed from."""
    from ciq.causal.design import Term

    def row(term, coefficient, status, detail=None):
        return {
            "term": term.name,
            "kind": term.kind,
            "covariate": term.covariate,
            "level": term.level,
            "centre": centres.get(term, 0.0),
            "coefficient": coefficient,
            "status": status,
            "detail": detail,
            "passes": fit.passes,
            "gradient": fit.gradient,
            "converged": fit.converged,
        }

    yield row(Term("intercept"), fit.intercept, "fitted")
    for position, term in enumerate(terms):
        status, detail = "fitted", None
        if position in fit.constant:
            status = "constant"
        elif position in fit.collinear:
            status, detail = "collinear", ", ".join(terms[i].name for i in fit.collinear[position])
        elif position in fit.separated:
            status = "separated"
        yield row(term, fit.coefficients[position], status, detail)
    for factor, found in levels.items():
        status = "reference" if len(found) > 1 else "constant"
        yield from (row(Term("level", factor, level), 0.0, status) for level in found[:1])


def fitted_terms():
    """What the model promises of its frame."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "term": pa.Column(str),
            "kind": pa.Column(str, pa.Check.isin(["intercept", "number", "square", "missing", "level"])),
            "covariate": pa.Column(str),
            "level": pa.Column(object, nullable=True),
            "centre": pa.Column(float),
            "coefficient": pa.Column(float, pa.Check(lambda values: values.abs() < float("inf"))),
            "status": pa.Column(str, pa.Check.isin(["fitted", "reference", "constant", "collinear", "separated"])),
            "detail": pa.Column(object, nullable=True),
            "passes": pa.Column(int, pa.Check.ge(0)),
            "gradient": pa.Column(float),
            "converged": pa.Column(bool),
        },
        strict=True,
        ordered=True,
    )


@model(
    "diagnostics.@{dataset}_propensity",
    kind="FULL",
    description="The fitted propensity model, a row per term: logit e = sum of coefficient * (value - centre)",
    grains=["(kind, covariate, level)"],
    depends_on=["curated.@{dataset}", "diagnostics.@{dataset}_positivity"],
    columns={
        "term": "text",
        "kind": "text",
        "covariate": "text",
        "level": "text",
        "centre": "double",
        "coefficient": "double",
        "status": "text",
        "detail": "text",
        "passes": "int",
        "gradient": "double",
        "converged": "boolean",
    },
    column_descriptions={
        "centre": "Subtracted from the value; where a number is missing its centred value is 0",
        "status": "fitted, reference, constant, collinear or separated",
        "detail": "For a collinear term, those that determine it",
        "passes": "Passes over the data, the same in each row",
        "gradient": "Largest mean score over the standardised columns at the last pass, the same in each row",
    },
    audits=[
        ("not_null", {"columns": [exp.column(name) for name in ("term", "kind", "coefficient", "status")]}),
        ("unique_combination_of_columns", {"columns": [exp.column(name) for name in ("kind", "covariate", "level")]}),
    ],
    blueprints=blueprints() or [{"dataset": "none"}],
    enabled=bool(blueprints()),
)
def execute(context: ExecutionContext, start, end, execution_time, **kwargs):
    """Counts the levels, fits, and returns the terms."""
    import pandas as pd

    from ciq.causal.design import terms as design_terms
    from ciq.causal.fit import logistic

    context.blueprint_var("code")
    dataset, spec = context.blueprint_var("dataset"), json.loads(context.blueprint_var("spec"))
    adapter, table = context.engine_adapter, context.resolve_table(f"curated.{dataset}")
    levels = observed_levels(adapter, context.resolve_table(f"diagnostics.{dataset}_positivity"), spec)
    centres, missing = observed(adapter, table, spec)
    terms = design_terms(spec["numbers"], levels, spec["squares"], missing)
    fit = logistic(batches_of(adapter, table, spec, terms, centres))
    return fitted_terms().validate(pd.DataFrame(rows_of(terms, levels, centres, fit)))
