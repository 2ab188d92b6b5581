"""The balance table against its definitions, written once more with numpy, on random designs with gaps."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from test_diagnostics import shipped

from ciq import frames
from ciq.contract import Contract, load
from ciq.frames.models import Models
from ciq.frames.staging import stage

Vector = NDArray[np.float64]
WEIGHTINGS = ("unadjusted", "ate", "att", "atc", "ato")
CONTRACT = """
treatment_col: treated
covariate_cols: [age, plan, spend, visits, member, region, paid]
types:
  {treated: int8, age: float64, spend: float64, visits: int16, member: bool, plan: category, region: category,
  paid: category}
"""
NUMBERS = ("age", "spend", "visits", "member")
LEVELS = {"plan": ["free", "paid", "trial"], "region": ["east", "north", "south", "west"], "paid": ["no", "yes"]}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contracts") / "study.yaml"
    path.write_text(CONTRACT)
    return load(path)


def study(seed: int, rows: int = 600, gap: float = 0.2) -> pa.Table:
    """Confounded rows; a share ``gap`` of spend, visits and region is missing, the more where age is high."""
    random = np.random.default_rng(seed)
    age = random.normal(1e4, 15, rows)
    spend, visits = random.lognormal(3, 1, rows), random.poisson(4, rows)
    columns: dict[str, Any] = {name: random.choice(levels, rows) for name, levels in LEVELS.items()}
    e = 1 / (1 + np.exp(-((age - 1e4) / 20 + (columns["plan"] == "paid") - 0.1 * (visits - 4))))

    def gappy(values: Any, share: float) -> pa.Array:
        return pa.array(values, mask=random.random(rows) < share * (0.5 + (age > 1e4)))

    return pa.table(
        columns
        | {
            "treated": (random.random(rows) < e).astype(np.int8),
            "age": age,
            "member": random.random(rows) < 0.3,
            "spend": gappy(spend, gap),
            "visits": gappy(visits.astype(np.int16), gap / 2),
            "region": gappy(columns["region"], gap),
        }
    )


def number(table: pa.Table, name: str) -> Vector:
    column = table[name]
    values: Vector = column.cast(pa.int8() if pa.types.is_boolean(column.type) else pa.float64()).to_numpy(
        zero_copy_only=False
    )
    return values.astype(float)


def expected_products(table: pa.Table, contract: Contract) -> dict[str, Vector]:
    """Squares of numbers with more than two values, and products of numbers and levels of different covariates."""
    columns: list[tuple[str, str, Vector]] = []
    squares: dict[str, Vector] = {}
    for name in contract.covariate_cols:
        if contract.is_categorical(name):
            values = np.array(["<NA>" if value is None else str(value) for value in table[name].to_pylist()])
            levels = sorted({*values} - {"<NA>"})
            columns += [(name, f"{name}_{level}", (values == level).astype(float)) for level in levels]
            continue
        x = number(table, name)
        columns.append((name, name, x))
        if len(np.unique(x[~np.isnan(x)])) > 2:
            squares[f"{name}²"] = x**2
    pairs = combinations(columns, 2)
    return squares | {f"{one} * {other}": x * y for (of, one, x), (by, other, y) in pairs if of != by}


def expected_rows(table: pa.Table) -> dict[str, Vector]:
    """Each row of the balance table as its values, NaN where not observed."""
    found: dict[str, Vector] = {}
    for name in NUMBERS:
        values = found[name] = number(table, name)
        if np.isnan(values).any():
            found[f"{name}:<NA>"] = np.isnan(values).astype(float)
    for name, levels in LEVELS.items():
        values = np.array([value or "<NA>" for value in table[name].to_pylist()])
        seen = [*levels, *(["<NA>"] if "<NA>" in values else [])]
        for level in seen[1:] if len(seen) == 2 else seen:
            found[f"{name}{':' if level == '<NA>' else '_'}{level}"] = (values == level).astype(float)
    return found


def weights(scores: pa.Table) -> dict[str, Vector]:
    t, e = scores["_treated"].to_numpy(), scores["ps_hat"].to_numpy()
    treated = {"unadjusted": 1 + 0 * e, "ate": 1 / e, "att": 1 + 0 * e, "atc": (1 - e) / e, "ato": 1 - e}
    control = {"unadjusted": 1 + 0 * e, "ate": 1 / (1 - e), "att": e / (1 - e), "atc": 1 + 0 * e, "ato": e}
    return {name: np.where(t == 1, treated[name], control[name]) for name in WEIGHTINGS}


def variance(x: Vector, w: Vector, binary: bool) -> float:
    share = w / w.sum()
    mean = (share * x).sum()
    return float(mean * (1 - mean) if binary else (share * (x - mean) ** 2).sum() / (1 - (share**2).sum()))


def figures(x: Vector, t: Vector, by: dict[str, Vector]) -> dict[str, float | None]:
    """SMD, variance ratio and KS of one row under each weighting (Stuart 2010; cobalt's col.w.v)."""
    seen = ~np.isnan(x)
    x, t, by = x[seen], t[seen], {name: w[seen] for name, w in by.items()}
    binary = set(np.unique(x)) <= {0.0, 1.0}
    one, none = t == 1, t == 0
    v1, v0 = (variance(x[arm], np.ones(arm.sum()), binary) for arm in (one, none))
    # Where an arm is constant, the spread of all.
    whole = np.sqrt(variance(x, np.ones(len(x)), binary))
    pooled = np.sqrt((v1 + v0) / 2) or whole
    scale = {"att": np.sqrt(v1) or whole, "atc": np.sqrt(v0) or whole}
    order = np.unique(x)
    found: dict[str, float | None] = {}
    for name, w in by.items():
        m1, m0 = (np.average(x[arm], weights=w[arm]) for arm in (one, none))
        found[f"smd_{name}"] = (m1 - m0) / scale.get(name, pooled)
        ratio = variance(x[one], w[one], False) / variance(x[none], w[none], False)
        found[f"variance_ratio_{name}"] = None if binary else ratio
        f1, f0 = (np.array([w[arm & (x <= at)].sum() for at in order]) / w[arm].sum() for arm in (one, none))
        found[f"ks_{name}"] = float(np.abs(f1 - f0).max())
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_is_what_its_definition_says(contract: Contract, seed: int) -> None:
    table = study(seed)
    measured = frames.diagnostics(table, contract)
    by, t = weights(measured.scores), measured.scores["_treated"].to_numpy()
    rows = {row["covariate"]: row for row in measured.balance.to_pylist()}
    theirs = expected_rows(table)
    assert rows.keys() == theirs.keys()
    for covariate, x in theirs.items():
        for name, value in figures(x, t, by).items():
            close = value if value is None else pytest.approx(value, rel=1e-10, abs=1e-10)
            assert rows[covariate][name] == close, (covariate, name)


def with_products(contract: Contract) -> Contract:
    asked = contract.balance.model_copy(update={"squares": True, "interactions": True})
    return contract.model_copy(update={"balance": asked})


def products_agree(table: pa.Table, contract: Contract) -> frames.Diagnostics:
    measured = frames.diagnostics(table, contract)
    by, t = weights(measured.scores), measured.scores["_treated"].to_numpy()
    rows = {row["covariate"]: row for row in measured.balance.to_pylist() if row["term"] != "covariate"}
    theirs = expected_products(table, contract)
    assert rows.keys() == theirs.keys()
    for covariate, x in theirs.items():
        for name, value in figures(x, t, by).items():
            close = value if value is None else pytest.approx(value, rel=1e-9, abs=1e-10)
            taken = rows[covariate]["type"] == "binary" or not name.startswith("ks")
            assert rows[covariate][name] == (close if taken else None), (covariate, name)
    return measured


@pytest.mark.parametrize("seed", range(2))
def test_squares_and_products_are_what_their_definitions_say(contract: Contract, seed: int) -> None:
    table = study(seed)
    measured = products_agree(table, with_products(contract))
    plain = frames.balance(table, contract).to_pylist()
    beside = {row["covariate"]: row for row in measured.balance.to_pylist() if row["term"] == "covariate"}
    assert beside.keys() == {row["covariate"] for row in plain}
    assert [beside[row["covariate"]]["smd_ate"] for row in plain] == pytest.approx([row["smd_ate"] for row in plain])


def test_squares_and_products_of_real_data() -> None:
    table, contract = shipped("nhefs")
    measured = products_agree(table, with_products(contract))
    rows = {row["covariate"]: row for row in measured.balance.to_pylist()}
    assert {"age²", "sex * age", "age * education_1"} <= rows.keys() and "sex²" not in rows


def test_segments_are_measured_on_their_own_rows(contract: Contract) -> None:
    """Overlap, effective sample and differences within each value, under the scores and weights of the whole."""
    table = study(3, rows=2_000)
    measured = frames.diagnostics(table, contract.model_copy(update={"segment_cols": ("region", "member")}))
    whole = {row["covariate"]: row["smd_ate"] for row in frames.balance(table, contract).to_pylist()}
    assert {row["covariate"]: row["smd_ate"] for row in measured.balance.to_pylist()} == pytest.approx(whole)
    by, t, e = weights(measured.scores), measured.scores["_treated"].to_numpy(), measured.scores["ps_hat"].to_numpy()
    f = e * (1 - t.mean()) / (e * (1 - t.mean()) + (1 - e) * t.mean())
    values = {
        "region": np.array([value or "<NA>" for value in table["region"].to_pylist()]),
        "member": np.array([str(value).lower() for value in table["member"].to_pylist()]),
    }
    seen = {(row["segment"], row["stratum"]): row for row in measured.segments.to_pylist()}
    assert seen.keys() == {(name, value) for name, found in values.items() for value in found}
    for (name, value), row in seen.items():
        rows = values[name] == value
        assert row["n"] == rows.sum() and row["n_treated"] == t[rows].sum()
        assert row["overlap_share"] == pytest.approx(((e > 0.05) & (e < 0.95))[rows].mean())
        assert row["equipoise"] == pytest.approx(((f >= 0.3) & (f <= 0.7))[rows].mean())
        w = by["ate"][rows & (t == 1)]
        assert row["ess_treated"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
        within = {name: w[rows] for name, w in by.items()}
        varying = {name: x[rows] for name, x in expected_rows(table).items() if np.nanstd(x[rows]) > 0}
        smd = {name: abs(figures(x, t[rows], within)["smd_ate"] or 0) for name, x in varying.items()}
        assert row["max_smd"] == pytest.approx(max(smd.values()))
        assert row["worst"] == max(smd, key=lambda name: smd[name])


def test_a_segment_that_the_whole_hides_is_warned_of(tmp_path: Path) -> None:
    """Age decides the treatment in two directions, which cancel over both regions."""
    path = tmp_path / "study.yaml"
    types = "{treated: int8, age: float64, region: category}"
    text = f"treatment_col: treated\ncovariate_cols: [age]\nsegment_cols: [region]\ntypes: {types}\n"
    path.write_text(text)
    random = np.random.default_rng(1)
    age, region = random.normal(50, 10, 2_000), random.choice(["east", "west"], 2_000)
    e = 1 / (1 + np.exp(-(age - 50) / 10 * np.where(region == "east", 1, -1)))
    table = pa.table({"treated": (random.random(2_000) < e).astype(np.int8), "age": age, "region": region})
    with duckdb.connect() as connection:
        stage(connection, table, load(path))
        gates = {gate["gate"]: gate for gate in Models.of_staged(connection, load(path)).rows("gates")}
    assert gates["balance"]["verdict"] == "pass"
    assert gates["segment_balance"]["verdict"] == "warn"
    assert gates["segment_balance"]["subject"].startswith("region = ")
    assert gates["segment_overlap"]["verdict"] == "pass"


def test_no_figure_where_nearly_all_is_missing_is_off(contract: Contract) -> None:
    """The weights of the observed are what the missing leave of the arm's."""
    table = study(7, rows=20_000, gap=0.66)
    measured = frames.diagnostics(table, contract)
    by, t = weights(measured.scores), measured.scores["_treated"].to_numpy()
    (row,) = (row for row in measured.balance.to_pylist() if row["covariate"] == "spend")
    x = table["spend"].to_numpy(zero_copy_only=False)
    assert np.isnan(x[table["age"].to_numpy() > 1e4]).mean() > 0.97
    for name, value in figures(x, t, by).items():
        assert row[name] == pytest.approx(value, rel=1e-10, abs=1e-10), name


@pytest.mark.parametrize("covariates", ["dose", "dose, plan"])
def test_a_number_that_is_constant_in_an_arm_has_no_variance_ratio(tmp_path: Path, covariates: str) -> None:
    path = tmp_path / "study.yaml"
    types = "{treated: int8, dose: float64, plan: category}"
    path.write_text(f"treatment_col: treated\ncovariate_cols: [{covariates}]\ntypes: {types}\n")
    dose = [(0.5, 0.8, 2.1)[i % 3] if i % 2 else 0.7 for i in range(300)]
    plan = [LEVELS["plan"][i * i % 11 % 3] for i in range(300)]
    table = pa.table({"treated": [i % 2 for i in range(300)], "dose": dose, "plan": plan})
    row = next(row for row in frames.balance(table, load(path)).to_pylist() if row["covariate"] == "dose")
    assert {name: row[f"variance_ratio_{name}"] for name in WEIGHTINGS} == dict.fromkeys(WEIGHTINGS)
