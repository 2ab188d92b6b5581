"""The contract's ``clean`` steps as SQL expressions, one at a time, so that each mend can be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from ciq.contract.model import Contract


@dataclass(frozen=True)
class Mend:
    """One step on one column: its value ``before`` and ``after``."""

    step: str
    column: str
    before: exp.Expr
    after: exp.Expr

    @property
    def applied(self) -> exp.Expr:
        """True for the rows that the step changes."""
        return exp.NullSafeNEQ(this=self.before.copy(), expression=self.after.copy())


def _sentinels(contract: Contract, column: str, value: exp.Expr) -> exp.Expr | None:
    declared = contract.clean.sentinels.get(column)
    if not declared:
        return None
    known = exp.In(this=value, expressions=[exp.convert(sentinel) for sentinel in declared])
    return exp.Case(ifs=[exp.If(this=known, true=exp.null())], default=value.copy())


def _upper(contract: Contract, column: str, value: exp.Expr) -> exp.Expr | None:
    return exp.Upper(this=value) if column in contract.clean.upper else None


def _fill(contract: Contract, column: str, value: exp.Expr) -> exp.Expr | None:
    if column not in contract.clean.fill:
        return None
    return exp.Coalesce(this=value, expressions=[exp.convert(contract.clean.fill[column])])


def _unknown_category(contract: Contract, column: str, value: exp.Expr) -> exp.Expr | None:
    unknown = contract.clean.unknown_category.get(column)
    if unknown is None:
        return None
    known = exp.In(
        this=value, expressions=[exp.convert(category) for category in contract.constraints.categories[column]]
    )
    return exp.Case(ifs=[exp.If(this=known, true=value.copy())], default=exp.convert(unknown))


_STEPS: dict[str, Callable[[Contract, str, exp.Expr], exp.Expr | None]] = {
    "sentinels": _sentinels,
    "upper": _upper,
    "fill": _fill,
    "unknown_category": _unknown_category,
}


def mends(contract: Contract, column: str, value: exp.Expr) -> Iterator[Mend]:
    """The steps that name ``column``, in the order in which they apply to ``value``."""
    for step, mend in _STEPS.items():
        after = mend(contract, column, value.copy())
        if after is not None:
            yield Mend(step, column, value, after)
            value = after


def cleaned(contract: Contract, column: str, value: exp.Expr) -> exp.Expr:
    """``value`` of ``column`` after all its steps, in the column's own type."""
    for mend in mends(contract, column, value):
        value = mend.after
    return exp.cast(value, contract.type_of(column).duckdb, dialect="duckdb")
