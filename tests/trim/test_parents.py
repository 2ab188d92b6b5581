"""A trim of any data set: keyed, mended, with rows set aside, of files that are appended. Its rows are those scored.

The scores are made by the project's own models in a warehouse without plans; the soak runs the whole way.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import time_machine
from postgres_server import execute
from soaking import campaign
from staged_models import facts, staged_models
from whole_project import Project

from ciq.blueprint.datasets import Dataset
from ciq.contract import Contract, load_all, pii
from ciq.draft.trim import trimmed_contract
from ciq.ingest import Manifest, ingest
from ciq.pipeline import attempts, trimmed
from ciq.postgres import Server

TODAY = datetime(2026, 3, 5, 3, tzinfo=UTC)
BASE = """
time_col: seen
treatment_col: treated
outcome_col: y
covariate_cols: [age, dose, plan]
segment_cols: [plan]
types: {id: string, seen: datetime, treated: int8, y: float64, age: int16, dose: float64, plan: category}
constraints: {ranges: {age: [18, 90]}, categories: {plan: [FREE, PAID, U]}, not_null: [treated]}
"""
CLEAN = "sentinels: {age: [-1]}, upper: [plan], fill: {dose: 0.25}, unknown_category: {plan: U}"
COLLAPSED = "deduplicate: {by: [id, seen], keep: last}"
PARENTS = {
    "keyed": "id_col: id\nclean: {upper: [plan], unknown_category: {plan: U}, sentinels: {age: [-1]}}\n",
    "mended": f"id_col: id\nclean: {{{CLEAN}, {COLLAPSED}}}\n",
    "set aside": f"id_col: id\nclean: {{{CLEAN}}}\non_violation: quarantine\ntolerance: {{default: 0.1}}\n",
    "protected": f"id_col: id\nclean: {{{CLEAN}}}\ncolumns: {{id: {{pii: tokenize}}, dose: {{unit: mg}}}}\n",
    "appended": f"id_col: id\nsource: {{mode: append}}\nclean: {{{CLEAN}, {COLLAPSED}}}\n",
    "keyless": f"clean: {{{CLEAN}}}\n",
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pii.KEY, "a secret that only tests know")


def files(kind: str, rows: int = 300) -> dict[str, str]:
    """A file a day: sentinels, gaps, small letters; an id in two rows where they are collapsed, bad rows where they are
    set aside, rows of today where files are appended."""
    random = np.random.default_rng(7)
    found = {}
    for day in range(4):
        lines = ["id,seen,treated,y,age,dose,plan"]
        for unit in range(rows):
            age = int(random.integers(18, 91))
            treated = int(random.random() < 1 / (1 + np.exp(-(age - 54) / 8)))
            seen = TODAY + timedelta(days=day - 4, minutes=unit - 180)
            dose = "" if unit % 29 == 0 else repr(float(random.gamma(2)))
            plan = ("free", "PAID", "Paid", "trial")[unit % 4]
            shown = -1 if unit % 37 == 0 else 400 if kind == "set aside" and unit % 41 == 0 else age
            lines.append(f"{day}|{unit},{seen:%Y-%m-%d %H:%M:%S},{treated},{unit / 7!r},{shown},{dose},{plan}")
        if kind in ("mended", "appended"):
            lines += [line.replace(",free", ",paid") for line in lines[1:9]]
        found[f"study_{day}.csv"] = "\n".join(lines) + "\n"
    return found


@contextlib.contextmanager
def house(root: Path, kind: str) -> Iterator[dict[str, Contract]]:
    """A project with one data set whose files have come."""
    for folder in ("contracts", "data/raw", "warehouse"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "contracts" / "study.yaml").write_text(f"{PARENTS[kind]}{BASE}")
    for name, text in files(kind).items():
        (root / "data" / "raw" / name).write_text(text)
    with contextlib.chdir(root), time_machine.travel(TODAY, tick=False):
        yield load_all(root / "contracts")


def scored(contract: Contract, manifest: Manifest) -> None:
    """The latest attempt at the data set, as far as a trim reads it, without rows of an interval that isn't over."""
    dataset = Dataset(contract, manifest)
    with duckdb.connect("warehouse/warehouse.duckdb") as con:
        built = staged_models(con, dataset)
        if contract.appends:
            con.execute("DELETE FROM curated.study WHERE seen >= '2026-03-05'")
        overlap = built.rows("overlap")[0]
    attempts.keep(Path(), facts(dataset, "warehouse.diagnostics.study_scores", overlap))


