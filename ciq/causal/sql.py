"""The statistics as SQL expressions: what models and queries share, written once for every dialect."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ciq.causal.design import MISSING, Term

WEIGHTINGS = ("ate", "att", "atc", "ato")


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column, so that any name that a file can have is one."""
    return exp.column(name, table=table, quoted=True)


def number(value: exp.Expr) -> exp.Expr:
    """A numeric or boolean value as the double that the fit and the balance see."""
    return exp.cast(value, "double")


def double(value: float) -> exp.Expr:
    """A constant to its last bit: as a bare literal engines take it for a decimal."""
    return exp.cast(exp.Literal.string(repr(float(value))), "double")


def expit(value: exp.Expr) -> exp.Expr:
    """The probability that has the log odds ``value``."""
    grown = exp.Add(this=double(1), expression=exp.Exp(this=exp.Neg(this=exp.paren(value))))
    return exp.Div(this=double(1), expression=exp.paren(grown))


def level(value: exp.Expr) -> exp.Expr:
    """A category's level; a missing one is a level of its own, and a text that reads like it gets a backslash."""
    text = exp.cast(value, "text")
    bare = exp.Trim(this=text, expression=exp.convert("\\"), position="LEADING")
    escaped = exp.DPipe(this=exp.convert("\\"), expression=text.copy())
    named = exp.Coalesce(this=text.copy(), expressions=[exp.convert(MISSING)])
    return exp.Case(ifs=[exp.If(this=bare.eq(MISSING), true=escaped)], default=named)


def centred(value: exp.Expr, centre: exp.Expr) -> exp.Expr:
    """``value - centre``, and 0 where the value is missing: the observed mean stands in."""
    return exp.Coalesce(this=exp.paren(exp.Sub(this=value, expression=centre)), expressions=[exp.convert(0)])


def square(value: exp.Expr) -> exp.Expr:
    """The square of a number."""
    return exp.Mul(this=value, expression=value.copy())


def observed(value: exp.Expr) -> exp.Expr:
    """Whether the value is there."""
    return exp.Not(this=exp.Is(this=value, expression=exp.null()))


def is_missing(value: exp.Expr) -> exp.Expr:
    """1 where the value is missing, else 0."""
    return _one_where(exp.Is(this=value, expression=exp.null()))


def fold(row_id: exp.Expr, folds: int) -> exp.Expr:
    """The fold of a row, from 1 on: the range that its md5, as hexadecimal text, falls in.

    Texts are compared, as that needs no conversion that engines would do differently.
    """
    bounds = (f"{2**32 * number // folds:08x}" for number in range(1, folds))
    below = [exp.LT(this=row_id.copy(), expression=exp.convert(bound)) for bound in bounds]
    ifs = [exp.If(this=condition, true=exp.convert(number)) for number, condition in enumerate(below, 1)]
    return exp.Case(ifs=ifs, default=exp.convert(folds))


def design_column(term: Term, centres: Mapping[Term, float]) -> exp.Expr:
    """One column of the design matrix, numbers and squares about their ``centres``."""
    value = column(term.covariate)
    match term.kind:
        case "interaction":
            first, second = (design_column(part, centres) for part in term.parts)
            return exp.Mul(this=first, expression=second)
        case "level":
            same = level(value).eq(term.level)
            return _one_where(same)
        case "missing":
            return is_missing(value)
        case _:
            return centred(continuous(term), double(centres[term]))


def continuous(term: Term) -> exp.Expr:
    """The number or its square, before centring."""
    value = number(column(term.covariate))
    return square(value) if term.kind == "square" else value


def moments(covariate: str, value: exp.Expr, centre: exp.Expr) -> exp.Struct:
    """One arm's moments of a number about ``centre``: bare, times the odds and times the probability of the other arm.

    Every weight is a sum of 1, ``_odds`` and ``_other``, so that sums under any weighting are sums of these. About the
    centre squares don't cancel; a constant has a ``variance`` of exactly 0 and the same ``deviation`` in every sample.
    """
    deviation = exp.paren(exp.Sub(this=value, expression=centre))
    variance = exp.VariancePop(this=deviation.copy())
    constant = exp.If(this=variance.copy().eq(0), true=exp.AnyValue(this=deviation.copy()))
    fields: dict[str, exp.Expr] = {
        "covariate": exp.convert(covariate),
        "centre": exp.AnyValue(this=centre.copy()),
        "n": exp.Count(this=value.copy()),
        "deviation": exp.Case(ifs=[constant], default=exp.Avg(this=deviation.copy())),
        "variance": variance,
    }
    for weight in ("odds", "other"):
        weighted = exp.Mul(this=exp.column(f"_{weight}"), expression=deviation.copy())
        fields[f"x_{weight}"] = exp.Sum(this=weighted)
        fields[f"xx_{weight}"] = exp.Sum(this=exp.Mul(this=weighted.copy(), expression=deviation.copy()))
    return struct(fields)


def weights_of_missing(covariate: str, value: exp.Expr) -> exp.Struct:
    """The sums over an arm's rows where ``value`` is missing that tell the whole arm's from those of the observed."""
    fields: dict[str, exp.Expr] = {"covariate": exp.convert(covariate)}
    for name in ("odds", "other"):
        weight = exp.column(f"_{name}")
        for field, sum_of in ((name, weight), (f"{name}_squared", square(weight))):
            where = exp.If(this=exp.Is(this=value.copy(), expression=exp.null()), true=sum_of)
            fields[field] = exp.Sum(this=exp.Case(ifs=[where]))
    return struct(fields)


def struct(fields: Mapping[str, exp.Expr]) -> exp.Struct:
    """Named values as one."""
    return exp.Struct(
        expressions=[exp.PropertyEQ(this=exp.to_identifier(name), expression=value) for name, value in fields.items()]
    )


def _one_where(condition: exp.Expr) -> exp.Expr:
    return number(exp.Case(ifs=[exp.If(this=condition, true=exp.convert(1))], default=exp.convert(0)))
