"""What balance is taken of, as SQL: the sums of one pass, its strata, and squares and products where they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlglot import exp

from ciq.blueprint.roles import alias, factors, numbers
from ciq.blueprint.scoring import pick
from ciq.blueprint.unpivoted import union_all
from ciq.causal import sql
from ciq.contract import Contract


@dataclass(frozen=True)
class Product:
    """The product of two numbers, named as cobalt does; of one with itself, a square."""

    first: str
    second: str

    @property
    def name(self) -> str:
        """``age²`` or ``age * dose``."""
        return f"{self.first}²" if self.first == self.second else f"{self.first} * {self.second}"


def products(contract: Contract) -> list[Product]:
    """The squares, then the products of every two numbers, in contract order, as far as the contract asks for them."""
    named, asked = numbers(contract), contract.balance
    squared = [name for name in named if contract.type_of(name).kind != "bool"] if asked.squares else []
    pairs = combinations(named, 2) if asked.interactions else ()
    return [*(Product(name, name) for name in squared), *(Product(first, second) for first, second in pairs)]


def strata(contract: Contract) -> list[str]:
    """The columns in whose values the moments are taken: segments, and factors whose levels are multiplied.

    Without either the first factor, because the weights of its levels then need no scan more.
    """
    found = factors(contract)
    multiplied = found if contract.balance.interactions else []
    return list(dict.fromkeys([*contract.segment_cols, *multiplied])) or found[:1]


def balanced(contract: Contract) -> dict[str, exp.Expr]:
    """The blueprint variables of the balance models."""
    names = strata(contract)
    gaps = [sql.column(name, "x").is_(exp.null()) for name in numbers(contract) if name not in contract.required]
    return {
        "centres": exp.Tuple(expressions=[*_centres(contract)]),
        "moments": exp.Array(expressions=[*_moments(contract)]),
        "weights_of_missing": exp.Array(expressions=[*_weights_of_missing(contract)]),
        "some_missing": exp.or_(exp.false(), *gaps),
        "stratum": _of_set(names, [exp.convert(name) for name in names]),
        "stratum_level": _of_set(names, [sql.level(sql.column(name, "x")) for name in names]),
        "strata": exp.Array(expressions=[sql.column(name, "x") for name in names] or [exp.convert("")]),
        "whole_of": exp.convert(next(iter(names), "")),
        "of_segment": exp.column("factor").isin("", *contract.segment_cols),
        "of_factor": exp.column("factor").isin(*factors(contract)) if factors(contract) else exp.false(),
        "weighted_levels": weighted_levels(contract),
        "products": _listed(contract),
        "places": exp.Array(expressions=[exp.convert(name) for name in contract.covariate_cols]),
        "interactions": exp.convert(contract.balance.interactions),
    }


def _of_set(names: Sequence[str], values: Sequence[exp.Expr]) -> exp.Expr:
    """The one of ``values`` that goes with the grouping set of a row."""
    if len(names) < 2:
        return next(iter(values), exp.convert(""))
    grouped = [exp.func("GROUPING", sql.column(name, "x")).eq(0) for name in names]
    return exp.Case(ifs=[exp.If(this=this, true=true) for this, true in zip(grouped, values, strict=True)])


def _centres(contract: Contract) -> Iterator[exp.Expr]:
    """The observed mean of each number, as the columns of one row."""
    yield alias(pick("centre", kind="intercept"), "intercept__centre")
    for name in numbers(contract):
        yield alias(pick("centre", kind="number", covariate=name), f"{name}__centre")


def _values(contract: Contract) -> Iterator[tuple[str, exp.Expr, exp.Expr]]:
    """Name, value and centre of what the moments are of, after the arm itself, which has neither."""

    def value(name: str) -> exp.Expr:
        return sql.number(sql.column(name, "x"))

    def centre(name: str) -> exp.Expr:
        return sql.column(f"{name}__centre", "c")

    nothing = exp.cast(exp.null(), "double")
    yield "", nothing, nothing.copy()
    for name in numbers(contract):
        yield name, value(name), centre(name)
    for product in products(contract):
        first, second = product.first, product.second
        yield (
            product.name,
            exp.Mul(this=value(first), expression=value(second)),
            exp.Mul(this=centre(first), expression=centre(second)),
        )


def _moments(contract: Contract) -> Iterator[exp.Expr]:
    """A struct of moments each; that of the arm keeps the list's type where there is no number."""
    return (sql.moments(name, value, centre) for name, value, centre in _values(contract))


