"""Unpenalised logistic regression by Newton's method, with everything that can go wrong named.

The rows stay where they are: a :class:`Design` sums over them, be it in batches (:mod:`ciq.causal.stream`) or by the
database itself (:mod:`ciq.causal.aggregates`). Columns are standardised, so that one scale serves step sizes,
gradients and the tests for collinearity and separation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

COLLINEAR = 1e-10  # share of a column's variance that the columns before it leave unexplained
SEPARATED = 1e-10  # curvature left in some direction, relative to the fit without covariates
STEP = 1e-10  # a Newton step this small (standardised) is the last: the error after it is its square
DECREMENT = 1e-18  # or so little is left to gain: the log odds move by under 1e-9 of their scale
RUNAWAY = 10.0  # log odds that one column adds by itself where it separates
MAX_PASSES = 60
GRADIENT = 1e-9


@dataclass(frozen=True)
class Scale:
    """What one pass over the design tells: ``rows``, ``treated``, column means, deviations and correlations.

    Deviations have divisor n and are 0 for a constant. ``reach`` is each column's largest absolute value.
    """

    rows: int
    treated: int
    mean: Vector
    deviation: Vector
    correlation: Matrix
    reach: Vector


@dataclass(frozen=True)
class Sums:
    """Mean log-likelihood per row, its gradient and its negative Hessian: the intercept, then the kept columns."""

    likelihood: float
    score: Vector
    hessian: Matrix


class Design(Protocol):
    """The rows of a design matrix without its intercept, and their treatment."""

    def scale(self) -> Scale:
        """One pass over all rows. Raises ValueError where there are none."""

    def sample(self) -> Design | None:
        """Some of the rows, to start from, after :meth:`scale`; None where the design itself is the place to start."""

    def sums(self, facts: Scale, kept: list[int], beta: Vector) -> Sums:
        """One pass at ``beta``: intercept and coefficients of the ``kept`` columns, standardised by ``facts``."""


@dataclass(frozen=True)
class Fit:
    """A logistic fit on the columns' own scale.

    ``coefficients`` has one entry a column (0 where the column was left out), ``passes`` counts Newton passes over all
    rows, ``gradient`` is the largest absolute mean of the score over the standardised columns at the last of them.
    ``constant``, ``collinear`` and ``separated`` hold column positions; ``collinear`` maps each dropped column to those
    that determine it. ``facts`` is what the columns were standardised by.
    """

    facts: Scale
    intercept: float
    coefficients: Vector
    passes: int
    gradient: float
    converged: bool
    constant: tuple[int, ...] = ()
    collinear: dict[int, tuple[int, ...]] = field(default_factory=dict)
    separated: tuple[int, ...] = ()

    @property
    def kept(self) -> list[int]:
        """The columns that were not left out."""
        return [i for i in range(len(self.coefficients)) if i not in self.constant and i not in self.collinear]


def standardised(rows: int, treated: int, total: Vector, cross: Matrix, reach: Vector) -> Scale:
    """The scale of columns with these sums, sums of products and largest absolute values."""
    mean = total / rows
    covariance = cross / rows - np.outer(mean, mean)
    magnitude = np.sqrt(np.maximum(np.diag(cross) / rows, 0))
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0))
    # What is left after subtracting the mean can't be told from rounding below this share of the magnitude.
    deviation[deviation <= 1e-7 * magnitude] = 0
    safe = np.where(deviation > 0, deviation, 1)
    return Scale(rows, treated, mean, deviation, covariance / np.outer(safe, safe), reach)


def dependent(scale: Scale, kept: list[int]) -> tuple[list[int], dict[int, tuple[int, ...]]]:
    """Columns of ``kept`` that stand alone, and for each other one those before it that determine it."""
    independent: list[int] = []
    collinear: dict[int, tuple[int, ...]] = {}
    # The inverse of the Cholesky factor of their correlations: a column more is a row more.
    whitening: Matrix = np.zeros((len(kept), len(kept)))
    for column in kept:
        size = len(independent)
        known = whitening[:size, :size]
        shared = known @ scale.correlation[independent, column]
        weights, left = shared @ known, 1 - float(shared @ shared)
        if left < COLLINEAR:
            loads = np.abs(weights) > 1e-6
            collinear[column] = tuple(int(i) for i in np.array(independent)[loads])
            continue
        whitening[size, : size + 1] = np.append(-weights, 1) / np.sqrt(left)
        independent.append(column)
    return independent, collinear


def logistic(design: Design) -> Fit:
    """The maximum-likelihood logit of treatment on an intercept and the columns of ``design``.

    Newton-Raphson with step halving, started from the fit to a sample where the design has one; the last step is
    smaller than 1e-10 standard deviations of each column, and the gradient over all rows proves it.
    A covariate set that predicts treatment perfectly in some direction has no maximum there: once the curvature in
    that direction is gone the iteration goes on in the others, and the columns whose log odds run away are named in
    ``separated`` (Albert & Anderson 1984). Raises ValueError without rows.
    """
    # Matrices of a block or of p by p are too small for threads: these would wait for each other most of the time.
    with threadpool_limits(limits=1, user_api="blas"):
        return _logistic(design)


def _logistic(design: Design) -> Fit:
    facts = design.scale()
    constant = tuple(int(i) for i in np.flatnonzero(facts.deviation == 0))
    kept, collinear = dependent(facts, [i for i in range(len(facts.mean)) if i not in constant])
    if facts.treated in (0, facts.rows):
        return Fit(facts, 0.0, np.zeros(len(facts.mean)), 0, np.inf, False, constant, collinear)
    sample = design.sample()
    start = _ascended(sample, facts, kept, null(facts, kept)).beta if sample else null(facts, kept)
    newton = _ascended(design, facts, kept, start)
    separated = tuple(kept[i] for i in newton.separated)
    converged = newton.settled and not separated and newton.gradient <= GRADIENT
    intercept, coefficients = unstandardised(facts, kept, newton.beta)
    return Fit(
        facts, intercept, coefficients, newton.passes, newton.gradient, converged, constant, collinear, separated
    )


def unstandardised(facts: Scale, kept: list[int], beta: Vector) -> tuple[float, Vector]:
    """Intercept and coefficients on the columns' own scale, 0 where a column was left out."""
    coefficients = np.zeros(len(facts.mean))
    coefficients[kept] = beta[1:] / facts.deviation[kept]
    return float(beta[0] - coefficients @ facts.mean), coefficients


