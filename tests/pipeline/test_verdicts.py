"""What a whole run says of data sets that are good, hopeless or nearly so, all of them run together."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from verdict_studies import CONTRACTS, ROWS, columns_of, text_of
from whole_project import ROOT, lay_out, run_in

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Ran:
    """A project after its run, with what the run said."""

    root: Path
    code: int
    out: list[str]
    err: list[str]

    def said(self, dataset: str) -> str:
        """The line of results of a data set."""
        (line,) = (line for line in self.out if line.startswith(f"{dataset}: "))
        return line

    def causes(self, dataset: str) -> dict[str, str]:
        """Rule to the message that it gave for a data set, on stderr."""
        lines = [line for line in self.err if f" {dataset}: " in line]
        return {rule: line for line in lines for rule in [line.partition(f" {dataset}: ")[0].split()[-1]]}

    def metrics(self, dataset: str) -> dict[str, Any]:
        """overlap_metrics.json."""
        text = (self.root / "artifacts" / dataset / "overlap_metrics.json").read_text()
        metrics: dict[str, Any] = json.loads(text)
        return metrics

    def gate(self, dataset: str, gate: str) -> str:
        """The verdict of one gate."""
        (verdict,) = (found["verdict"] for found in self.metrics(dataset)["gates"] if found["gate"] == gate)
        return str(verdict)

    def balance(self, dataset: str) -> dict[str, dict[str, str]]:
        """love_metrics.csv, by covariate."""
        with (self.root / "artifacts" / dataset / "love_metrics.csv").open(newline="") as stream:
            return {row["covariate"]: row for row in csv.DictReader(stream)}

    def published(self, dataset: str) -> Path:
        """causal_ready.parquet."""
        return self.root / "data" / "processed" / dataset / "causal_ready.parquet"

    def columns(self, dataset: str) -> dict[str, Vector]:
        """The numbers of causal_ready.parquet as doubles, NaN where missing."""
        with duckdb.connect() as con:
            relation = con.read_parquet(str(self.published(dataset)))
            numeric = [name for name, kind in zip(relation.columns, relation.types, strict=True) if kind != "VARCHAR"]
            chosen = ", ".join(f'COALESCE(CAST("{name}" AS DOUBLE), \'nan\') AS "{name}"' for name in numeric)
            return dict(relation.project(chosen).fetchnumpy())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    root = tmp_path_factory.mktemp("verdicts")
    lay_out(root)
    for name, contract in CONTRACTS.items():
        (root / "contracts" / f"{name}.yaml").write_text(contract)
        (root / "data" / "raw" / f"{name}.csv").write_text(text_of(columns_of(name)))
    example = ROOT / "examples" / "lalonde"
    contract = (example / "contracts" / "lalonde.yaml").read_text()
    assert contract.count("estimand: ATE") == 1
    (root / "contracts" / "lalonde.yaml").write_text(contract.replace("estimand: ATE", "estimand: ATT"))
    (root / "data" / "raw" / "lalonde.csv").write_bytes((example / "data" / "raw" / "lalonde.csv").read_bytes())
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = run_in(root)
    return Ran(root, code, out.getvalue().splitlines(), err.getvalue().splitlines())


def test_one_refusal_decides_the_exit_code_and_stops_no_other(ran: Ran) -> None:
    assert ran.code == 1
    refused = {line.partition(":")[0] for line in ran.out if ": refused" in line}
    published = {line.partition(":")[0] for line in ran.out if ": published" in line}
    assert refused == {"hopeless", "crowded"}
    assert published == {"trial", "gaps", "lalonde"}


def test_a_randomised_trial_passes(ran: Ran) -> None:
    assert ran.said("trial").startswith(f"trial: published, pass, {ROWS:,} rows, ")
    assert ran.causes("trial") == {}
    metrics = ran.metrics("trial")
    assert metrics["verdict"] == "pass"
    assert {gate["verdict"] for gate in metrics["gates"]} == {"pass"}
    assert metrics["overlap"] == 1


def test_a_bool_treatment_keeps_its_type_and_counts_as_1_and_0(ran: Ran) -> None:
    given = columns_of("trial")["treated"].count("true")
    metrics = ran.metrics("trial")
    assert (metrics["n_treated"], metrics["n_control"]) == (given, ROWS - given)
    with duckdb.connect() as con:
        relation = con.read_parquet(str(ran.published("trial")))
        assert dict(zip(relation.columns, map(str, relation.types), strict=True))["treated"] == "BOOLEAN"
        assert relation.filter("treated").count("*").fetchone() == (given,)


def test_without_a_number_balance_has_the_levels(ran: Ran) -> None:
    balance = ran.balance("trial")
    assert set(balance) == {"region_a", "region_b", "region_c", "clinic_west"}
    assert {row["type"] for row in balance.values()} == {"binary"}
    assert {row["variance_ratio_atc"] for row in balance.values()} == {""}
    columns = columns_of("trial")
    treated = np.array(columns["treated"]) == "true"
    west = np.array(columns["clinic"]) == "west"
    assert float(balance["clinic_west"]["mean_treated"]) == pytest.approx(west[treated].mean(), abs=1e-12)
    assert float(balance["clinic_west"]["mean_control"]) == pytest.approx(west[~treated].mean(), abs=1e-12)


def test_without_a_category_there_are_no_levels(ran: Ran) -> None:
    assert set(ran.balance("hopeless")) == {"age", "score", "twin"}
    assert ran.metrics("hopeless")["positivity"] == []
    assert ran.gate("hopeless", "positivity") == "pass"


def weighted_mean_and_variance(x: Vector, w: Vector) -> tuple[float, float]:
    """cobalt's col.w.v: the sum of w (x - m)^2 over 1 - the sum of w^2, weights summing to 1."""
    share = w / w.sum()
    mean = float(share @ x)
    return mean, float(share @ (x - mean) ** 2 / (1 - share @ share))


