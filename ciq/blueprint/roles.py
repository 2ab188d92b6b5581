"""How each covariate of a contract enters the statistics: as a number or as the levels of a factor."""

from __future__ import annotations

from sqlglot import exp

from ciq.causal import sql
from ciq.causal.propensity import Spec
from ciq.contract import Contract


def numbers(contract: Contract) -> list[str]:
    """Covariates that enter as numbers, in contract order."""
    return [name for name in contract.covariate_cols if not contract.is_categorical(name)]


def factors(contract: Contract) -> list[str]:
    """Covariates that enter as levels, in contract order."""
    return [name for name in contract.covariate_cols if contract.is_categorical(name)]


def population(contract: Contract) -> str:
    """The model in ``curated`` whose rows diagnostics and features take: all, or those of the contract's window."""
    return f"_{contract.name}_window" if contract.schedule.window else contract.name


def treated(contract: Contract) -> exp.Expr:
    """The treatment as 0 or 1."""
    return exp.cast(sql.column(contract.treatment_col), "int")


def alias(value: exp.Expr, name: str) -> exp.Expr:
    """``value`` under a quoted name."""
    return exp.alias_(value, name, quoted=True)


def outcome(contract: Contract) -> exp.Expr:
    """The outcome as a double; NULL where the contract has none."""
    return sql.number(sql.column(contract.outcome_col) if contract.outcome_col else exp.null())


def typed(contract: Contract, name: str) -> exp.Expr:
    """A staged column in the contract's type: a no-op until the type is edited."""
    return exp.cast(sql.column(name), contract.type_of(name).duckdb, dialect="duckdb")


def propensity_spec(contract: Contract) -> Spec:
    """What the propensity model needs of the contract."""
    asked = contract.propensity
    return Spec(
        treatment=contract.treatment_col,
        numbers=numbers(contract),
        factors=factors(contract),
        squares=asked.squares,
        method=asked.method,
        interactions=asked.interactions,
        folds=asked.folds,
        learner=asked.learner,
    )
