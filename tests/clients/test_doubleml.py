"""What is published goes into DoubleML as it is, and gives back the effect that the customers were made with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from whole_project import Project

from ciq.demo.customers import EFFECT, generate

doubleml = pytest.importorskip("doubleml", reason="`make soak` installs the clients")

NUMBERS = ["age", "rfm_score", "prior_7d_spend", "web_session_cnt"]


@pytest.fixture
def published(project: Project) -> pd.DataFrame:
    """The published customers: 5,000, made anew."""
    project.ship("customers")
    generate(5_000, 7, project.root / "data" / "raw" / "customers.csv")
    assert project.ciq("run").code == 0
    return pd.read_parquet(Path("data/processed/customers/causal_ready.parquet"))


def test_the_known_effect_is_within_the_interval(published: pd.DataFrame) -> None:
    """Doubly robust by the published scores (``ps_hat``), and without the outcome model by the published weights."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    genders = pd.get_dummies(published["gender"], drop_first=True, dtype=float)
    rows = published[["y", "treated", *NUMBERS]].astype(float).join(genders)
    data = doubleml.DoubleMLData(rows, "y", "treated", [*NUMBERS, *genders])
    model = doubleml.DoubleMLIRM(data, LinearRegression(), LogisticRegression())
    model.fit(external_predictions={"treated": {"ml_m": published[["ps_hat"]].to_numpy()}})
    low, high = model.confint(level=0.95).to_numpy()[0]
    assert low < EFFECT < high
    assert high - low < 0.2
    treated, control = (published[published["treated"] == arm] for arm in (1, 0))
    by_weights = [np.average(arm["y"], weights=arm["weight"]) for arm in (treated, control)]
    assert by_weights[0] - by_weights[1] == pytest.approx(EFFECT, abs=0.2)