def test_missing_numbers_are_judged_on_observed_rows_and_by_an_indicator(ran: Ran) -> None:
    columns, balance = ran.columns("gaps"), ran.balance("gaps")
    t, e, dose = columns["treated"], columns["ps_hat"], columns["dose"]
    missing = np.isnan(dose)
    assert 100 < missing.sum() < 300
    weights = {"unadjusted": np.ones(ROWS), "ate": np.where(t == 1, 1 / e, 1 / (1 - e))}
    arms = [(t == 1) & ~missing, (t == 0) & ~missing]
    pooled = np.sqrt(sum(dose[arm].var(ddof=1) for arm in arms) / 2)
    shares = [missing[t == arm].mean() for arm in (1, 0)]
    indicator = np.sqrt(sum(share * (1 - share) for share in shares) / 2)
    for weighting, w in weights.items():
        (m1, v1), (m0, v0) = (weighted_mean_and_variance(dose[arm], w[arm]) for arm in arms)
        row, figures = balance["dose"], (f"smd_{weighting}", f"variance_ratio_{weighting}")
        assert [float(row[name]) for name in figures] == pytest.approx([(m1 - m0) / pooled, v1 / v0], rel=0, abs=1e-10)
        p1, p0 = (np.average(missing[t == arm], weights=w[t == arm]) for arm in (1, 0))
        row = balance["dose:<NA>"]
        assert float(row[f"smd_{weighting}"]) == pytest.approx((p1 - p0) / indicator, rel=0, abs=1e-10)
        assert float(row[f"ks_{weighting}"]) == pytest.approx(abs(p1 - p0), rel=0, abs=1e-10)
    assert int(balance["dose"]["n_treated"]) == arms[0].sum()
    assert int(balance["dose:<NA>"]["n_treated"]) == (t == 1).sum()
    assert balance["dose:<NA>"]["type"] == "binary"


def test_the_score_with_gaps_is_the_maximum_of_the_likelihood(ran: Ran) -> None:
    """Of a logit on each number, filled where it is missing, on its indicator and on the levels."""
    columns = ran.columns("gaps")
    t, e, dose = columns["treated"], columns["ps_hat"], columns["dose"]
    missing = np.isnan(dose)
    clinic = np.array(columns_of("gaps")["clinic"])[columns["unit"].astype(int)]
    ones, filled = np.ones(ROWS), np.where(missing, 4.0, dose)
    levels = [clinic == level for level in ("west", "tiny")]
    design = np.column_stack([ones, columns["age"], columns["urban"], filled, missing, *levels])
    assert design.T @ (t - e) / ROWS == pytest.approx(np.zeros(design.shape[1]), abs=1e-8)
    # A score of 1 - 1e-12, in the level that is all treated, has lost the digits of its logit.
    kept = clinic != "tiny"
    logit, rest = np.log(e / (1 - e))[kept], design[kept][:, :-1]
    residual = logit - rest @ np.linalg.lstsq(rest, logit, rcond=None)[0]
    assert np.abs(residual).max() < 1e-9


