"""How many rows squares and products add to the balance table."""

from __future__ import annotations

from collections.abc import Iterator

from ciq.contract.finding import Finding
from ciq.contract.model import Contract

MOST_PRODUCTS = 5_000
"""Rows that ``balance.interactions`` may add at the most, by the declared categories; nobody reads more."""


def balance_findings(contract: Contract) -> Iterator[Finding]:
    """Products of more columns than a table of balance can tell of."""
    if contract.balance.interactions and (rows := _products(contract)) > MOST_PRODUCTS:
        message = f"the products of {len(contract.covariate_cols)} covariates are {rows:,} rows or more"
        help_ = f"at most {MOST_PRODUCTS:,}: name the pairs that matter in `propensity.interactions` instead"
        yield Finding("C156", ("balance", "interactions"), message, help_)


def _products(contract: Contract) -> int:
    """Pairs of columns of different covariates; a factor has its declared categories, else at least two levels."""
    categories = contract.constraints.categories
    named = [name for name in contract.covariate_cols if name in contract.types]
    sizes = [len(categories.get(name, ("", ""))) if contract.is_categorical(name) else 1 for name in named]
    return (sum(sizes) ** 2 - sum(size**2 for size in sizes)) // 2
