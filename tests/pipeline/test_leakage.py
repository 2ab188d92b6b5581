"""Covariates that follow from treatment or outcome, each refused by its own rule."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pytest
from campaign.trial import Judged, judge
from whole_project import Project

ROWS = 600
CONTRACT = """\
id_col: unit
time_col: at
treatment_col: treated
outcome_col: y
covariate_cols: [age, extra, channel]
types: {unit: int64, at: datetime, treated: int8, y: float64, age: int16, extra: float64, channel: category,
        seen: datetime}
"""
CONTRACTS = {
    "late": CONTRACT + "columns: {extra: {available_at: seen}}\n",
    "proxy": CONTRACT,
    "tolerated": CONTRACT + "leakage: {treatment: warn}\n",
    "recorded": CONTRACT,
    "ended": CONTRACT + "leakage: {outcome: fail}\n",
    "warned": CONTRACT + "columns: {age: {available_at: seen}}\n",
    "channels": CONTRACT,
}


def rows(name: str) -> str:
    """A randomised study, but for what the name says."""
    random = np.random.default_rng(5)
    lines = ["unit,at,treated,y,age,extra,channel,seen"]
    for unit in range(ROWS):
        treated, age = int(random.random() < 0.5), int(random.integers(20, 80))
        y = round(age / 10 + treated + random.normal(), 4)
        value, channel, seen = round(random.normal(), 3), "abc"[int(random.integers(0, 3))], "2026-10-01 09:59:59"
        match name:
            case "late" if unit in (7, 8, 9, 400):
                seen = "2026-10-01 10:00:01"
            case "proxy" | "tolerated":
                value = round(3.8 * treated + value, 3)
            case "recorded":
                value = value if treated else ""
            case "ended" | "warned":
                value = round(2 * y + value / 5, 4)
            case "channels":
                channel = "ab"[unit % 2] if treated else "cd"[unit % 2]
        if name == "warned" and unit in (7, 8):
            seen = ""
        lines.append(f"{unit},2026-10-01 10:00:00,{treated},{y},{age},{value},{channel},{seen}")
    return "\n".join(lines) + "\n"


def table(name: str) -> pa.Table:
    return pc.read_csv(io.BytesIO(rows(name).encode()))


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return {name: judge(name, contract, table(name)) for name, contract in CONTRACTS.items()}


def test_a_value_from_after_the_rows_time_is_refused_with_count_and_rows(project: Project) -> None:
    """In a whole run."""
    project.add("late", CONTRACTS["late"], rows("late"))
    said = project.ciq("run")
    assert said.code == 1
    (message,) = (line for line in said.err.splitlines() if not line.startswith("  help"))
    assert message.startswith("data/raw/late.csv: G340 late: ")
    assert "leakage_time is 4, must be at most 0: extra, known at seen: 4 rows, such as " in message
    assert message.count(" at 2026-10-01 10:00:00, known 2026-10-01 10:00:01") == 3
    metrics = json.loads((project.root / "artifacts" / "late" / "overlap_metrics.json").read_text())
    (late,) = metrics["availability"]
    assert (late["covariate"], late["available_at"], late["n"]) == ("extra", "seen", 4)
    assert {row.split(" at ")[0] for row in late["sample"].split("; ")} <= {"7", "8", "9", "400"}
    assert {row["covariate"] for row in metrics["leakage"]} == {"age", "extra", "channel"}
    assert not (project.root / "data" / "processed" / "late").exists()


def test_a_value_whose_time_is_missing_is_warned_of_with_count_and_rows(judged: dict[str, Judged]) -> None:
    message = judged["warned"].warned["G346"].message
    assert "leakage_time_missing is 2, must be at most 0: age, whose seen is missing: 2 rows, such as " in message
    assert {row.split(" at ")[0] for row in message.rpartition("such as ")[2].split("; ")} == {"7", "8"}
    assert "G346" not in judged["late"].warned


def test_a_covariate_that_tells_the_treatment_is_refused_and_said_once(judged: dict[str, Judged]) -> None:
    assert set(judged["proxy"].refused) == {"G341"}
    message = judged["proxy"].refused["G341"].message
    assert ": extra 0.99" in message
    assert f" in {ROWS} rows, such as " in message
    gates = {gate["gate"]: gate for gate in judged["proxy"].rows("gates")}
    assert (gates["overlap_share"]["verdict"], gates["overlap_share"]["follows_from"]) == ("fail", "leakage_treatment")


def test_where_the_contract_only_warns_its_consequences_are_said(judged: dict[str, Judged]) -> None:
    assert "G341" in judged["tolerated"].warned
    assert "G308" in judged["tolerated"].refused


def test_a_value_recorded_for_one_arm_alone_is_refused(judged: dict[str, Judged]) -> None:
    assert set(judged["recorded"].refused) == {"G342"}
    message = judged["recorded"].refused["G342"].message
    assert f": extra:<NA> 1.0 in {ROWS} rows, such as observed (treated" in message


def test_a_covariate_that_tells_the_outcome_fails_or_warns(judged: dict[str, Judged]) -> None:
    assert set(judged["ended"].refused) == {"G344"}
    assert ": extra 0.99" in judged["ended"].refused["G344"].message
    assert judged["warned"].refused == {}
    assert "G344" in judged["warned"].warned


def test_levels_that_together_tell_the_treatment_are_named_by_their_covariate(judged: dict[str, Judged]) -> None:
    """No level is all of an arm, so that no indicator by itself has an AUC over 0.99."""
    assert set(judged["channels"].refused) == {"G341"}
    assert ": channel 1.0 " in judged["channels"].refused["G341"].message
    gates = {gate["gate"]: gate for gate in judged["channels"].rows("gates")}
    assert (gates["positivity"]["verdict"], gates["positivity"]["follows_from"]) == ("fail", "leakage_treatment")


def auc(x: np.ndarray, t: np.ndarray) -> float:
    return float((np.sign(x[t == 1][:, None] - x[t == 0][None, :]) / 2 + 0.5).mean())


def test_the_figures_are_those_of_the_definitions(judged: dict[str, Judged]) -> None:
    leakage = {row["covariate"]: row for row in judged["warned"].rows("leakage")}
    columns = {
        name: column.to_numpy() for name, column in zip(table("warned").column_names, table("warned"), strict=True)
    }
    t, y, channel = columns["treated"], columns["y"], columns["channel"]
    for name in ("age", "extra"):
        x, row = columns[name].astype(float), leakage[name]
        assert row["auc_treatment"] == pytest.approx(max(auc(x, t), 1 - auc(x, t)), rel=0, abs=1e-12)
        assert row["correlation_treatment"] == pytest.approx(abs(np.corrcoef(x, t)[0, 1]), rel=0, abs=1e-12)
        assert row["r2_outcome"] == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=0, abs=1e-12)
        assert row["auc_outcome"] is None
    groups = [y[channel == level] for level in "abc"]
    between = sum(len(group) * (group.mean() - y.mean()) ** 2 for group in groups)
    assert leakage["channel"]["r2_outcome"] == pytest.approx(between / ((y - y.mean()) ** 2).sum(), rel=0, abs=1e-12)
    shares = {level: t[channel == level].mean() for level in "abc"}
    ranked = np.array([shares[level] for level in channel])
    assert leakage["channel"]["auc_treatment"] == pytest.approx(auc(ranked, t), rel=0, abs=1e-12)
