"""The statistics as SQL expressions: what models and queries share, written once for every dialect."""

from __future__ import annotations

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


def design_column(term: Term, centre: float) -> exp.Expr:
    """One column of the design matrix, numbers and squares about ``centre``."""
    value = column(term.covariate)
    match term.kind:
        case "level":
            same = level(value).eq(term.level)
            return _one_where(same)
        case "missing":
            return is_missing(value)
        case _:
            return centred(continuous(term), double(centre))


def continuous(term: Term) -> exp.Expr:
    """The number or its square, before centring."""
    value = number(column(term.covariate))
    return square(value) if term.kind == "square" else value


def moments(covariate: str, value: exp.Expr, centre: exp.Expr) -> exp.Struct:
    """One arm's moments of a number under no weights and under each weighting, as one struct.

    All are taken about ``centre``, so that squares don't cancel and a constant has no spread.
    """
    deviation = exp.paren(exp.Sub(this=value, expression=centre))
    fields: list[tuple[str, exp.Expr]] = [
        ("covariate", exp.convert(covariate)),
        ("centre", exp.Max(this=centre.copy())),
        ("n", exp.Count(this=value.copy())),
        ("mean", exp.Add(this=exp.Max(this=centre.copy()), expression=exp.Avg(this=deviation.copy()))),
        ("variance", exp.Variance(this=deviation.copy())),
    ]
    for weighting in WEIGHTINGS:
        weight = exp.column(f"w_{weighting}")
        weighted = exp.Mul(this=weight, expression=deviation.copy())
        seen = exp.Case(ifs=[exp.If(this=observed(value.copy()), true=weight.copy())])
        fields += [
            (f"s_{weighting}", exp.Sum(this=seen)),
            (f"ss_{weighting}", exp.Sum(this=exp.Mul(this=seen.copy(), expression=weight.copy()))),
            (f"x_{weighting}", exp.Sum(this=weighted)),
            (f"xx_{weighting}", exp.Sum(this=exp.Mul(this=weighted.copy(), expression=deviation.copy()))),
        ]
    return exp.Struct(
        expressions=[exp.PropertyEQ(this=exp.to_identifier(name), expression=value) for name, value in fields]
    )


def _one_where(condition: exp.Expr) -> exp.Expr:
    return number(exp.Case(ifs=[exp.If(this=condition, true=exp.convert(1))], default=exp.convert(0)))
