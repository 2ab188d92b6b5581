"""Cross-fitting: the logistic fit once more without the rows of each fold, for scores of rows that it has not seen.

All folds climb together, so that a pass over the rows serves each of them. At the start they all stand at the fit to
all rows: there the sums without a fold are all sums less its own, and a step from there is nearly the whole way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from ciq.causal.fit import Ascent, Fit, Matrix, Scale, Sums, Vector, unstandardised
from ciq.causal.stream import SAMPLE_VALUES, Total, blocks

FoldedBatches = Callable[[], Iterable[tuple[Matrix, Matrix]]]
"""Called once a pass: pairs of an (n, p) matrix and a (2, n) one with treatment and fold, from 1 on, of each row."""

STEP = 1e-5  # standard deviations; the error after such a step is its square
PASSES = 12  # a fold without which a level is in one arm only has no maximum to reach


class Folded(Protocol):
    """The rows of a design and the fold of each."""

    def without(self, facts: Scale, kept: list[int], betas: Mapping[int, Vector]) -> dict[int, Sums]:
        """For each fold the sums at its beta over all other rows, as means over the number of all rows.

        Where two folds or more share one and the same beta, they are all the folds that there are.
        """


class FoldedStream:
    """A design that is read in batches; where there is room for all rows, they are read once."""

    def __init__(self, batches: FoldedBatches) -> None:
        self._batches = batches

    def without(self, facts: Scale, kept: list[int], betas: Mapping[int, Vector]) -> dict[int, Sums]:
        """One pass over all rows; where every fold stands at the same beta, each row is summed once."""
        if facts.rows * (len(facts.mean) + 2) <= SAMPLE_VALUES:
            held = list(self._batches())
            self._batches = lambda: held
        size = len(kept) + 1
        totals = {fold: Total(size) for fold in betas}
        together = len({id(beta) for beta in betas.values()}) == 1 < len(betas)
        for z, (t, fold) in blocks(self._batches(), facts, kept):
            for one, total in totals.items():
                rows = np.flatnonzero(fold == one if together else fold != one)
                total.add(z[:, rows], t[rows], betas[one])
        return {fold: total.per_row(facts.rows) for fold, total in (_others(totals) if together else totals).items()}


def _others(totals: Mapping[int, Total]) -> dict[int, Total]:
    """What each fold's own sums leave of all."""
    found = {}
    for fold, own in totals.items():
        rest = found[fold] = Total(len(own.score))
        rest.likelihood = sum(total.likelihood for total in totals.values()) - own.likelihood
        rest.score = np.sum([total.score for total in totals.values()], axis=0) - own.score
        rest.hessian = np.sum([total.hessian for total in totals.values()], axis=0) - own.hessian
    return found


def without_folds(design: Folded, fit: Fit, folds: int) -> dict[int, Fit]:
    """The fits without each of the folds 1 to ``folds``, started from ``fit``, which must have converged.

    Slopes that the other rows don't determine, such as that of a level that no other row has, are the least that there
    can be: 0 for such a level. A fit that has no maximum, or is not there after twelve passes, is not ``converged``.
    """
    facts, kept = fit.facts, fit.kept
    slopes = fit.coefficients[kept] * facts.deviation[kept]
    start = np.array([fit.intercept + fit.coefficients @ facts.mean, *slopes])
    with threadpool_limits(limits=1, user_api="blas"):
        found = design.without(facts, kept, dict.fromkeys(range(1, folds + 1), start))
        ascents = {fold: Ascent(facts, kept, start, -np.inf, STEP) for fold in found}
        unknown = {fold: _flat(sums, ascents[fold].floor) for fold, sums in found.items()}
        for _ in range(PASSES):
            for fold, sums in found.items():
                ascents[fold].take(sums)
            under_way = {fold: ascent.beta for fold, ascent in ascents.items() if not ascent.settled}
            if not under_way:
                break
            found = design.without(facts, kept, under_way)
    return {fold: _fitted(fit, ascent, unknown[fold]) for fold, ascent in ascents.items()}


def _flat(sums: Sums, floor: float) -> Matrix:
    """The directions in which the likelihood doesn't change, as columns."""
    values, vectors = np.linalg.eigh(sums.hessian)
    flat: Matrix = vectors[:, values < floor]
    return flat


def _fitted(fit: Fit, ascent: Ascent, unknown: Matrix) -> Fit:
    """Where the ascent ended, less what it still has of the fit to all rows along the ``unknown`` directions."""
    beta = ascent.beta - unknown @ np.linalg.lstsq(unknown[1:], ascent.beta[1:], rcond=None)[0]
    return Fit(
        fit.facts,
        *unstandardised(fit.facts, fit.kept, beta),
        ascent.passes,
        ascent.gradient,
        ascent.settled,
        fit.constant,
        fit.collinear,
    )