def null(facts: Scale, kept: list[int]) -> Vector:
    """The fit without covariates."""
    beta: Vector = np.zeros(len(kept) + 1)
    beta[0] = np.log(facts.treated / (facts.rows - facts.treated))
    return beta


def _ascended(design: Design, facts: Scale, kept: list[int], start: Vector) -> Ascent:
    # A start that fits worse than no covariates at all is given up.
    prevalence = facts.treated / facts.rows
    worst = prevalence * np.log(prevalence) + (1 - prevalence) * np.log(1 - prevalence)
    ascent = Ascent(facts, kept, start, worst, STEP)
    while not ascent.settled and ascent.passes < MAX_PASSES:
        ascent.take(design.sums(facts, kept, ascent.beta))
    return ascent


class Ascent:
    """Newton's method on sums that somebody else takes: ``beta`` is where they are wanted, until it is ``settled``.

    ``worst`` is a likelihood to fall back from, ``last`` how small a step is the last one.
    """

    def __init__(self, facts: Scale, kept: list[int], start: Vector, worst: float, last: float) -> None:
        self.beta, self.passes, self.gradient, self.settled = start, 0, np.inf, False
        self._facts, self._kept, self._best, self._last = facts, kept, worst, last
        self._step = start - null(facts, kept)
        self._flat: Matrix = np.zeros((len(start), 0))
        prevalence = facts.treated / facts.rows
        self.floor = SEPARATED * prevalence * (1 - prevalence) * _least_spread(facts, kept)

    def take(self, sums: Sums) -> None:
        """One step, from the sums at ``beta``; half the step before is taken back where that went too far."""
        self.passes += 1
        if sums.likelihood < self._best - 1e-11 and self._step.any():
            self._step = self._step / 2
            self.beta = self.beta - self._step
            return
        self._best = max(self._best, sums.likelihood)
        self.gradient = float(np.abs(sums.score).max())
        values, vectors = np.linalg.eigh(sums.hessian)
        curved = values >= self.floor
        along, self._flat = vectors[:, curved], vectors[:, ~curved]
        self._step = along @ ((along.T @ sums.score) / values[curved])
        self.beta = self.beta + self._step
        gained = float(sums.score @ self._step)
        small = np.abs(self._step).max() < self._last
        self.settled = bool(small or (gained < DECREMENT and values[0] > 1e4 * self.floor))

    @property
    def separated(self) -> tuple[int, ...]:
        """Positions in ``kept`` of the columns that run away."""
        return _running_away(self.beta, self._flat, self._facts, self._kept) if self._flat.size else ()


def _least_spread(facts: Scale, kept: list[int]) -> float:
    """The variance left in the direction in which the columns vary least, at most 1."""
    if not kept:
        return 1.0
    return min(1.0, float(np.linalg.eigvalsh(facts.correlation[np.ix_(kept, kept)])[0]))


def _running_away(beta: Vector, flat: Matrix, facts: Scale, kept: list[int]) -> tuple[int, ...]:
    """Positions in ``kept`` of the columns in a flat direction that alone move the log odds by 10 or more.

    Where perfect separation flattens every direction, that tells the column that separates from those that don't.
    """
    moved = np.abs(beta[1:]) * facts.reach[kept] / facts.deviation[kept]
    inside = (flat[1:] ** 2).sum(axis=1) > 1e-6
    found = np.flatnonzero(inside & (moved >= min(RUNAWAY, moved[inside].max(initial=0.0))))
    return tuple(int(i) for i in found[np.argsort(-moved[found])])
