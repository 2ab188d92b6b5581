"""How large a number may be of which squares are taken."""

from __future__ import annotations

from ciq.contract.model import Contract, Name

LARGEST = 1e70
"""The square of its square, weighted and summed over any number of rows, is still a double."""


def squared(contract: Contract) -> list[Name]:
    """The covariates and the outcome, where their type holds larger numbers than ``LARGEST``."""
    roles = [*contract.covariate_cols, *([contract.outcome_col] if contract.outcome_col else [])]
    return [name for name in roles if contract.types[name] == "float64"]
