"""Unpenalised logistic regression by Newton's method over batches, with everything that can go wrong named.

Memory is one batch plus a p by p matrix, whatever the number of rows. Columns are standardised, so that one scale
serves step sizes, gradients and the tests for collinearity and separation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Batches = Callable[[], Iterable[tuple[Matrix, Vector]]]

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

    ``reach`` is each column's largest absolute value before centring.
    """

    rows: int
    treated: int
    mean: Vector
    deviation: Vector
    correlation: Matrix
    reach: Vector


@dataclass(frozen=True)
class Fit:
    """A logistic fit on the columns' own scale.

    ``coefficients`` has one entry a column (0 where the column was left out), ``gradient`` is the largest absolute
    mean of the score over the standardised columns at the last full pass, ``constant``, ``collinear`` and
    ``separated`` hold column positions; ``collinear`` maps each dropped column to those that determine it.
    """

    intercept: float
    coefficients: Vector
    passes: int
    gradient: float
    converged: bool
    constant: tuple[int, ...] = ()
    collinear: dict[int, tuple[int, ...]] = field(default_factory=dict)
    separated: tuple[int, ...] = ()


def scale(batches: Batches) -> Scale:
    """One pass: means, standard deviations (divisor n) and correlations of the columns.

    Batches are pairs of an (n, p) matrix and an (n,) vector of 0 and 1.
    """
    rows = treated = 0
    total: Vector | None = None
    cross: Matrix | None = None
    reach: Vector = np.zeros(0)
    for x, t in batches():
        if total is None or cross is None:
            total, cross = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
            reach = np.zeros(x.shape[1])
        rows += len(t)
        treated += int(t.sum())
        total += x.sum(axis=0)
        cross += x.T @ x
        if len(x):
            reach = np.maximum(reach, np.abs(x).max(axis=0))
    if total is None or cross is None:
        raise ValueError("no rows to fit")
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
    for column in kept:
        if independent:
            inner = scale.correlation[np.ix_(independent, independent)]
            outer = scale.correlation[independent, column]
            weights = np.linalg.solve(inner, outer)
            if 1 - float(outer @ weights) < COLLINEAR:
                loads = np.abs(weights) > 1e-6
                collinear[column] = tuple(int(i) for i in np.array(independent)[loads])
                continue
        independent.append(column)
    return independent, collinear


def logistic(batches: Batches) -> Fit:
    """The maximum-likelihood logit of treatment on an intercept and the columns of ``batches``.

    Newton-Raphson with step halving; the last step is smaller than 1e-10 standard deviations of each column.
    A covariate set that predicts treatment perfectly in some direction has no maximum there: once the curvature in
    that direction is gone the iteration goes on in the others, and the columns whose log odds run away are named in
    ``separated`` (Albert & Anderson 1984). Raises ValueError without rows.
    """
    facts = scale(batches)
    constant = tuple(int(i) for i in np.flatnonzero(facts.deviation == 0))
    kept, collinear = dependent(facts, [i for i in range(len(facts.mean)) if i not in constant])
    if facts.treated in (0, facts.rows):
        return Fit(0.0, np.zeros(len(facts.mean)), 0, np.inf, False, constant, collinear)
    newton = _newton(batches, facts, kept)
    coefficients = np.zeros(len(facts.mean))
    coefficients[kept] = newton.beta[1:] / facts.deviation[kept]
    intercept = float(newton.beta[0] - coefficients @ facts.mean)
    separated = tuple(kept[i] for i in newton.separated)
    converged = newton.converged and newton.gradient <= GRADIENT
    return Fit(intercept, coefficients, newton.passes, newton.gradient, converged, constant, collinear, separated)


@dataclass(frozen=True)
class _Newton:
    beta: Vector
    passes: int
    gradient: float
    converged: bool
    separated: tuple[int, ...]


def _newton(batches: Batches, facts: Scale, kept: list[int]) -> _Newton:
    prevalence = facts.treated / facts.rows
    beta: Vector = np.zeros(len(kept) + 1)
    beta[0] = np.log(prevalence / (1 - prevalence))
    step: Vector = np.zeros(len(kept) + 1)
    best = -np.inf
    gradient, settled = np.inf, False
    curved, vectors = np.ones(len(beta), dtype=bool), np.eye(len(beta))
    floor = SEPARATED * prevalence * (1 - prevalence) * _least_spread(facts, kept)
    passes = 0
    while passes < MAX_PASSES and not settled:
        passes += 1
        likelihood, score, hessian = _pass(batches, facts, kept, beta)
        if likelihood < best - 1e-11:
            step /= 2
            beta = beta - step
            continue
        best = max(best, likelihood)
        gradient = float(np.abs(score).max())
        values, vectors = np.linalg.eigh(hessian)
        curved = values >= floor
        along = vectors[:, curved]
        step = along @ ((along.T @ score) / values[curved])
        beta = beta + step
        if np.abs(step).max() < STEP or (float(score @ step) < DECREMENT and values[0] > 1e4 * floor):
            settled = True
    separated = () if curved.all() else _running_away(beta, vectors[:, ~curved], facts, kept)
    return _Newton(beta, passes, gradient, settled and not separated, separated)


def _pass(batches: Batches, facts: Scale, kept: list[int], beta: Vector) -> tuple[float, Vector, Matrix]:
    """Mean log-likelihood, its gradient and its negative Hessian at ``beta``, all per row."""
    likelihood, score, hessian = 0.0, np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
    for raw, t in batches():
        x = np.empty((len(t), len(beta)))
        x[:, 0] = 1
        np.divide(raw[:, kept] - facts.mean[kept], facts.deviation[kept], out=x[:, 1:])
        eta = x @ beta
        e = 1 / (1 + np.exp(-np.clip(eta, -700, 700)))
        likelihood += float(t @ eta - np.logaddexp(0, eta).sum())
        score += x.T @ (t - e)
        hessian += x.T @ (x * (e * (1 - e))[:, None])
    return likelihood / facts.rows, score / facts.rows, hessian / facts.rows


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