def curated(contract: Contract, manifest: Manifest) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        staged_models(con, Dataset(contract, manifest))
        return con.execute(f"SELECT * FROM curated.{contract.name} ORDER BY row_id").fetchall()  # noqa: S608


@pytest.mark.parametrize("kind", campaign(["set aside", "appended"], list(PARENTS)))
def test_the_rows_are_those_that_were_scored_within_the_bounds(tmp_path: Path, kind: str) -> None:
    with house(tmp_path, kind) as contracts:
        parent = contracts["study"]
        manifest = ingest(Path(), contracts, "study").manifest
        assert (manifest.rejected != {}) == (kind == "set aside")
        scored(parent, manifest)
        path = Path("contracts/narrow.yaml")
        path.write_text(trimmed_contract(parent, "narrow", 0.1))
        contracts = load_all(Path("contracts"))
        landed = trimmed.land(Path(), contracts, "narrow").manifest
        found = curated(contracts["narrow"], landed)
        columns = ", ".join(f'"{name}"' for name in ("row_id", *parent.types))
        with duckdb.connect("warehouse/warehouse.duckdb", read_only=True) as con:
            query = f"SELECT {columns} FROM diagnostics.study_scores WHERE ps_hat BETWEEN 0.1 AND 0.9 ORDER BY row_id"  # noqa: S608
            expected = con.execute(query).fetchall()
            ((rows,),) = con.execute("SELECT count(*) FROM curated.study").fetchall()
        assert found == expected
        assert 300 < len(found) < rows
        assert landed.trim is not None
        assert (landed.rows, landed.trim.rows) == (len(found), rows)
        assert trimmed.land(Path(), contracts, "narrow").manifest == landed


@pytest.mark.skipif(campaign(True, False), reason="two plans a parent: part of the soak")
@pytest.mark.parametrize("kind", ["set aside", "appended"])
def test_the_whole_way_to_postgresql(
    project: Project, database: Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The trim has faces of its own, which move when newer scores of the other data set give other rows."""
    monkeypatch.setenv("PG_DSN", database.dsn)
    with house(project.root, kind):
        parent = project.contract("study")
        parent.write_text(parent.read_text() + "gates: {overlap_share: 0.3, smd: {fail: 0.3}}\n")
        assert project.ciq("run").code == 0
        said = project.ciq("trim", "study", "--alpha", "0.1", "--name", "narrow")
        assert said.code == 0, said.err
        report = json.loads(Path("artifacts/narrow/report.json").read_text())
        shown = "SELECT count(*), min(ps_hat) FROM api.{}_causal_ready"
        ((whole, _), (kept, lowest)) = (execute(database, shown.format(name))[0] for name in ("study", "narrow"))
        assert (report["rows"], report["population"]["rows"]) == (kept, whole)
        assert kept < whole
        assert report["published"]["views"][0] == "api.narrow_balance"
        ids = "SELECT row_id FROM api.{}_causal_ready"
        assert execute(database, f"{ids.format('narrow')} EXCEPT {ids.format('study')}") == []
        assert lowest > 0.02
        more = files(kind)["study_3.csv"].replace("3|", "4|").replace("2026-03-04", "2026-03-03")
        project.raw("study_4.csv", more)
        said = project.ciq("run")
        assert said.code == 0, said.err
        assert execute(database, shown.format("narrow"))[0][0] > kept
