"""The design matrix of the propensity model, term by term.

An intercept; each number as it is (and squared where asked); each categorical as one column per observed level
less the first; a missing number as a column of its own, its value then set to the observed mean, so that nothing is
imputed silently and the fit doesn't depend on the fill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

MISSING = "<NA>"
Kind = Literal["intercept", "number", "square", "missing", "level"]


@dataclass(frozen=True)
class Term:
    """One column of the design matrix; ``level`` is set for levels of a categorical only."""

    kind: Kind
    covariate: str = ""
    level: str | None = None

    @property
    def name(self) -> str:
        """The term as reports name it, after cobalt's ``covariate_level``."""
        match self.kind:
            case "intercept":
                return "(Intercept)"
            case "square":
                return f"{self.covariate}^2"
            case "missing":
                return f"{self.covariate}:{MISSING}"
            case "level":
                separator = ":" if self.level == MISSING else "_"
                return f"{self.covariate}{separator}{self.level}"
            case "number":
                return self.covariate


def terms(
    numbers: Sequence[str], factors: Mapping[str, Sequence[str]], squares: Sequence[str], with_missing: Sequence[str]
) -> list[Term]:
    """The columns after the intercept: numbers, squares, missing indicators, then levels less the first.

    ``factors`` maps each categorical to its observed levels in sort order.
    """
    return [
        *(Term("number", number) for number in numbers),
        *(Term("square", number) for number in squares),
        *(Term("missing", number) for number in numbers if number in with_missing),
        *(Term("level", factor, level) for factor, levels in factors.items() for level in levels[1:]),
    ]
