"""What a value that the engine read shows of its text: conditions that are cheap for it."""

from __future__ import annotations

from sqlglot import exp

from ciq.contract.types import ColumnType

_WHOLE = {"FLOAT": 2**24, "DOUBLE": 2**53}
"""Below this, a float holds every whole number."""
_YEARS = ("1000-01-01", "9999-12-31 23:59:59.999999")


def is_canonical(text: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Whether ``text`` is the one that the engine itself would write for ``value``."""
    return exp.EQ(this=exp.cast(value.copy(), "VARCHAR"), expression=text.copy())


def is_small(target: ColumnType, value: exp.Expr) -> exp.Expr:
    """Whether a float is finite, and below the first whole number that its type can't hold."""
    return exp.LT(this=exp.Abs(this=value.copy()), expression=exp.convert(_WHOLE[target.duckdb]))


def is_of_four_digits(time: exp.Expr) -> exp.Expr:
    """Whether the year of a timestamp has four digits: the engine goes on to six, and back before Christ."""
    low, high = (exp.cast(exp.Literal.string(end), "TIMESTAMP") for end in _YEARS)
    return exp.Between(this=time.copy(), low=low, high=high)