def test_a_number_that_separates_is_refused_by_name_and_said_once(ran: Ran) -> None:
    """What the separated fit makes of overlap, balance and scores is in the table, and follows from it."""
    gates = {gate["gate"]: gate for gate in ran.metrics("hopeless")["gates"]}
    assert gates["separation"]["verdict"] == gates["fit_invariant"]["verdict"] == gates["balance"]["verdict"] == "fail"
    assert re.fullmatch(r"score from -1\.\d+ to 1\.\d+", gates["separation"]["subject"])
    following = {name for name, gate in gates.items() if gate["follows_from"]}
    assert {gates[name]["follows_from"] for name in following} == {"leakage_treatment"}
    assert {"separation", "fit_invariant", "overlap_share", "balance"} <= following
    assert set(ran.causes("hopeless")) == {"G306", "G341"}
    message = ran.causes("hopeless")["G341"]
    assert message.startswith("data/raw/hopeless.csv: G341 ")
    assert f": score 1.0 in {ROWS} rows, such as " in message


def test_a_collinear_number_is_refused_with_what_determines_it(ran: Ran) -> None:
    assert ran.gate("hopeless", "collinear") == "fail"
    assert ran.causes("hopeless")["G306"].endswith(": twin is determined by age")


def test_a_covariate_of_too_many_levels_is_refused_before_the_fit(ran: Ran) -> None:
    said = "G322 crowded: street has 1,200 levels, must be at most 1,000"
    assert ran.causes("crowded") == {"G322": said}
    assert ran.metrics("crowded")["verdict"] == "fail"


def test_what_is_refused_is_described_and_not_published(ran: Ran) -> None:
    assert ran.said("hopeless") == ("hopeless: refused; nothing of it is published; see artifacts/hopeless/report.html")
    assert not ran.published("hopeless").parent.exists()
    metrics = ran.metrics("hopeless")
    assert metrics["verdict"] == "fail"
    assert metrics["overlap"] < 0.05
    assert any("G341" in problem for problem in metrics["problems"])
    assert "# hopeless: fail" in (ran.root / "artifacts" / "hopeless" / "quality_report.md").read_text()


def test_a_collinear_number_is_dropped_on_demand_with_a_warning(ran: Ran) -> None:
    assert ran.said("gaps").startswith("gaps: published, warn, ")
    assert ran.gate("gaps", "collinear") == "warn"
    message = ran.causes("gaps")["G306"]
    assert message.startswith("warning: ")
    assert message.endswith(": twin is determined by age")
    assert {"age", "twin"} <= set(ran.balance("gaps"))
    assert {"age", "twin"} <= set(ran.columns("gaps"))


def test_a_small_level_with_one_arm_is_published_with_a_warning(ran: Ran) -> None:
    assert ran.gate("gaps", "positivity") == "pass"
    assert ran.gate("gaps", "separation") == "pass"
    assert ran.gate("gaps", "positivity_small_levels") == "warn"
    message = ran.causes("gaps")["G303"]
    assert message.startswith("warning: ")
    assert message.endswith(": clinic = 'tiny': 8 rows, all treated")
    report = (ran.root / "artifacts" / "gaps" / "quality_report.md").read_text()
    assert "| clinic | tiny | 8 | 0 |" in report


def test_lalonde_under_att_is_published_with_a_warning(ran: Ran) -> None:
    assert ran.said("lalonde").startswith("lalonde: published, warn, 614 rows, ")
    assert ran.metrics("lalonde")["verdict"] == "warn"
    assert ran.gate("lalonde", "balance") == "warn"
    worst = {name: abs(float(row["smd_att"])) for name, row in ran.balance("lalonde").items()}
    name = max(worst, key=worst.__getitem__)
    assert round(worst[name], 3) == 0.119
    message = ran.causes("lalonde")["G315"]
    assert message.startswith("warning: ")
    assert f": {name} " in message


WEIGHTS = {"gaps": "ATE", "lalonde": "ATT", "trial": "ATC"}


@pytest.mark.parametrize("dataset", WEIGHTS)
def test_weights_are_those_of_the_estimand(ran: Ran, dataset: str) -> None:
    columns = ran.columns(dataset)
    t, e = columns["treat" if dataset == "lalonde" else "treated"], columns["ps_hat"]
    formulas = {
        "ATE": np.where(t == 1, 1 / e, 1 / (1 - e)),
        "ATT": np.where(t == 1, 1, e / (1 - e)),
        "ATC": np.where(t == 1, (1 - e) / e, 1),
    }
    assert ran.metrics(dataset)["estimand"] == WEIGHTS[dataset]
    assert columns["weight"] == pytest.approx(formulas[WEIGHTS[dataset]], rel=1e-14)
