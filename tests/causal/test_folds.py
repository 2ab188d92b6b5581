"""Fits without a fold are those of scikit-learn to the other rows, however the rows are read and summed."""

from __future__ import annotations

import hashlib

import duckdb
import numpy as np
import pytest
from designs import random_design, streamed, summed
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from soaking import examples
from sqlglot import exp

from ciq.causal import folds, sql
from ciq.causal.aggregates import FoldedAggregates
from ciq.causal.fit import Fit, logistic
from ciq.causal.folds import FoldedStream, without_folds

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def folded(x: Matrix, t: Vector, fold: Vector, size: int = 1_000) -> FoldedStream:
    labels = np.array([t, fold])
    return FoldedStream(
        lambda: ((x[start : start + size], labels[:, start : start + size]) for start in range(0, len(t), size))
    )


def design(seed: int, columns: int, count: int = 5) -> tuple[Matrix, Vector, Vector]:
    x, t = random_design(seed, columns)
    return x, t, np.random.default_rng(seed).integers(1, count + 1, len(t)).astype(np.float64)


def scored(fits: dict[int, Fit], x: Matrix, fold: Vector) -> Vector:
    eta = np.empty(len(x))
    for number, fit in fits.items():
        rows = fold == number
        eta[rows] = fit.intercept + x[rows] @ fit.coefficients
    return 1 / (1 + np.exp(-eta))


@pytest.mark.parametrize("columns", [1, 4, 12])
def test_agrees_with_scikit_learn(columns: int) -> None:
    x, t, fold = design(columns, columns)
    fits = without_folds(folded(x, t, fold), logistic(streamed(x, t)), 5)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = np.empty(len(t))
    for number in range(1, 6):
        seen, new = fold != number, fold == number
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(z[seen], t[seen])
        theirs[new] = model.predict_proba(z[new])[:, 1]
    assert scored(fits, x, fold) == pytest.approx(theirs, rel=0, abs=1e-8)
    assert all(fit.converged for fit in fits.values())


@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 6), count=st.integers(2, 7))
def test_no_row_has_a_part_in_its_own_score(seed: int, columns: int, count: int) -> None:
    """Turning the treatment of one fold over changes the fits of all others, never its own."""
    x, t, fold = design(seed, columns, count)
    turned = np.where(fold == 1, 1 - t, t)
    ours, theirs = (
        without_folds(folded(x, values, fold), logistic(streamed(x, values)), count) for values in (t, turned)
    )
    scale = x.std(axis=0)
    assert ours[1].coefficients * scale == pytest.approx(theirs[1].coefficients * scale, rel=0, abs=1e-7)
    assert any(np.abs((ours[2].coefficients - theirs[2].coefficients) * scale) > 1e-4)


def test_read_anew_held_in_memory_or_summed_by_sql_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, t, fold = design(3, 5)
    fit = logistic(streamed(x, t))
    held = scored(without_folds(folded(x, t, fold), fit, 5), x, fold)
    with summed(np.column_stack([x, fold]), t) as table:
        columns = exp.select("treated", *(f"x{i}" for i in range(5))).from_("rows")
        design_in_sql = FoldedAggregates(table._fetchall, columns, exp.column("x5"))
        in_sql = scored(without_folds(design_in_sql, fit, 5), x, fold)
    monkeypatch.setattr(folds, "SAMPLE_VALUES", 0)
    anew = scored(without_folds(folded(x, t, fold, size=37), fit, 5), x, fold)
    assert anew == pytest.approx(held, rel=0, abs=1e-12)
    assert in_sql == pytest.approx(held, rel=0, abs=1e-10)


def test_a_level_that_no_other_fold_has_is_as_good_as_unknown() -> None:
    x, t, fold = design(4, 3)
    x[:, 2] = 0
    x[np.flatnonzero(fold == 2)[:40], 2] = 1
    fit = logistic(streamed(x, t))
    fits = without_folds(folded(x, t, fold), fit, 5)
    without = logistic(streamed(x[fold != 2][:, :2], t[fold != 2]))
    assert fit.converged and fits[2].converged
    assert fits[2].coefficients[:2] == pytest.approx(without.coefficients, rel=1e-8)
    assert fits[2].coefficients[2] == pytest.approx(0, abs=1e-12)
    assert abs(fits[3].coefficients[2] - fit.coefficients[2]) < 0.2


def test_a_fold_without_a_maximum_is_not_said_to_converge() -> None:
    """The level's treated rows are all of one fold: without it nobody there is treated."""
    x, t, fold = design(5, 3)
    x[:, 2] = 0
    x[:30, 2], t[:30], t[:3] = 1, 0, 1
    fold[:30] = 2 + np.arange(30) % 4
    fold[:3] = 1
    fits = without_folds(folded(x, t, fold), logistic(streamed(x, t)), 5)
    assert [number for number, fit in fits.items() if not fit.converged] == [1]
    assert fits[1].coefficients[2] < -3


@pytest.mark.parametrize("count", [2, 3, 5, 16, 50])
def test_folds_are_equal_ranges_of_md5(count: int) -> None:
    digests = [hashlib.md5(str(i).encode()).hexdigest() for i in range(20_000)]
    with duckdb.connect() as connection:
        query = exp.select(sql.fold(exp.column("row_id"), count)).from_("rows").sql("duckdb")
        connection.execute("CREATE TABLE rows AS SELECT unnest(?) AS row_id", [digests])
        found = [fold for (fold,) in connection.execute(query).fetchall()]
    assert found == [int(digest[:8], 16) * count // 2**32 + 1 for digest in digests]
    assert set(found) == set(range(1, count + 1))
