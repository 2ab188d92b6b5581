"""How many levels a covariate may have: each is a column of the propensity fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ciq.causal.propensity import Spec
from ciq.errors import GateRefused, Problem
from ciq.rules import RULES

MOST_LEVELS = 1_000
"""A pass of the fit takes time in the square of them."""


def refuse_many_levels(dataset: str, spec: Spec, levels: Iterable[tuple[str, str]]) -> None:
    """Raise GateRefused (G322) for each factor with more than ``MOST_LEVELS`` of the observed ``levels``.

    Trees take the levels of a factor in one column, so that they bear any number.
    """
    counts = Counter(covariate for covariate, _ in levels if covariate in spec.factors)
    problems = [
        Problem("G322", f"{dataset}: {name} has {n:,} levels, must be at most {MOST_LEVELS:,}", help=RULES["G322"].mend)
        for name, n in counts.items()
        if n > MOST_LEVELS
    ]
    if problems and spec.learner == "logistic":
        raise GateRefused(*problems)
