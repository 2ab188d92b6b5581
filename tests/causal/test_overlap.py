"""The trim against its definition."""

from __future__ import annotations

import math
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from soaking import examples
from sqlglot import exp

from ciq.blueprint.statements import statement
from ciq.causal.figures import crump_alpha

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Trim:
    """The row of the model."""

    alpha: float
    kept: int
    kept_treated: int


def crump_trim(e: Vector, t: Vector) -> Trim:
    """What the model says of scores ``e`` and treatment ``t``."""
    scores = exp.to_table("diagnostics.study_scores")
    values = {"dataset": exp.to_identifier("study"), "crump_alpha": crump_alpha(scores)}
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA diagnostics")
        connection.from_arrow(pa.table({"ps_hat": e, "_treated": t})).create(scores.sql())
        (row,) = connection.execute(statement(values, "diagnostics/crump").sql("duckdb")).fetchall()
    return Trim(*row)


def scored(seed: int, rows: int, spread: float) -> tuple[Vector, Vector]:
    """Scores that reach nearer to 0 and 1 the smaller ``spread`` is, and a treatment drawn from them."""
    random = np.random.default_rng(seed)
    e = np.clip(random.beta(spread, spread, rows), 1e-6, 1 - 1e-6)
    return e, (random.random(rows) < e).astype(np.float64)


def largest_cut_off(e: Vector) -> tuple[float, int]:
    """Crump et al. 2009, corollary 1, by trying every cut-off: gamma = 2 mean(g where g <= gamma), and who is kept."""
    g = 1 / (e * (1 - e))
    if g.max() <= 2 * g.mean():
        return 0.0, len(e)
    found = []
    for edge in np.unique(g):
        gamma = 2 * g[g <= edge].mean()
        if np.isclose(g[g <= gamma].mean(), g[g <= edge].mean(), rtol=1e-12) and gamma >= edge:
            found.append((gamma, int((g <= gamma).sum())))
    gamma, kept = max(found)
    return 0.5 - math.sqrt(0.25 - 1 / gamma), kept


@settings(max_examples=examples(60), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(5, 120), spread=st.floats(0.15, 3))
def test_trim_is_the_largest_cut_off_of_the_definition(seed: int, rows: int, spread: float) -> None:
    e, t = scored(seed, rows, spread)
    alpha, kept = largest_cut_off(e)
    trim = crump_trim(e, t)
    assert trim.alpha == pytest.approx(alpha, rel=1e-9, abs=1e-12)
    assert trim.kept == kept
    assert trim.kept_treated == t[(e >= trim.alpha) & (e <= 1 - trim.alpha)].sum()


@pytest.mark.parametrize("seed", range(5))
def test_trim_gives_the_smallest_variance_of_any(seed: int) -> None:
    """What the trim is for: the variance of the effect's estimate goes with sum(g) / n^2 of those who are kept."""
    e, t = scored(seed, 4000, 0.3)
    g = np.sort(1 / (e * (1 - e)))
    variances = np.cumsum(g) / np.arange(1, len(g) + 1) ** 2
    trim = crump_trim(e, t)
    assert 0 < trim.kept < len(e)
    assert variances[trim.kept - 1] <= variances.min() * (1 + 1e-4)
    assert variances[trim.kept - 1] < 0.9 * variances[-1]


def test_trim_with_equal_scores_keeps_or_drops_them_together() -> None:
    e = np.array([0.5] * 50 + [0.3] * 20 + [0.001] * 3)
    t = np.arange(73) % 2.0
    trim = crump_trim(e, t)
    assert (trim.kept, trim.kept_treated) == (70, 35)
    assert 0.001 < trim.alpha < 0.3


def test_trim_is_the_same_for_the_other_treatment() -> None:
    e, t = scored(1, 500, 0.3)
    trim, mirrored = crump_trim(e, t), crump_trim(1 - e, 1 - t)
    assert mirrored.alpha == pytest.approx(trim.alpha, rel=1e-9)
    assert mirrored == Trim(mirrored.alpha, trim.kept, trim.kept - trim.kept_treated)


def test_no_trim_where_every_score_is_in_the_middle() -> None:
    e = np.linspace(0.25, 0.75, 40)
    t = np.arange(40) % 2.0
    assert crump_trim(e, t) == Trim(0.0, 40, 20)


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_a_score_of_exactly_0_or_1_is_trimmed(certain: float) -> None:
    e = np.array([*np.linspace(0.25, 0.75, 40), certain])
    t = np.array([*np.arange(40) % 2.0, certain])
    trim = crump_trim(e, t)
    assert (trim.kept, trim.kept_treated) == (40, 20)
    assert 0 < trim.alpha <= 0.25


def test_no_row_is_kept_where_every_score_is_certain() -> None:
    assert crump_trim(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0])) == Trim(0.5, 0, 0)
