"""The propensity score of a row as SQL, over the terms fitted to all rows or to all but those of its fold."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ciq.blueprint.roles import alias, factors, numbers, population
from ciq.causal import sql
from ciq.contract import Contract

_FOLD = "_fold"


def pick(what: str, **where: str) -> exp.Expr:
    """The fitted term's ``what``: one cell of the propensity table."""
    conditions = [exp.column(name).eq(value) for name, value in where.items()]
    return exp.Max(this=exp.Case(ifs=[exp.If(this=exp.and_(*conditions), true=exp.column(what))]))


def fitted(contract: Contract) -> Iterator[exp.Expr]:
    """The fitted terms that don't depend on a level, as the columns of one row."""
    yield alias(pick("coefficient", kind="intercept"), "intercept")
    for name in numbers(contract):
        yield alias(pick("coefficient", kind="number", covariate=name), f"{name}__number")
        yield alias(pick("centre", kind="number", covariate=name), f"{name}__centre")
        missing = exp.Coalesce(this=pick("coefficient", kind="missing", covariate=name), expressions=[exp.convert(0)])
        yield alias(missing, f"{name}__missing")
    for name in contract.propensity.squares:
        yield alias(pick("coefficient", kind="square", covariate=name), f"{name}__square")
        yield alias(pick("centre", kind="square", covariate=name), f"{name}__square_centre")
    for position, (one, other) in _pairs(contract):
        if not _levels(contract, one, other):
            coefficient = pick("coefficient", kind="interaction", covariate=one, with_covariate=other)
            yield alias(coefficient, f"_with_{position}")


def scorable(contract: Contract) -> exp.Subquery:
    """The curated rows, each with the coefficients of its own levels, or with the score that trees gave it."""
    rows = exp.to_table(f"curated.{population(contract)}", alias="x")
    if _boosted(contract):
        return _scored(contract, rows)
    return _joined(contract, rows, f"diagnostics.{contract.name}_propensity")


def scorable_by_fold(contract: Contract) -> exp.Subquery:
    """The curated rows, each with its fold and the coefficients of its own levels in the fit without that fold."""
    fold = alias(sql.fold(exp.column("row_id"), contract.propensity.folds), _FOLD)
    rows = exp.select("*", fold).from_(f"curated.{population(contract)}").subquery("x")
    if _boosted(contract):
        return _scored(contract, rows)
    return _joined(contract, rows, f"diagnostics.{contract.name}_fits", exp.column("fold"))


def score(contract: Contract) -> exp.Expr:
    """The propensity score over the rows ``x`` and the fitted terms ``b``."""
    if _boosted(contract):
        return exp.column("_score", table="x")
    total: exp.Expr = exp.column("intercept", table="b")
    for term in _terms(contract):
        total = exp.Add(this=total, expression=term)
    return sql.expit(total)


def _boosted(contract: Contract) -> bool:
    return contract.propensity.learner == "gradient_boosting"


def _scored(contract: Contract, rows: exp.Expr) -> exp.Subquery:
    scores = exp.to_table(f"diagnostics.{contract.name}_boosted", alias="s")
    query = exp.select("x.*", "s.ps_hat AS _score").from_(rows).join(scores, on="x.row_id = s.row_id", join_type="left")
    return exp.Subquery(this=query)


def _terms(contract: Contract) -> Iterator[exp.Expr]:
    def times(coefficient: str, value: exp.Expr) -> exp.Expr:
        return exp.Mul(this=sql.column(coefficient, "b"), expression=value)

    for name in numbers(contract):
        yield times(f"{name}__number", _about_mean(name))
        yield times(f"{name}__missing", sql.is_missing(sql.number(sql.column(name, "x"))))
    for name in contract.propensity.squares:
        value = sql.square(sql.number(sql.column(name, "x")))
        yield times(f"{name}__square", sql.centred(value, sql.column(f"{name}__square_centre", "b")))
    for name in factors(contract):
        yield sql.column(f"_level_{name}", "x")
    for position, pair in _pairs(contract):
        product: exp.Expr = sql.column(f"_with_{position}", "x" if _levels(contract, *pair) else "b")
        for name in pair:
            if not contract.is_categorical(name):
                product = exp.Mul(this=product, expression=_about_mean(name))
        yield product


def _about_mean(name: str) -> exp.Expr:
    return sql.centred(sql.number(sql.column(name, "x")), sql.column(f"{name}__centre", "b"))


def _pairs(contract: Contract) -> Iterator[tuple[int, tuple[str, str]]]:
    return enumerate(contract.propensity.interactions)


def _levels(contract: Contract, *names: str) -> list[str]:
    return [name for name in names if contract.is_categorical(name)]


def _joined(contract: Contract, rows: exp.Expr, terms: str, fold: exp.Expr | None = None) -> exp.Subquery:
    """``rows`` with the coefficients that depend on levels: `_level_<factor>` and `_with_<position>`."""
    query = exp.select("x.*").from_(rows)

    def join(query: exp.Select, table: str, value: exp.Expr, name: str, **where: exp.Expr | str) -> exp.Select:
        conditions = [exp.column(key, table=table).eq(wanted) for key, wanted in where.items()]
        if fold:
            conditions.append(exp.column("fold", table=table).eq(exp.column(_FOLD, table="x")))
        query = query.select(exp.alias_(value, name, quoted=True))
        return query.join(exp.to_table(terms, alias=table), on=exp.and_(*conditions), join_type="left")

    for position, name in enumerate(factors(contract)):
        table = f"level_{position}"
        own = sql.column("coefficient", table)
        query = join(query, table, own, f"_level_{name}", kind="level", covariate=name, level=_level_of(name))
    for position, (one, other) in _pairs(contract):
        if named := _levels(contract, one, other):
            table = f"with_{position}"
            places = {one: "level", other: "with_level"}
            where = {places[name]: _level_of(name) for name in named}
            # Reference levels and cells that nobody is in have no term.
            value = exp.Coalesce(this=sql.column("coefficient", table), expressions=[exp.convert(0)])
            pair = {"kind": "interaction", "covariate": one, "with_covariate": other}
            query = join(query, table, value, f"_with_{position}", **pair, **where)
    return exp.Subquery(this=query)


def _level_of(name: str) -> exp.Expr:
    return sql.level(sql.column(name, "x"))
