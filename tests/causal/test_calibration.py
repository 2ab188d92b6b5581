"""Discrimination and calibration against their definitions and against scikit-learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, roc_auc_score
from soaking import examples

from ciq.causal import calibration as figures
from ciq.causal.calibration import calibration

Vector = NDArray[np.float64]


def bins(e: Vector, t: Vector) -> list[dict[str, Any]]:
    return list(calibration("in_sample", e, t))


def auc(e: Vector, t: Vector) -> float:
    return figures.auc(np.sort(e[t == 1]), np.sort(e[t == 0]))


def calibration_error(e: Vector, t: Vector) -> float:
    found = bins(e, t)
    return float(sum(one["n"] * abs(one["treated_share"] - one["score_mean"]) for one in found) / len(e))


@settings(max_examples=examples(40), deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.2000001, 0.5, 0.9]), st.booleans()), min_size=2))
def test_auc_agrees_with_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    e, t = (np.array(values, dtype=np.float64) for values in zip(*rows, strict=True))
    if t.min() == t.max():
        assert math.isnan(auc(e, t))
    else:
        assert auc(e, t) == pytest.approx(roc_auc_score(t, e), rel=0, abs=1e-12)


def test_auc_of_perfect_reversed_and_useless_scores() -> None:
    t = np.array([0.0, 0, 1, 1])
    assert auc(np.array([0.1, 0.2, 0.3, 0.4]), t) == 1
    assert auc(np.array([0.4, 0.3, 0.2, 0.1]), t) == 0
    assert auc(np.full(4, 0.5), t) == 0.5


@pytest.mark.parametrize("arm", [0.0, 1.0])
def test_auc_of_an_empty_arm_is_nan(arm: float) -> None:
    assert math.isnan(auc(np.array([0.2, 0.4]), np.full(2, arm)))


def test_bins_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(1)
    e = random.random(1_000)
    t = (random.random(1_000) < e).astype(np.float64)
    shares, means = calibration_curve(t, e, n_bins=10, strategy="quantile")
    found = bins(e, t)
    assert [one["n"] for one in found] == [100] * 10
    assert [one["treated_share"] for one in found] == pytest.approx(shares, rel=0, abs=1e-12)
    assert [one["score_mean"] for one in found] == pytest.approx(means, rel=0, abs=1e-12)
    assert [one["brier"] for one in found] == pytest.approx([brier_score_loss(t, e)] * 10, rel=1e-12)
    assert [one["auc"] for one in found] == [auc(e, t)] * 10


def test_calibration_error_has_ten_bins_of_equal_count() -> None:
    e = np.repeat(np.arange(10) / 10, 20)
    exact = np.concatenate([np.arange(20) < 2 * bin_ for bin_ in range(10)]).astype(np.float64)
    assert calibration_error(e, exact) == pytest.approx(0, abs=1e-15)
    flipped = exact.copy()
    flipped[:20] = 1
    assert calibration_error(e, flipped) == pytest.approx(0.1, abs=1e-15)


def test_the_first_bins_have_what_does_not_divide() -> None:
    e = np.arange(1, 24) / 24
    assert [one["n"] for one in bins(e, np.zeros(23))] == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]


def test_fewer_rows_than_bins() -> None:
    assert [one["bin"] for one in bins(np.array([0.25, 0.5]), np.array([0.0, 1.0]))] == [1, 2]
    assert calibration_error(np.array([0.25, 0.5]), np.array([0.0, 1.0])) == pytest.approx((0.25 + 0.5) / 2)
    assert bins(np.zeros(0), np.zeros(0)) == []


@settings(max_examples=examples(30), deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2, max_size=60))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[float, bool]]) -> None:
    """Equal scores on both sides of an edge are treated alike on both."""
    e, t = (np.array(values, dtype=np.float64) for values in zip(*rows, strict=True))
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    found = bins(e, t)
    for one, other in zip(found, bins(e[order], t[order]), strict=True):
        assert one.keys() == other.keys()
        assert list(one.values())[1:-2] == list(other.values())[1:-2]
    assert sum(one["n"] * one["treated_share"] for one in found) == pytest.approx(t.sum())
