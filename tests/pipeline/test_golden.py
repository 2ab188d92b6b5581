"""Every figure of the diagnostics models against R's cobalt and glm, on real data, built by the product."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from golden_figures import SHIPPED, balance_agrees, ess_agrees, overlap_agrees
from whole_project import ROOT, Project, lay_out, run_in

from ciq import frames
from ciq.contract import load


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All of them, run together."""
    root = tmp_path_factory.mktemp("golden")
    lay_out(root)
    project = Project(root, None)  # type: ignore[arg-type]  # nothing is printed here
    for dataset, source in SHIPPED.items():
        project.ship(dataset, source)
    assert run_in(root) == 1
    return project


@pytest.mark.parametrize("dataset", SHIPPED)
def test_figures_agree(ran: Project, dataset: str) -> None:
    ready = ran.root / "data" / "processed" / dataset / "causal_ready.parquet"
    assert ready.exists() == (SHIPPED[dataset] == ROOT)
    balance = {row["covariate"]: row for row in ran.built(f"diagnostics.{dataset}_balance")}
    (overlap,) = ran.built(f"diagnostics.{dataset}_overlap")
    assert balance_agrees(dataset, balance) == len(balance) * 5
    ess_agrees(dataset, overlap)
    overlap_agrees(dataset, overlap)
    frame_agrees(ran, dataset, balance, overlap)


def frame_agrees(project: Project, dataset: str, balance: dict[str, dict[str, Any]], overlap: dict[str, Any]) -> None:
    """The raw file as a frame gives the tables that the product built."""
    with duckdb.connect() as connection:
        raw = connection.read_csv(str(project.root / "data" / "raw" / f"{dataset}.csv"))
        contract = load(project.contract(dataset))
        measured = frames.diagnostics(raw, contract)
    # Without a key a fold goes by the place in the file, which a frame doesn't have.
    compared = {name for name in overlap if contract.key or not name.endswith("_oof")}
    assert {name: measured.overlap[name] for name in compared} == pytest.approx(
        {name: overlap[name] for name in compared}, rel=1e-12, abs=1e-12
    )
    assert measured.balance.num_rows == len(balance)
    for row in measured.balance.to_pylist():
        built = balance[row["covariate"]]
        assert row.keys() == built.keys()
        for name, value in row.items():
            same = (
                value == pytest.approx(built[name], rel=1e-12, abs=1e-12)
                if isinstance(value, float)
                else value == built[name]
            )
            assert same, (row["covariate"], name)
