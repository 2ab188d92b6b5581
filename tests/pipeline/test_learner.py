"""Gradient boosting in a project: published out of fold, with the figures that a frame has."""

from __future__ import annotations

import json

import duckdb
import pytest
from whole_project import Project

from ciq import frames
from ciq.contract import load

LOGISTIC = "propensity: {squares: [age, smokeintensity, smokeyrs, wt71]}"


def test_trees_are_published_out_of_fold(project: Project) -> None:
    project.ship("nhefs")
    path = project.contract("nhefs")
    path.write_text(path.read_text().replace(LOGISTIC, "propensity: {learner: gradient_boosting}"))
    said = project.ciq("run")
    assert said.code == 0, said.err
    with duckdb.connect() as connection:
        raw = connection.read_csv(str(project.root / "data" / "raw" / "nhefs.csv"))
        measured = frames.diagnostics(raw, load(path))
    (overlap,) = project.built("diagnostics.nhefs_overlap")
    assert measured.overlap == pytest.approx(overlap, rel=1e-12, abs=1e-12)
    published = dict(project.prod("SELECT row_id, ps_hat FROM features.nhefs"))
    scores = zip(measured.scores["row_id"].to_pylist(), measured.scores["ps_hat"].to_pylist(), strict=True)
    assert published == dict(scores)
    report = json.loads((project.root / "artifacts" / "nhefs" / "report.json").read_text())
    assert len(report["gates"]) == 25
    assert [row["bin"] for row in report["calibration"] if row["scores"] == "out_of_fold"] == list(range(1, 11))
    assert "Calibration" in (project.root / "artifacts" / "nhefs" / "report.html").read_text()
