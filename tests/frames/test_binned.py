"""Where there are too many rows to sort, KS is taken of bins, and what it misses is certified."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from soaking import examples
from test_diagnostics import shipped

from ciq import frames
from ciq.blueprint import variables
from ciq.blueprint.roles import numbers
from ciq.blueprint.statements import statement
from ciq.causal.sql import WEIGHTINGS
from ciq.contract import Contract, load

Vector = NDArray[np.float64]
KS = [f"ks_{weighting}" for weighting in ("unadjusted", *WEIGHTINGS)]
SHAPES = ("normal", "cauchy", "lognormal", "extreme", "rounded", "mostly zero", "two values", "constant", "far", "gaps")


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contracts") / "study.yaml"
    named = ", ".join(f'"{name}"' for name in SHAPES)
    types = ", ".join(f'"{name}": float64' for name in SHAPES)
    path.write_text(
        f"treatment_col: treated\noutcome_col: y\ncovariate_cols: [{named}]\n"
        f"types: {{treated: int8, y: int8, {types}}}\n"
    )
    return load(path)


def scored(seed: int, rows: int = 3_000) -> pa.Table:
    """Scores as the models have them, with numbers of every shape that lean with the treatment, and a gap in each."""
    random = np.random.default_rng(seed)
    treated = (random.random(rows) < random.uniform(0.05, 0.95)).astype(np.int8)
    lean = treated * random.choice([0.0, 0.01, 0.5])
    drawn: dict[str, Vector] = {
        "normal": random.normal(size=rows) + lean,
        "cauchy": random.standard_cauchy(rows) + lean,
        "lognormal": np.exp(3 * random.normal(size=rows) + lean),
        "extreme": np.sign(random.normal(size=rows)) * 10.0 ** random.uniform(-300, 308, rows),
        "rounded": np.round(random.normal(40, 12, rows) + 10 * lean, -1) + (random.random(rows) < 0.1) * 1e-9,
        "mostly zero": np.where(random.random(rows) < 0.9 - lean / 2, 0, random.exponential(1e6, rows)),
        "two values": np.where(random.random(rows) < 0.5, 3.0, 3.0 + 1e-12),
        "constant": np.full(rows, -7.5),
        "far": 1e12 + random.integers(0, 50, rows) + lean.round(),
        "gaps": random.normal(size=rows) + lean,
    }
    share = {name: 0.6 if name == "gaps" else 0.02 for name in drawn}
    numbers = {name: pa.array(x, mask=random.random(rows) < share[name]) for name, x in drawn.items()}
    odds, other = random.pareto(1.5, rows) + 1e-3, random.random(rows)
    weights = {
        "w_ate": 1 + odds,
        "w_att": np.where(treated, 1, odds),
        "w_atc": np.where(treated, odds, 1),
        "w_ato": other,
    }
    return pa.table(
        {
            "row_id": [random.bytes(16).hex() for _ in range(rows)],
            "treated": treated,
            "_treated": treated,
            "y": (random.random(rows) < 0.3).astype(np.int8),
            **numbers,
            **weights,
        }
    )


def distributions(table: pa.Table, contract: Contract) -> dict[str, dict[str, Any]]:
    """The model over rows that are scored."""
    with duckdb.connect() as connection:
        connection.register("given", table)
        connection.execute("CREATE SCHEMA curated; CREATE SCHEMA diagnostics")
        connection.execute(
            "CREATE VIEW curated.study AS FROM given; CREATE VIEW diagnostics.study_scores AS FROM given"
        )
        query = statement(variables.decided(contract), "diagnostics/distributions").sql("duckdb")
        return {row["covariate"]: row for row in connection.execute(query).to_arrow_table().to_pylist()}


def binned(patch: pytest.MonkeyPatch, bins: int) -> None:
    patch.setattr(variables, "EXACT_VALUES", 0)
    patch.setattr(variables, "BINS", bins)


@pytest.mark.parametrize("seed", range(examples(1)))
def test_no_distance_is_further_off_than_the_bound(
    contract: Contract, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    table = scored(seed)
    exact = distributions(table, contract)
    for bins in (3, 40, variables.BINS):
        binned(monkeypatch, bins)
        rough = distributions(table, contract)
        assert exact.keys() == rough.keys() == {*SHAPES}
        for name, row in rough.items():
            assert exact[name]["ks_bound"] == 0
            assert (row["lowest"], row["highest"]) == (exact[name]["lowest"], exact[name]["highest"])
            assert row["distinct_values"] != 2 or exact[name]["distinct_values"] == 2
            for figure in KS:
                missed = exact[name][figure] - row[figure]
                assert -1e-12 <= missed <= row["ks_bound"] + 1e-12, (name, figure)


def test_the_bound_is_narrow(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few values are each a bin of their own; many lie in bins of some thousandths of the weight."""
    table = scored(0, rows=50_000)
    exact = distributions(table, contract)
    binned(monkeypatch, variables.BINS)
    found = distributions(table, contract)
    for name in ("far", "constant"):
        assert found[name]["ks_bound"] == 0, name
    for name in ("normal", "lognormal", "cauchy", "gaps", "mostly zero"):
        assert found[name]["ks_bound"] < 0.02, name
        for figure in ("auc_treatment", "auc_outcome"):
            assert found[name][figure] == pytest.approx(exact[name][figure], abs=1e-4), (name, figure)


def test_the_switch_is_the_number_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published table says the bound; the shares of levels and of two values are exact."""
    table, contract = shipped("nsw_rct")
    values = table.num_rows * len(numbers(contract))
    # A contract's queries are kept, these constants in them: each way has a contract of its own.
    contracts = [contract.model_copy(update={"version": version}) for version in ("1.0.1", "1.0.2")]
    monkeypatch.setattr(variables, "EXACT_VALUES", values)
    exact = {row["covariate"]: row for row in frames.balance(table, contracts[0]).to_pylist()}
    monkeypatch.setattr(variables, "EXACT_VALUES", values - 1)
    monkeypatch.setattr(variables, "BINS", 8)
    rough = {row["covariate"]: row for row in frames.balance(table, contracts[1]).to_pylist()}
    assert {row["ks_bound"] for row in exact.values()} == {0}
    assert {row["ks_bound"] for row in rough.values() if row["type"] == "binary"} == {0}
    assert rough["age"]["ks_bound"] > 0
    for name, row in rough.items():
        for figure in KS:
            assert -1e-12 <= exact[name][figure] - row[figure] <= row["ks_bound"] + 1e-12
