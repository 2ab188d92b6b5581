"""The design matrix of the propensity model, term by term.

An intercept; each number as it is (and squared where asked); each categorical as one column per observed level
less the first; a missing number as a column of its own, its value then set to the observed mean, so that nothing is
imputed silently and the fit doesn't depend on the fill. An interaction is each column of one covariate times each of
another, numbers about their mean; cells of two categoricals that don't occur are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

MISSING = "<NA>"
Kind = Literal["intercept", "number", "square", "missing", "level", "interaction"]
Cell = tuple[str, str, str, str]
"""Covariate and level, of two categoricals, that some row has."""


@dataclass(frozen=True)
class Term:
    """One column of the design matrix; ``level`` is set for levels of a categorical only.

    An interaction is that of ``covariate``, at its ``level`` where it is a categorical, with the term ``other``.
    """

    kind: Kind
    covariate: str = ""
    level: str | None = None
    other: Term | None = None

    @property
    def parts(self) -> tuple[Term, ...]:
        """The two terms that an interaction is the product of."""
        first = Term("number" if self.level is None else "level", self.covariate, self.level)
        return (first, self.other) if self.other else (self,)

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
            case "interaction":
                return " * ".join(part.name for part in self.parts)
            case "number":
                return self.covariate


def terms(
    numbers: Sequence[str],
    factors: Mapping[str, Sequence[str]],
    squares: Sequence[str],
    with_missing: Sequence[str],
    interactions: Sequence[Sequence[str]] = (),
    cells: Collection[Cell] = (),
) -> list[Term]:
    """The columns after the intercept: numbers, squares, missing indicators, levels less the first, interactions.

    ``factors`` maps each categorical to its observed levels in sort order; ``cells`` are the observed ones of two
    categoricals that interact.
    """
    return [
        *(Term("number", number) for number in numbers),
        *(Term("square", number) for number in squares),
        *(Term("missing", number) for number in numbers if number in with_missing),
        *(Term("level", factor, level) for factor, levels in factors.items() for level in levels[1:]),
        *(term for one, other in interactions for term in _crossed(one, other, factors, cells)),
    ]


def _crossed(one: str, other: str, factors: Mapping[str, Sequence[str]], cells: Collection[Cell]) -> Iterator[Term]:
    def levels(name: str) -> Sequence[str | None]:
        return factors[name][1:] if name in factors else [None]

    for level in levels(one):
        for second in levels(other):
            if level is None or second is None or (one, level, other, second) in cells:
                part = Term("number" if second is None else "level", other, second)
                yield Term("interaction", one, level, part)
