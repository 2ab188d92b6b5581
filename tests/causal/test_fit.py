"""The logistic fit against scikit-learn, against a linear programme for separation, and against its own invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression
from soaking import examples

from ciq.causal.fit import Fit, logistic
from ciq.causal.stream import Stream

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def batched(x: Matrix, t: Vector, size: int | None = None) -> Stream:
    """The rows in batches of ``size``, or all at once."""
    step = size or max(len(t), 1)
    return Stream(lambda: ((x[start : start + step], t[start : start + step]) for start in range(0, len(t), step)))


def sample(seed: int, rows: int = 400, columns: int = 4, strength: float = 0.6) -> tuple[Matrix, Vector]:
    """Columns of different location and scale, and a treatment that depends on each of them."""
    random = np.random.default_rng(seed)
    z = random.normal(size=(rows, columns))
    if columns > 1:
        z[:, 1] = z[:, 0] * 0.7 + z[:, 1] * 0.7
    slopes = random.normal(scale=strength, size=columns)
    t = (random.random(rows) < 1 / (1 + np.exp(-(z @ slopes - 0.4)))).astype(np.float64)
    return z * random.uniform(0.01, 100, columns) + random.normal(scale=50, size=columns), t


def scores(fit: Fit, x: Matrix) -> Vector:
    return 1 / (1 + np.exp(-(fit.intercept + x @ fit.coefficients)))


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_scikit_learn(seed: int) -> None:
    x, t = sample(seed, columns=1 + seed % 6)
    ours = logistic(batched(x, t))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(z, t)
    assert ours.converged
    assert ours.coefficients * x.std(axis=0) == pytest.approx(theirs.coef_[0], rel=0, abs=1e-9)
    assert scores(ours, x) == pytest.approx(theirs.predict_proba(z)[:, 1], rel=0, abs=1e-10)


def test_reports_how_it_ended() -> None:
    x, t = sample(1)
    fit = logistic(batched(x, t))
    assert 1 < fit.passes < 15
    assert fit.gradient <= 1e-9
    assert (fit.constant, fit.collinear, fit.separated) == ((), {}, ())


@pytest.mark.parametrize("size", [1, 7, 100, 399, 400, 1000])
def test_batches_of_any_size_give_the_same_fit(size: int) -> None:
    x, t = sample(2)
    whole, cut = logistic(batched(x, t)), logistic(batched(x, t, size))
    assert cut.coefficients == pytest.approx(whole.coefficients, rel=0, abs=1e-10)
    assert cut.intercept == pytest.approx(whole.intercept, rel=0, abs=1e-10)
    assert cut.passes == whole.passes


def test_far_from_zero_is_as_good_as_near() -> None:
    x, t = sample(3)
    near, far = logistic(batched(x - x.mean(axis=0), t)), logistic(batched(x + 1e5, t))
    assert far.converged
    assert far.coefficients == pytest.approx(near.coefficients, rel=1e-8)


@quick
@given(seed=SEEDS, rows=st.integers(40, 200), columns=st.integers(1, 5), strength=st.floats(0, 1.5))
def test_overlap_weighted_means_are_equal_at_the_maximum(seed: int, rows: int, columns: int, strength: float) -> None:
    x, t = sample(seed, rows, columns, strength)
    assume(5 < t.sum() < rows - 5)
    fit = logistic(batched(x, t))
    assume(not fit.separated)
    assert fit.converged
    e = scores(fit, x)
    treated = np.average(x, axis=0, weights=t * (1 - e))
    control = np.average(x, axis=0, weights=(1 - t) * e)
    assert (treated - control) / x.std(axis=0) == pytest.approx(np.zeros(columns), abs=1e-8)
    assert e.mean() == pytest.approx(t.mean(), rel=0, abs=1e-9)


@quick
@given(seed=SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    x, t = sample(seed, rows=150, columns=3)
    order = np.random.default_rng(seed + 1).permutation(len(t))
    fit, permuted = logistic(batched(x, t)), logistic(batched(x[order], t[order]))
    assume(fit.converged)
    scale = x.std(axis=0)
    assert permuted.coefficients * scale == pytest.approx(fit.coefficients * scale, rel=0, abs=1e-10)
    assert scores(permuted, x) == pytest.approx(scores(fit, x), rel=0, abs=1e-10)


def test_constant_columns_are_named_and_left_out() -> None:
    x, t = sample(4, columns=3)
    x[:, 1] = 1234.5
    fit = logistic(batched(x, t))
    without = logistic(batched(x[:, [0, 2]], t))
    assert fit.constant == (1,)
    assert fit.converged
    assert fit.coefficients[1] == 0
    assert fit.coefficients[[0, 2]] == pytest.approx(without.coefficients, rel=0, abs=1e-10)


def test_collinear_columns_are_named_with_those_that_determine_them() -> None:
    x, t = sample(5, columns=4)
    x[:, 3] = 2 * x[:, 0] - 3 * x[:, 2] + 7
    fit = logistic(batched(x, t))
    without = logistic(batched(x[:, :3], t))
    assert fit.collinear == {3: (0, 2)}
    assert fit.converged
    assert scores(fit, x) == pytest.approx(scores(without, x[:, :3]), rel=0, abs=1e-10)


def test_every_copy_of_a_column_is_named() -> None:
    x, t = sample(6, columns=2)
    fit = logistic(batched(np.column_stack([x[:, 0], x[:, 0], x[:, 1], -x[:, 0]]), t))
    assert fit.collinear == {1: (0,), 3: (0,)}
    assert fit.converged


def test_nearly_a_copy_is_not_a_copy() -> None:
    x, t = sample(7, columns=2)
    x[:, 1] = x[:, 0] + 1e-3 * x[:, 0].std() * np.random.default_rng(7).normal(size=len(t))
    fit = logistic(batched(x, t))
    assert fit.collinear == {}
    assert fit.converged


def test_a_column_that_separates_is_named() -> None:
    x, t = sample(8, columns=3)
    x[:, 1] = np.where(t == 1, 1, -1) * (0.5 + np.random.default_rng(8).random(len(t)))
    fit = logistic(batched(x, t))
    assert fit.separated[0] == 1
    assert not fit.converged


def test_a_level_with_one_arm_only_is_named() -> None:
    """Quasi-separation: within the level nobody is untreated, elsewhere both arms are found."""
    x, t = sample(9, columns=3)
    x[:, 2] = 0
    x[:12, 2] = 1
    t[:12] = 1
    fit = logistic(batched(x, t))
    assert fit.separated == (2,)
    assert not fit.converged


def test_columns_that_separate_only_together_are_both_named() -> None:
    random = np.random.default_rng(10)
    x = random.normal(size=(300, 3))
    side = x[:, 0] + x[:, 1]
    x[:, 0] += np.where(side > 0, 0.2, -0.2)
    t = (side > 0).astype(np.float64)
    assert not logistic(batched(x[:, :1], t)).separated
    assert not logistic(batched(x[:, 1:2], t)).separated
    assert sorted(logistic(batched(x, t)).separated) == [0, 1]


def separable(x: Matrix, t: Vector) -> bool:
    """Whether some direction never points the wrong way and once the right way: a linear programme (Konis 2007)."""
    signed = np.column_stack([np.ones(len(t)), x]) * (2 * t - 1)[:, None]
    best = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(t)), bounds=(-1, 1))
    return bool(-best.fun > 1e-9)


@quick
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=6, max_size=24),
    columns=st.integers(1, 2),
)
def test_separation_is_found_where_and_only_where_it_is(rows: list[tuple[int, int, bool]], columns: int) -> None:
    x = np.array([row[:columns] for row in rows], dtype=np.float64)
    t = np.array([row[2] for row in rows], dtype=np.float64)
    assume(0 < t.sum() < len(t))
    fit = logistic(batched(x, t))
    assert bool(fit.separated) == separable(x, t)
    assert fit.converged != bool(fit.separated)


@pytest.mark.parametrize("arm", [0.0, 1.0])
def test_an_empty_arm_does_not_converge(arm: float) -> None:
    x, t = sample(11)
    fit = logistic(batched(x, np.full(len(t), arm)))
    assert not fit.converged
    assert not fit.coefficients.any()
    assert np.isfinite(fit.intercept)


def test_an_empty_arm_still_names_what_is_redundant() -> None:
    x, t = sample(12, columns=3)
    x[:, 0], x[:, 2] = 5, x[:, 1]
    fit = logistic(batched(x, np.ones(len(t))))
    assert fit.constant == (0,)
    assert fit.collinear == {2: (1,)}


def test_no_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="no rows"):
        logistic(Stream(list))
