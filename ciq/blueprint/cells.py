"""The cells of two categorical covariates as SQL: how many rows have a level of the one and a level of the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from sqlglot import exp

from ciq.blueprint.roles import alias, factors, population, treated
from ciq.causal import sql
from ciq.contract import Contract

MOST = 50
"""Cells of a pair that is looked at; so neither factor has more than half as many levels."""

CROSSED = 12
"""Factors that are crossed with each other, the first ones of the contract: the cost grows with their square."""


def cells(contract: Contract) -> exp.Subquery:
    """Rows of each cell of each two factors, all in one pass over the curated rows.

    Columns: one, one_level, other, other_level, n, n_treated; ``one`` and ``other`` are the same where a factor has too
    many levels to be crossed. Reads ``levels`` of the query that it stands in: covariate and level, a row each.
    """
    named = factors(contract)[:CROSSED]
    keys = [exp.column(f"_level_{position}") for position in range(len(named))]
    of_treated = exp.Case(ifs=[exp.If(this=exp.column("_treated").eq(1), true=exp.convert(1))])
    counts = [alias(exp.Count(this=exp.Star()), "n"), alias(exp.Count(this=of_treated), "n_treated")]
    query = exp.select(*keys, *counts).from_(_crossable(contract, named))
    sets = [exp.Tuple(expressions=list(pair)) for pair in combinations(keys, 2)]
    if sets:
        query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    else:
        query = query.where(exp.false()).group_by(*keys)
    ends = [*_end(named, keys, "one"), *_end(named[::-1], keys[::-1], "other")]
    return exp.Subquery(this=exp.select(*ends, "n", "n_treated").from_(query.subquery("k")))


def _crossable(contract: Contract, named: Sequence[str]) -> exp.Subquery:
    """Treatment and levels of each row; a factor with too many levels has NULL, and is one group then."""
    few, levels = [], []
    for position, name in enumerate(named):
        own = exp.Count(this=exp.Case(ifs=[exp.If(this=exp.column("covariate").eq(name), true=exp.convert(1))]))
        few.append(alias(exp.LTE(this=own, expression=exp.convert(MOST // 2)), f"_few_{position}"))
        shown = exp.If(this=exp.column(f"_few_{position}", "f"), true=sql.level(sql.column(name, "x")))
        levels.append(alias(exp.Case(ifs=[shown]), f"_level_{position}"))
    flags = exp.select(*(few or [alias(exp.true(), "_few")])).from_("levels").subquery("f")
    table = exp.to_table(f"curated.{population(contract)}", alias="x")
    rows = exp.select(alias(treated(contract), "_treated"), *levels).from_(table)
    return rows.join(flags, join_type="cross").subquery("r")


def _end(named: Sequence[str], keys: Sequence[exp.Column], label: str) -> list[exp.Expr]:
    """Name and level of the first factor whose level is there."""
    there = [exp.If(this=sql.observed(key), true=exp.convert(name)) for key, name in zip(keys, named, strict=True)]
    name = exp.Case(ifs=there) if there else exp.convert("")
    level = exp.Coalesce(this=keys[0], expressions=list(keys[1:])) if keys else exp.convert("")
    return [alias(name, label), alias(level, f"{label}_level")]
