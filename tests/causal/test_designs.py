"""The fit on many random designs: statsmodels' figures, one result whichever way the rows are summed, no surprises."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from designs import Matrix, Vector, random_design, scores, streamed, summed
from soaking import campaign
from threadpoolctl import threadpool_limits

from ciq.causal import stream
from ciq.causal.fit import Fit, logistic

DESIGNS = campaign(8, 200)


def glm(x: Matrix, t: Vector) -> Vector:
    """statsmodels' GLM by IRLS on standardised columns: intercept, then one coefficient a standard deviation."""
    z = sm.add_constant((x - x.mean(axis=0)) / x.std(axis=0))
    with threadpool_limits(limits=1, user_api="blas"):
        return sm.GLM(t, z, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=100, tol_criterion="params").params


@pytest.mark.parametrize("seed", range(DESIGNS))
def test_agrees_with_statsmodels(seed: int) -> None:
    """Columns from 1 to 60; every fifth design is also summed by the database."""
    x, t = random_design(seed, columns=1 + seed * 59 // max(DESIGNS - 1, 1))
    theirs = glm(x, t)
    fit = logistic(streamed(x, t))
    assert fit.converged
    assert np.abs(fit.coefficients * x.std(axis=0) - theirs[1:]).max() <= 1e-9
    assert abs(fit.intercept + fit.coefficients @ x.mean(axis=0) - theirs[0]) <= 1e-9
    if seed % 5 == 0 and x.shape[1] <= 30:
        with summed(x, t) as design:
            assert_same(logistic(design), fit, x)


def assert_same(one: Fit, other: Fit, x: Matrix) -> None:
    """Coefficients a standard deviation and scores to 1e-9, findings exactly."""
    assert (one.converged, one.constant, one.collinear) == (other.converged, other.constant, other.collinear)
    assert set(one.separated) == set(other.separated)
    if one.converged:
        assert np.abs((one.coefficients - other.coefficients) * x.std(axis=0)).max() <= 1e-9
        assert np.abs(scores(one, x) - scores(other, x)).max() <= 1e-9


@pytest.mark.parametrize("seed", range(campaign(12, 1000)))
def test_overlap_weights_balance_every_column(seed: int) -> None:
    """Li, Morgan & Zaslavsky 2018: exact at the maximum, on any design."""
    x, t = random_design(10_000 + seed, columns=1 + seed % 25)
    fit = logistic(streamed(x, t))
    assert fit.converged
    e = scores(fit, x)
    gap = np.average(x, axis=0, weights=t * (1 - e)) - np.average(x, axis=0, weights=(1 - t) * e)
    assert np.abs(gap / x.std(axis=0)).max() <= 1e-9
    assert abs(e.mean() - t.mean()) <= 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_order_of_columns_and_units_change_nothing(seed: int) -> None:
    x, t = random_design(20_000 + seed, columns=8)
    random = np.random.default_rng(seed)
    order, unit = random.permutation(8), 10.0 ** random.uniform(-6, 6, 8)
    fit, other = logistic(streamed(x, t)), logistic(streamed((x * unit + unit)[:, order], t))
    assert np.abs(scores(fit, x) - scores(other, (x * unit + unit)[:, order])).max() <= 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_the_sample_twice_over_gives_the_same_fit(seed: int) -> None:
    x, t = random_design(30_000 + seed, columns=5)
    once, twice = logistic(streamed(x, t)), logistic(streamed(np.tile(x, (2, 1)), np.tile(t, 2)))
    assert np.abs((once.coefficients - twice.coefficients) * x.std(axis=0)).max() <= 1e-10


@pytest.mark.parametrize("size", [997, 10_000, 60_000])
def test_a_warm_start_saves_passes_and_changes_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    x, t = random_design(1, columns=10, rows=60_000)
    cold = logistic(streamed(x, t))
    monkeypatch.setattr(stream, "SAMPLE_ROWS", 8_000)
    warm = logistic(streamed(x, t, size))
    assert_same(warm, cold, x)
    assert warm.gradient <= 1e-9
    assert warm.passes <= 4 < cold.passes


def test_the_sample_is_every_kth_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SAMPLE_ROWS", 1_000)
    x = np.arange(10_007.0)[:, None]
    design = streamed(x, np.tile([0.0, 1.0, 1.0], 3_336)[:10_007], 313)
    facts = design.scale()
    sample = design.sample()
    assert sample is not None
    assert sample.scale().rows == 626
    assert sample.scale().mean[0] == 16 * 625 / 2
    assert facts.mean[0] == 10_006 / 2


def test_a_level_that_the_sample_lacks_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    x, t = random_design(2, columns=4, rows=40_000)
    x[:, 3] = 0
    x[1::800, 3] = 1
    cold = logistic(streamed(x, t))
    monkeypatch.setattr(stream, "SAMPLE_ROWS", 2_000)
    warm = logistic(streamed(x, t))
    assert_same(warm, cold, x)
    assert cold.coefficients[3]


def test_a_misleading_sample_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sampled row says the opposite of the rest, without an exception."""
    x, t = random_design(3, columns=3, rows=40_000)
    t[::32] = (x[::32, 1] > np.median(x[:, 1])).astype(float)
    t[1::2] = np.where(np.random.default_rng(3).random(20_000) < 0.7, x[1::2, 1] < np.median(x[:, 1]), t[1::2])
    cold = logistic(streamed(x, t))
    monkeypatch.setattr(stream, "SAMPLE_ROWS", 1_500)
    assert_same(logistic(streamed(x, t)), cold, x)


def test_five_hundred_columns() -> None:
    x, t = random_design(4, columns=500, rows=12_000)
    fit = logistic(streamed(x, t, 3_000))
    assert fit.converged
    e = scores(fit, x)
    assert np.abs((x - x.mean(axis=0)).T @ (t - e) / x.std(axis=0)).max() / len(t) <= 1e-9


def degenerate() -> dict[str, tuple[Matrix, Vector]]:
    """Designs on which something can go wrong."""
    x, t = random_design(5, columns=3, rows=400)
    half = (np.arange(400) < 200).astype(float)
    hole = np.where(t == 1, np.arange(400) % 7 == 0, 0).astype(float)

    def put(column: Vector, position: int = 1) -> Matrix:
        changed = x.copy()
        changed[:, position] = column
        return changed

    return {
        "all treated": (x, np.ones(400)),
        "none treated": (x, np.zeros(400)),
        "one row": (x[:1], t[:1]),
        "two rows": (x[:2], np.array([0.0, 1.0])),
        "as many columns as rows": (x[:3], np.array([0.0, 1.0, 0.0])),
        "constant": (put(np.full(400, 7.0)), t),
        "all constant": (np.ones((400, 3)), t),
        "no columns": (np.empty((400, 0)), t),
        "copy": (put(x[:, 0]), t),
        "sum of two": (put(x[:, 0] + x[:, 2]), t),
        "all levels": (np.column_stack([half, 1 - half]), t),
        "separation": (put(2 * t - 1), t),
        "separation by two": (np.column_stack([half + t, half]), t),
        "hole": (put(hole), t),
        "one treated": (x, np.eye(1, 400, 5)[0]),
        "huge": (put(x[:, 1] * 1e140), t),
        "tiny": (put(x[:, 1] * 1e-140), t),
        "far from zero": (put(x[:, 1] / x[:, 1].std() + 1e6), t),
        "rare level": (put((np.arange(400) == np.flatnonzero(t)[0]).astype(float)), t),
        "balanced exactly": (np.column_stack([np.tile([0.0, 0, 1, 1], 100)]), np.tile([0.0, 1, 0, 1], 100)),
    }


FOUND = {
    "all treated": "empty arm",
    "none treated": "empty arm",
    "one row": "empty arm",
    "two rows": "separated",
    "as many columns as rows": "separated",
    "constant": "constant",
    "all constant": "constant",
    "copy": "collinear",
    "sum of two": "collinear",
    "all levels": "collinear",
    "separation": "separated",
    "separation by two": "separated",
    "hole": "separated",
    "one treated": "separated",
    "rare level": "separated",
}


@pytest.mark.parametrize("way", ["streamed", "summed"])
@pytest.mark.parametrize("case", degenerate())
def test_what_goes_wrong_is_said(case: str, way: str) -> None:
    x, t = degenerate()[case]
    if way == "streamed":
        fit = logistic(streamed(x, t))
    else:
        with summed(x, t) as design:
            fit = logistic(design)
    said = {
        "empty arm": not fit.converged and fit.gradient == np.inf,
        "separated": bool(fit.separated),
        "collinear": bool(fit.collinear),
        "constant": bool(fit.constant),
    }
    assert np.isfinite(fit.coefficients).all()
    found = FOUND.get(case)
    if found:
        assert said[found]
    assert fit.converged == (found in (None, "constant", "collinear"))
