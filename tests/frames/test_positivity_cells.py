"""Cells of two categorical covariates: those that lack an arm where chance would hardly leave them so are named."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from soaking import examples

from ciq.contract import Contract, load
from ciq.frames.models import Models
from ciq.frames.staging import stage

FACTORS = ("region", "sex", "plan", "shop")


def contract(folder: Path, *covariates: str) -> Contract:
    path = folder / "study.yaml"
    types = ", ".join(f"{name}: {'float64' if name == 'age' else 'category'}" for name in covariates)
    path.write_text(
        f"treatment_col: treated\ncovariate_cols: [{', '.join(covariates)}]\ntypes: {{treated: int8, {types}}}\n"
    )
    return load(path)


def study(seed: int, rows: int = 4_000) -> pa.Table:
    """Regions with a gap, two sexes, three plans and 26 shops; two cells in which nobody is treated."""
    random = np.random.default_rng(seed)
    region = random.choice(["Hokkaido", "O'Hara", "Kanto", None], rows, p=[0.3, 0.3, 0.3, 0.1])
    sex = random.choice(["F", "M"], rows)
    shop = np.array([f"s{i}" for i in random.integers(0, 26, rows)])
    treated = random.random(rows) < random.choice([0.05, 0.5])
    treated &= ~((region == "Hokkaido") & (sex == "F")) & ~((shop == "s7") & (sex == "M"))
    plan = random.choice(["a", "b", "c"], rows, p=[0.9, 0.08, 0.02])
    columns = {"region": region, "sex": sex, "plan": plan, "shop": shop}
    return pa.table({"treated": treated.astype(np.int8), "age": random.normal(size=rows)} | columns)


def expected(table: pa.Table) -> dict[tuple[str, str], tuple[int, int]]:
    """Cells in one arm only where, at the lower of both levels' shares, five rows of the other would be expected."""
    t = table["treated"].to_pylist()
    levels = {name: ["<NA>" if value is None else value for value in table[name].to_pylist()] for name in FACTORS}
    found = {}
    for one, other in combinations(FACTORS, 2):
        if len({*levels[one]}) * len({*levels[other]}) > 50:
            continue
        n, treated = Counter(zip(levels[one], levels[other], strict=True)), Counter[tuple[str, str]]()
        for cell, arm in zip(zip(levels[one], levels[other], strict=True), t, strict=True):
            treated[cell] += arm
        for (a, b), rows in n.items():
            shares = [
                np.mean([arm for arm, value in zip(t, levels[name], strict=True) if value == level])
                for name, level in ((one, a), (other, b))
            ]
            if (not treated[a, b] and rows * min(shares) >= 5) or (
                treated[a, b] == rows and rows * (1 - max(shares)) >= 5
            ):
                found[f"{one} * {other}", f"{a} * {b}"] = (rows, treated[a, b])
    return found


def built(table: pa.Table, contract: Contract, model: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        stage(connection, table, contract)
        return Models.of_staged(connection, contract).rows(model)


@pytest.mark.parametrize("seed", range(examples(1)))
def test_cells_without_an_arm_are_counted(tmp_path: Path, seed: int) -> None:
    table = study(seed)
    rows = built(table, contract(tmp_path, "age", *FACTORS), "positivity")
    cells = {(row["covariate"], row["level"]): (row["n"], row["n_treated"]) for row in rows if row["kind"] == "cell"}
    assert cells == expected(table)
    assert ("region * sex", "Hokkaido * F") in cells


def test_a_gate_names_them_and_what_a_level_lacks_is_not_said_again(tmp_path: Path) -> None:
    table = study(0)
    arms = zip(table["region"].to_pylist(), table["treated"].to_pylist(), strict=True)
    table = table.set_column(
        0, "treated", pa.array([int(region != "O'Hara" and arm) for region, arm in arms], pa.int8())
    )
    gates = {gate["gate"]: gate for gate in built(table, contract(tmp_path, "age", "region", "sex"), "gates")}
    people = zip(table["region"].to_pylist(), table["sex"].to_pylist(), strict=True)
    n = Counter(people)["Hokkaido", "F"]
    assert gates["positivity"]["subject"].startswith("region = 'O''Hara': ")
    cells = gates["positivity_cells"]
    assert (cells["verdict"], cells["value"], cells["follows_from"]) == ("warn", 1, None)
    assert cells["subject"] == f"region = 'Hokkaido' and sex = 'F': {n} rows, none treated"


@pytest.mark.parametrize("covariates", [("age",), ("age", "sex"), ("age", "sex", "shop")])
def test_no_pair_no_cell(tmp_path: Path, covariates: tuple[str, ...]) -> None:
    """One factor makes no pair, and 2 x 26 cells are more than are looked at."""
    assert {row["kind"] for row in built(study(1), contract(tmp_path, *covariates), "positivity")} <= {"level"}
