"""The propensity model of one table: what is observed, the fit, and the terms that scores are computed from.

Where the rows lie is the caller's business: an :class:`Engine` asks and streams for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlglot import exp

from ciq.causal import sql
from ciq.causal.aggregates import Aggregates
from ciq.causal.design import MISSING, Term, terms
from ciq.causal.fit import Design, Fit, logistic
from ciq.causal.stream import Stream

Row = dict[str, Any]
TERM_COLUMNS = {
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
}
"""What a row of the fitted terms holds, and its SQL types."""


@dataclass(frozen=True)
class Spec:
    """What the model is made of: the 0/1 ``treatment``, ``numbers``, ``factors`` and the numbers that are squared.

    ``method``: whether the rows are streamed through or summed by the engine's SQL; the fit is the same.
    """

    treatment: str
    numbers: Sequence[str]
    factors: Sequence[str]
    squares: Sequence[str]
    method: Literal["auto", "streaming", "sql"] = "auto"


@dataclass(frozen=True)
class Engine:
    """How to ask the database: all rows of a query, or its rows as Arrow record batches, read as they are used.

    ``batches`` is None where the engine can't hand out batches.
    """

    fetchall: Callable[[exp.Query], list[tuple[Any, ...]]]
    batches: Callable[[exp.Query], Iterable[Any]] | None


def propensity(engine: Engine, table: str, spec: Spec, levels: Iterable[tuple[str, str]]) -> list[Row]:
    """Fit the model to ``table`` and return one row a term, as diagnostics.<dataset>_propensity has them.

    ``levels`` are pairs of factor and observed level, in any order; those of other columns are passed over.
    Raises ValueError where the table has no rows.
    """
    observed = _levels(spec, levels)
    centres, missing = _observed(engine, table, spec)
    columns = terms(spec.numbers, observed, spec.squares, missing)
    fit = logistic(_design(engine, table, spec, columns, centres, missing))
    return list(_rows(columns, observed, centres, fit))


def _levels(spec: Spec, levels: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The levels of each factor in sort order, a missing one last, so that it is never the reference."""
    found: dict[str, list[str]] = {name: [] for name in spec.factors}
    for covariate, level in levels:
        if covariate in found:
            found[covariate].append(level)
    return {name: sorted(seen, key=lambda level: (level == MISSING, level)) for name, seen in found.items()}


def _observed(engine: Engine, table: str, spec: Spec) -> tuple[dict[Term, float], list[str]]:
    """The mean of each number and square over its observed rows, and the numbers that have missing values."""
    means = [*(Term("number", name) for name in spec.numbers), *(Term("square", name) for name in spec.squares)]
    averages = [exp.Avg(this=sql.continuous(term)) for term in means]
    counts = [exp.Count(this=sql.column(name)) for name in spec.numbers]
    query = exp.select(exp.Count(this=exp.Star()), *averages, *counts).from_(table)
    ((rows, *figures),) = engine.fetchall(query)
    centres = {term: mean or 0.0 for term, mean in zip(means, figures[: len(means)], strict=True)}
    missing = [name for name, n in zip(spec.numbers, figures[len(means) :], strict=True) if n < rows]
    return centres, missing


def _design(
    engine: Engine, table: str, spec: Spec, columns: list[Term], centres: dict[Term, float], missing: list[str]
) -> Design:
    """The design matrix and the treatment, streamed where the engine can, else summed by the engine."""
    treated = exp.alias_(sql.number(sql.column(spec.treatment)), "treated")

    def query(values: Iterable[exp.Expr]) -> exp.Select:
        return exp.select(treated, *(exp.alias_(value, f"x{i}") for i, value in enumerate(values))).from_(table)

    stream = engine.batches
    if spec.method == "sql" or stream is None:
        return Aggregates(engine.fetchall, query(sql.design_column(term, centres.get(term, 0.0)) for term in columns))
    # A number without gaps comes as it is and is centred when it is copied: a third of the CPU of a pass.
    plain = [term in centres and term.covariate not in missing for term in columns]
    shifts = [centres[term] if as_is else 0.0 for term, as_is in zip(columns, plain, strict=True)]
    values = [
        sql.continuous(term) if as_is else sql.design_column(term, centres.get(term, 0.0))
        for term, as_is in zip(columns, plain, strict=True)
    ]
    asked = query(values)

    def batches() -> Iterator[tuple[Any, Any]]:
        for batch in stream(asked):
            treated, *values = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            x = np.empty((len(values), len(treated)))
            for row, value, shift in zip(x, values, shifts, strict=True):
                np.subtract(value, shift, out=row)
            yield x.T, treated

    return Stream(batches)


def _rows(columns: list[Term], levels: dict[str, list[str]], centres: dict[Term, float], fit: Fit) -> Iterator[Row]:
    """One row a term, the reference levels among them."""

    def row(term: Term, coefficient: float, status: str, detail: str | None = None) -> Row:
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
    for position, term in enumerate(columns):
        status, detail = "fitted", None
        if position in fit.constant:
            status = "constant"
        elif position in fit.collinear:
            status, detail = "collinear", ", ".join(columns[i].name for i in fit.collinear[position])
        elif position in fit.separated:
            status = "separated"
        yield row(term, float(fit.coefficients[position]), status, detail)
    for factor, found in levels.items():
        status = "reference" if len(found) > 1 else "constant"
        yield from (row(Term("level", factor, level), 0.0, status) for level in found[:1])
