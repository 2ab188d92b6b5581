"""The rows of a data set once for each covariate, as SQL: what figures per covariate are grouped from."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ciq.blueprint.roles import alias, factors, numbers, outcome, population, treated
from ciq.causal import sql
from ciq.causal.design import MISSING
from ciq.contract import Contract


def union_all(branches: list[exp.Select], empty: exp.Select) -> exp.Subquery:
    """The branches one under the other; ``empty`` gives the columns where there is no branch."""
    query: exp.Query = branches[0] if branches else empty
    for branch in branches[1:]:
        query = exp.union(query, branch, distinct=False, copy=False)
    return exp.Subquery(this=query)


def factor_values(contract: Contract) -> exp.Subquery:
    """A row per row and categorical or segment: covariate, level, treated."""
    table = f"curated.{population(contract)}"

    def branch(name: str, value: exp.Expr) -> exp.Select:
        columns = [alias(exp.convert(name), "covariate"), alias(sql.level(value), "level")]
        return exp.select(*columns, alias(treated(contract), "_treated")).from_(table)

    names = dict.fromkeys([*factors(contract), *contract.segment_cols])
    return union_all([branch(name, sql.column(name)) for name in names], branch("", exp.null()).where(exp.false()))


def _weighted(contract: Contract, name: str, label: str, value: exp.Expr) -> exp.Select:
    unadjusted = exp.alias_(sql.number(exp.convert(1)), "w_unadjusted")
    weights = [unadjusted, *(exp.column(f"w_{weighting}") for weighting in sql.WEIGHTINGS)]
    columns = [alias(exp.convert(name), "covariate"), alias(value, label), exp.column("_treated"), *weights]
    return exp.select(*columns).from_(f"diagnostics.{contract.name}_scores")


def segment_scores(contract: Contract) -> exp.Subquery:
    """A row per row and declared segment: segment, stratum (its value), and the score."""

    def branch(name: str, value: exp.Expr) -> exp.Select:
        columns = [alias(exp.convert(name), "segment"), alias(sql.level(value), "stratum"), exp.column("ps_hat")]
        return exp.select(*columns).from_(f"diagnostics.{contract.name}_scores")

    branches = [branch(name, sql.column(name)) for name in contract.segment_cols]
    return union_all(branches, branch("", exp.null()).where(exp.false()))


def weighted_numbers(contract: Contract) -> exp.Subquery:
    """A row per observed number: row_id, covariate, x, treated, the weights and the outcome."""

    def branch(name: str, value: exp.Expr) -> exp.Select:
        return _weighted(contract, name, "x", sql.number(value)).select("row_id", alias(outcome(contract), "_outcome"))

    observed = [branch(name, sql.column(name)).where(sql.observed(sql.column(name))) for name in numbers(contract)]
    return union_all(observed, branch("", exp.null()).where(exp.false()))


def covariate_values(contract: Contract) -> exp.Subquery:
    """A row per row and covariate, and for one that may be missing another that says whether it is.

    Columns: row_id, covariate, parent, kind (number, level or missing), x for numbers, level for the others, treated,
    outcome.
    """
    roles = [alias(treated(contract), "_treated"), alias(outcome(contract), "_outcome")]

    def branch(name: str, kind: str, x: exp.Expr, level: exp.Expr) -> exp.Select:
        labels = {"covariate": f"{name}:{MISSING}" if kind == "missing" else name, "parent": name, "kind": kind}
        columns = [alias(exp.convert(value), label) for label, value in labels.items()]
        chosen = exp.select(exp.column("row_id"), *columns, alias(sql.number(x), "x"), alias(level, "level"), *roles)
        return chosen.from_(f"curated.{population(contract)}")

    def branches() -> Iterator[exp.Select]:
        text = exp.cast(exp.null(), "text")
        for name in numbers(contract):
            yield branch(name, "number", sql.column(name), text).where(sql.observed(sql.column(name)))
        for name in factors(contract):
            yield branch(name, "level", exp.null(), sql.level(sql.column(name)))
        for name in contract.covariate_cols:
            if name not in contract.required:
                said = exp.If(this=sql.observed(sql.column(name)), true=exp.convert("observed"))
                yield branch(name, "missing", exp.null(), exp.Case(ifs=[said], default=exp.convert("missing")))

    return union_all(list(branches()), branch("", "", exp.null(), exp.null()).where(exp.false()))


def dated_values(contract: Contract) -> exp.Subquery:
    """A row per row and covariate that says when it became known: both times, whether late, and what to find it by."""
    unit = exp.cast(sql.column(contract.id_col) if contract.id_col else exp.column("row_id"), "text")

    def branch(name: str, known: str, at: exp.Expr) -> exp.Select:
        columns = [alias(exp.convert(name), "covariate"), alias(exp.convert(known), "available_at")]
        times = [alias(exp.cast(sql.column(known), "text"), "known_at"), alias(exp.cast(at, "text"), "row_time")]
        late = exp.GT(this=sql.column(known), expression=at.copy())
        chosen = exp.select(exp.column("row_id"), alias(unit.copy(), "unit"), *columns, *times, alias(late, "late"))
        return chosen.from_(f"curated.{population(contract)}").where(sql.observed(sql.column(name)))

    declared = [(name, note.available_at) for name, note in contract.columns.items() if note.available_at]
    at = sql.column(contract.time_col) if contract.time_col else exp.null()
    branches = [branch(name, known, at) for name, known in declared if contract.time_col]
    return union_all(branches, branch(contract.treatment_col, contract.treatment_col, exp.null()).where(exp.false()))
