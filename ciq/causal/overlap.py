"""Overlap figures that need the scores in order: the trim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
SORTED_COLUMNS = {
    "crump_alpha": "double",
    "crump_kept": "bigint",
    "crump_kept_treated": "bigint",
}
"""What :func:`sorted_figures` gives, and its SQL types."""


@dataclass(frozen=True)
class Trim:
    """Keep rows with ``alpha <= e <= 1 - alpha``; ``kept`` counts them, ``kept_treated`` those treated."""

    alpha: float
    kept: int
    kept_treated: int


def crump_trim(e: Vector, t: Vector) -> Trim:
    """The trim that minimises the variance of the effect estimate over subpopulations.

    ``e`` (n,) are propensity scores, ``t`` (n,) is 0 or 1. Exact: the cut-off on g = 1 / (e (1 - e)) is the largest
    one that is at most twice the mean of the g below it; 0 where no row exceeds twice the overall mean
    (Crump, Hotz, Imbens & Mitnik 2009).
    """
    with np.errstate(divide="ignore"):
        g = 1 / (e * (1 - e))
    # A score of exactly 0 or 1 is beyond any cut-off.
    ordered = np.sort(g[np.isfinite(g)])
    if not len(ordered):
        return Trim(0.5, 0, 0)
    if len(ordered) == len(g) and ordered[-1] <= 2 * ordered.mean():
        return Trim(0.0, len(e), int(t.sum()))
    means = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    last = int(np.flatnonzero(ordered <= 2 * means)[-1])
    bound = 2 * means[last]
    alpha = float(0.5 - np.sqrt(max(0.25 - 1 / bound, 0.0)))
    kept = (e >= alpha) & (e <= 1 - alpha)
    return Trim(alpha, int(kept.sum()), int(t[kept].sum()))


def sorted_figures(e: Vector, t: Vector) -> dict[str, float]:
    """The row of diagnostics.<dataset>_overlap_sorted."""
    trim = crump_trim(e, t)
    return {
        "crump_alpha": trim.alpha,
        "crump_kept": trim.kept,
        "crump_kept_treated": trim.kept_treated,
    }