def _weights_of_missing(contract: Contract) -> Iterator[exp.Expr]:
    """A struct of sums each; in the arm itself nothing is missing."""
    for name, value, _ in _values(contract):
        yield sql.weights_of_missing(name, value if name else exp.convert(0))


def _listed(contract: Contract) -> exp.Subquery:
    """The products of numbers as rows: covariate, first, second."""

    def row(*values: str) -> exp.Select:
        labels = ("covariate", "first", "second")
        return exp.select(*(alias(exp.convert(value), label) for value, label in zip(values, labels, strict=True)))

    rows = [row(product.name, product.first, product.second) for product in products(contract)]
    return union_all(rows, row("", "", "").where(exp.false()))


def weighted_levels(contract: Contract) -> exp.Subquery:
    """Sums of weights per arm in levels of factors and of pairs of columns, all in one pass over the scores.

    Columns: factor and stratum (empty for a factor by itself), covariate, level, _treated, n, att, atc, ato. The
    factors are those that the moments aren't taken in; the pairs those of a segment and a factor, and of two factors
    where the contract asks for products. A pair is there once.
    """
    found = factors(contract)
    sets = [("", name) for name in found if name not in strata(contract)]
    sets += _pairs(contract)
    columns = list(dict.fromkeys(name for one in sets for name in one if name))
    place = {name: f"_level_{position}" for position, name in enumerate(columns)}
    levels = [alias(sql.level(sql.column(name)), place[name]) for name in columns]
    weights = [f"w_{weighting}" for weighting in ("att", "atc", "ato")]
    scores = exp.select("_treated", *weights, *levels).from_(f"diagnostics.{contract.name}_scores").subquery("s")

    named = [
        ("factor", _of_side(sets, place, 0, value=False)),
        ("stratum", _of_side(sets, place, 0, value=True)),
        ("covariate", _of_side(sets, place, 1, value=False)),
        ("level", _of_side(sets, place, 1, value=True)),
    ]
    sums = [exp.alias_(exp.Sum(this=exp.column(weight)), weight.removeprefix("w_")) for weight in weights]
    count = exp.alias_(exp.Count(this=exp.Star()), "n")
    query = exp.select(*(alias(value, name) for name, value in named), "_treated", count, *sums).from_(scores)
    if not sets:
        return exp.Subquery(this=query.where(exp.false()).group_by("_treated"))
    grouped = [exp.Tuple(expressions=[exp.column(place[name]) for name in one if name]) for one in sets]
    group = exp.Group(expressions=[exp.column("_treated")], grouping_sets=[exp.GroupingSets(expressions=grouped)])
    query.set("group", group)
    return exp.Subquery(this=query)


def _of_side(sets: list[tuple[str, str]], place: Mapping[str, str], side: int, *, value: bool) -> exp.Expr:
    """The name, or the ``value``, on one side of a row's set; ``place`` are the levels' columns, NULL in other sets."""
    cases = []
    for one in sorted(sets, key=lambda one: "" in one):
        within = exp.and_(*(sql.observed(exp.column(place[name])) for name in one if name))
        name = one[side]
        said = exp.column(place[name]) if value and name else exp.convert("" if value else name)
        cases.append(exp.If(this=within, true=said))
    return exp.Case(ifs=cases) if cases else exp.convert("")


def _pairs(contract: Contract) -> list[tuple[str, str]]:
    found = factors(contract)
    asked = [(segment, factor) for segment in contract.segment_cols for factor in found if segment != factor]
    asked += combinations(found, 2) if contract.balance.interactions else ()
    return list({frozenset(pair): pair for pair in reversed(asked)}.values())[::-1]
