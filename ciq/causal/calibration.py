"""How well scores tell the arms apart, and how far they are probabilities: from each arm's scores in order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
BINS = 10
CALIBRATION_COLUMNS = {
    "scores": "text",
    "bin": "int",
    "n": "bigint",
    "score_min": "double",
    "score_max": "double",
    "score_mean": "double",
    "treated_share": "double",
    "auc": "double",
    "brier": "double",
}
"""What a row of :func:`calibration` holds, and its SQL types."""


def calibration(scores: str, e: Vector, t: Vector) -> Iterator[dict[str, Any]]:
    """Ten bins of equal count by score, as diagnostics.<dataset>_calibration has them; none without rows.

    ``e`` (n,) are scores, ``t`` (n,) is 0 or 1. The first bins have one row more where the rows don't divide. Where an
    edge cuts through equal scores, each side has its share of their treated, so that the order of rows doesn't matter.
    """
    if not len(e):
        return
    order, treated, control = np.sort(e), np.sort(e[t == 1]), np.sort(e[t == 0])
    edges = np.cumsum([0, *(len(part) for part in np.array_split(order, BINS))])
    below = _treated_before(edges, order, treated)
    whole = {"auc": auc(treated, control), "brier": brier(treated, control)}
    for number, (start, end) in enumerate(pairwise(edges), 1):
        if start < end:
            yield {
                "scores": scores,
                "bin": number,
                "n": int(end - start),
                "score_min": float(order[start]),
                "score_max": float(order[end - 1]),
                "score_mean": float(order[start:end].mean()),
                "treated_share": float(below[number] - below[number - 1]) / int(end - start),
                **whole,
            }


def _treated_before(edges: NDArray[np.int64], order: Vector, treated: Vector) -> Vector:
    """How many of the first ``edges`` rows in ``order`` are treated; of equal scores, in proportion."""
    at = order[np.minimum(edges, len(order) - 1)]
    before, after = np.searchsorted(order, at, "left"), np.searchsorted(order, at, "right")
    lower, upper = np.searchsorted(treated, at, "left"), np.searchsorted(treated, at, "right")
    counts: Vector = lower + (upper - lower) * (edges - before) / (after - before)
    return counts


def auc(treated: Vector, control: Vector) -> float:
    """Probability that a treated row scores above an untreated one, ties counted half (Mann-Whitney).

    Both are scores in order; NaN when one arm is empty.
    """
    if not len(treated) or not len(control):
        return float("nan")
    wins = int(np.searchsorted(control, treated, "left").sum())
    ties = int(np.searchsorted(control, treated, "right").sum()) - wins
    return (wins + ties / 2) / (len(treated) * len(control))


def brier(treated: Vector, control: Vector) -> float:
    """Mean of (t - e)^2 over scores in order, so that it is the same in any order of rows."""
    return float(((1 - treated) ** 2).sum() + (control**2).sum()) / (len(treated) + len(control))
