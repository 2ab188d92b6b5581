"""The published files of a run: their names, their precision and where they say that they come from."""

from __future__ import annotations

import csv
import hashlib
import html
import json
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest
from promised import AT_LEAST, FIGURES, NAMED, THRESHOLDS
from visits import CONTRACT, ROWS, rows
from whole_project import lay_out, run_in

from ciq.pipeline.artifacts import LOVE_COLUMNS, love_metrics, write_report
from ciq.report.record import SCHEMA, from_json


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after a run in which one data set was published and another was refused at ingest."""
    root = tmp_path_factory.mktemp("artifacts")
    lay_out(root)
    good = rows()
    for name, content in {"visits": good, "broken": good.replace("\n5,", "\nfive,")}.items():
        (root / "contracts" / f"{name}.yaml").write_text(CONTRACT)
        (root / "data" / "raw" / f"{name}.csv").write_text(content)
    assert run_in(root) == 1
    return root


def metrics_of(root: Path, dataset: str = "visits") -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = (root / "artifacts" / dataset / "overlap_metrics.json").read_text()
    metrics: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return metrics


def love_of(root: Path, dataset: str = "visits") -> list[dict[str, str]]:
    with (root / "artifacts" / dataset / "love_metrics.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def warehouse(root: Path, query: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(root / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
        cursor = con.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_artifacts_are_these_and_drawings_come_with_figures_only(root: Path) -> None:
    always = {"love_metrics.csv", "overlap_metrics.json", "quality_report.md", "report.html", "report.json"}
    for dataset, drawn in {"visits": {"love_plot.svg", "propensity.svg", "versions"}, "broken": set()}.items():
        assert {path.name for path in (root / "artifacts" / dataset).iterdir()} == always | drawn


def test_report_tells_what_the_models_hold(root: Path) -> None:
    record = json.loads((root / "artifacts" / "visits" / "report.json").read_text())
    jsonschema.validate(record, json.loads(SCHEMA.read_text()))
    bins = warehouse(
        root,
        """FROM diagnostics.visits_scores SELECT CAST(least(floor(ps_hat * 40), 39) AS INT) AS bin,
        count(*) FILTER (treated = 1) AS n_treated, count(*) FILTER (treated = 0) AS n_control GROUP BY ALL""",
    )
    assert sorted(record["histogram"], key=lambda row: row["bin"]) == sorted(bins, key=lambda row: row["bin"])
    gaps = {row["name"]: (row["missing_treated"], row["missing_control"]) for row in record["missing"]}
    assert gaps["age"] == (1, 1)
    assert {name for name, found in gaps.items() if found != (0, 0)} == {"age"}
    assert {row["n_treated"] + row["n_control"] for row in record["missing"]} == {ROWS}
    assert record["published"]["source_version"] == record["source_version"]
    assert record["published"]["snapshot"] == record["snapshot"]
    assert (root / record["published"]["path"]).is_file()
    assert (root / record["staged"]).is_file()


def test_documents_are_written_again_from_their_record(root: Path, tmp_path: Path) -> None:
    for dataset in ("visits", "broken"):
        folder = root / "artifacts" / dataset
        facts = from_json((folder / "report.json").read_text())
        write_report(tmp_path / dataset, facts, "en")
        for path in (tmp_path / dataset).iterdir():
            assert path.read_bytes() == (folder / path.name).read_bytes()


def test_love_metrics_has_the_columns_that_others_rely_on(root: Path) -> None:
    header = list(love_of(root)[0])
    assert [name for name in header if name in NAMED] == NAMED
    others = {"smd_unadjusted_att", "p_unadjusted", "p_weighted", "n_treated", "n_control", "ks_bound"}
    assert set(header) - set(NAMED) == others


def test_love_metrics_has_a_row_per_covariate_and_level(root: Path) -> None:
    types = {row["covariate"]: row["type"] for row in love_of(root)}
    assert types == {
        "age": "continuous",
        "age:<NA>": "binary",
        "dose, mg": "continuous",
        "region_EAST": "binary",
        "region_NORTH": "binary",
        "region_SOUTH": "binary",
    }


def test_love_metrics_keeps_every_digit(root: Path) -> None:
    built = {row["covariate"]: row for row in warehouse(root, "FROM diagnostics.visits_balance")}
    love = love_of(root)
    assert len(love) == len(built)
    floats = 0
    for row in love:
        for name, text in row.items():
            value = built[row["covariate"]][name]
            if isinstance(value, float):
                assert text == repr(value)
                assert float(text) == value
                floats += 1
            else:
                assert text == ("" if value is None else str(value))
    assert floats > 100


def test_love_metrics_gives_no_formula_to_a_spreadsheet() -> None:
    names = ["=1+1", "+a", "-a", "@a", "a=1", "a-1"]
    balance = tuple({**dict.fromkeys(LOVE_COLUMNS, -0.5), "covariate": name, "type": "binary"} for name in names)
    found = {row[0]: row[2] for row in csv.reader(love_metrics(balance).splitlines()[1:])}
    assert found == dict.fromkeys(["'=1+1", "'+a", "'-a", "'@a", "a=1", "a-1"], "-0.5")


def test_overlap_metrics_has_the_figures_of_the_model(root: Path) -> None:
    metrics = metrics_of(root)
    (built,) = warehouse(root, "FROM diagnostics.visits_overlap")
    assert set(built) >= FIGURES
    assert {name: metrics[name] for name in built} == built
    assert metrics["overlap"] == built["overlap_share"]
    assert metrics["tails"] == {"lt_0_01": built["tail_lt_001"], "gt_0_99": built["tail_gt_099"]}


def test_overlap_metrics_has_each_gate_once_with_its_default_threshold(root: Path) -> None:
    metrics = metrics_of(root)
    gates = {gate["gate"]: gate for gate in metrics["gates"]}
    assert len(gates) == len(metrics["gates"])
    assert {name: gate["threshold"] for name, gate in gates.items()} == pytest.approx(THRESHOLDS)
    assert {gate["verdict"] for gate in gates.values()} <= {"pass", "warn"}
    for gate in gates.values():
        assert set(gate) >= {"gate", "value", "threshold", "verdict"}
        assert gate["comparison"] == (">=" if gate["gate"] in AT_LEAST else "<=")
    for name in ("overlap_share", "tail_lt_001", "tail_gt_099", "equipoise", "auc"):
        assert gates[name]["value"] == metrics[name]
    worst = max(abs(float(row["smd_ato"])) for row in love_of(root))
    assert gates["balance"]["value"] == worst
    shares = [metrics[f"ess_ato_{arm}"] / metrics[f"n_{arm}"] for arm in ("treated", "control")]
    assert gates["ess_share"]["value"] == min(shares)


def test_overlap_metrics_says_where_it_comes_from(root: Path) -> None:
    metrics = metrics_of(root)
    manifest = json.loads((root / "data" / "staged" / "visits" / "manifest.json").read_text())
    assert metrics["dataset"] == "visits"
    assert metrics["verdict"] == "pass"
    assert metrics["estimand"] == "ATO"
    assert metrics["contract_version"] == "2.1.0"
    assert metrics["source_version"] == manifest["version"]
    assert metrics["problems"] == []
    (source,) = metrics["sources"]
    raw = root / "data" / "raw" / "visits.csv"
    assert (source["path"], source["bytes"]) == ("data/raw/visits.csv", raw.stat().st_size)
    assert source["sha256"] == hashlib.sha256(raw.read_bytes()).hexdigest()


def test_the_snapshot_is_the_one_that_prod_shows(root: Path) -> None:
    (view,) = warehouse(root, "SELECT sql FROM duckdb_views() WHERE schema_name = 'features'")
    assert f"sqlmesh__features.visits__{metrics_of(root)['snapshot']}" in view["sql"]


def test_positivity_counts_levels_and_segments(root: Path) -> None:
    counts = {(row["covariate"], row["level"]): row for row in metrics_of(root)["positivity"]}
    assert set(counts) == {("region", "EAST"), ("region", "NORTH"), ("region", "SOUTH"), ("site", "a"), ("site", "b")}
    assert sum(row["n"] for (covariate, _), row in counts.items() if covariate == "region") == ROWS
    assert all(row["n"] == row["n_treated"] + row["n_control"] for row in counts.values())


def test_quality_report_tells_it_all(root: Path) -> None:
    report = (root / "artifacts" / "visits" / "quality_report.md").read_text()
    metrics = metrics_of(root)
    assert report.startswith("# visits: pass\n\nEvery gate holds: the data set is published.\n\nVisits and the dose")
    for line in (
        "| Estimand | ATO |",
        f"| Rows | {ROWS} |",
        f"| Staged version | {metrics['source_version']} |",
        "| Contract | version 2.1.0 |",
        f"| SQLMesh snapshot | {metrics['snapshot']} |",
        "| age | sentinels | 2 |",
        "| dose, mg | fill | 3 |",
    ):
        assert f"\n{line}\n" in report
    for gate in THRESHOLDS:
        assert f"\n| {gate} | " in report
    balance = report.partition("## Balance\n")[2].partition("## ")[0]
    lines = [line for line in balance.splitlines() if line.startswith("| ")][2:]
    shown = [html.unescape(line.split(" | ")[0].removeprefix("| ")) for line in lines]
    by_size = sorted(love_of(root), key=lambda row: -abs(float(row["smd_unadjusted"])))
    assert shown == [row["covariate"] for row in by_size]


def test_causal_ready_has_roles_covariates_score_and_weight(root: Path) -> None:
    table = pq.read_table(root / "data" / "processed" / "visits" / "causal_ready.parquet")
    assert table.column_names == [
        *("row_id", "unit", "at", "treated", "y", "age", "dose, mg", "region", "site", "ps_hat", "weight")
    ]
    assert table.num_rows == ROWS
    assert len(set(table["row_id"].to_pylist())) == ROWS
    assert {table[name].null_count for name in ("row_id", "unit", "treated", "ps_hat", "weight", "dose, mg")} == {0}
    assert table["age"].null_count == 2
    assert set(table["region"].to_pylist()) == {"EAST", "NORTH", "SOUTH"}


def test_causal_ready_holds_what_prod_shows(root: Path) -> None:
    table = pq.read_table(root / "data" / "processed" / "visits" / "causal_ready.parquet")
    shown = warehouse(root, "FROM features.visits ORDER BY row_id")
    assert sorted(table.to_pylist(), key=lambda row: row["row_id"]) == shown


def test_causal_ready_is_stamped_as_the_artifacts_are(root: Path) -> None:
    metadata = pq.read_metadata(root / "data" / "processed" / "visits" / "causal_ready.parquet").metadata
    stamps = {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"ciq_")}
    metrics = metrics_of(root)
    assert stamps == {
        "ciq_dataset": "visits",
        "ciq_contract_version": metrics["contract_version"],
        "ciq_source_version": metrics["source_version"],
        "ciq_snapshot": metrics["snapshot"],
        "ciq_estimand": metrics["estimand"],
        "ciq_population": "",
    }


def test_overlap_weights_follow_from_the_score(root: Path) -> None:
    table = pq.read_table(root / "data" / "processed" / "visits" / "causal_ready.parquet")
    t, e, weight = (table[name].to_numpy() for name in ("treated", "ps_hat", "weight"))
    assert weight == pytest.approx(np.where(t == 1, 1 - e, e), rel=1e-14)
    assert e.mean() == pytest.approx(t.mean(), abs=1e-9)
    assert e.std() > 0.05


def test_what_is_refused_at_ingest_is_described_too(root: Path) -> None:
    metrics = metrics_of(root, "broken")
    assert metrics["verdict"] == "fail"
    assert (metrics["source_version"], metrics["snapshot"], metrics["overlap"], metrics["gates"]) == (
        None,
        None,
        None,
        [],
    )
    (problem,) = metrics["problems"]
    assert "data/raw/broken.csv:7: I203" in problem
    (source,) = metrics["sources"]
    raw = (root / "data" / "raw" / "broken.csv").read_bytes()
    assert (source["sha256"], source["bytes"]) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert love_of(root, "broken") == []
    assert (root / "artifacts" / "broken" / "love_metrics.csv").read_text() == ",".join(LOVE_COLUMNS) + "\n"
    report = (root / "artifacts" / "broken" / "quality_report.md").read_text()
    assert report.startswith("# broken: fail\n\nRefused: the last good version stays.\n")
    assert "## Why it was refused\n\n- data/raw/broken.csv:7: I203" in report
    assert not (root / "data" / "processed" / "broken").exists()
