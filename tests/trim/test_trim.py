"""A trim is a data set of its own: own rows, own fit, own gates, and it says which population it describes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from whole_project import ROOT, Project, lay_out

EXAMPLE = ROOT / "examples" / "lalonde"
COVARIATES = ["age", "educ", "married", "nodegree", "re74", "re75", "race_hispan", "race_white"]
SAID = "rows of lalonde with 0.0928 <= e <= 0.9072 in the untrimmed sample: 354 of 614"


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """LaLonde's comparison, refused, and its trim."""
    from click.testing import CliRunner

    from ciq.cli.main import cli
    from ciq.cli.runs import run_datasets

    root = tmp_path_factory.mktemp("trim")
    lay_out(root)
    with contextlib.chdir(root):
        Project(root, None).ship("lalonde", EXAMPLE)  # type: ignore[arg-type]  # nothing is printed here
        assert run_datasets(Path(), ()) == 1
        trimmed = CliRunner().invoke(cli, ["trim", "lalonde"], catch_exceptions=False)
        assert trimmed.exit_code == 0, trimmed.output
        assert f"lalonde_trimmed: published, pass, 354 rows, {ready(Path())}; {SAID}" in trimmed.stdout
    yield root


def ready(root: Path, name: str = "lalonde_trimmed") -> Path:
    return root / "data" / "processed" / name / "causal_ready.parquet"


def scored(rows: pd.DataFrame) -> np.ndarray:
    design = sm.add_constant(rows[COVARIATES].astype(float))
    return np.asarray(sm.GLM(rows["treat"], design, family=sm.families.Binomial()).fit(tol=1e-12).predict(design))


def test_the_rows_and_their_scores_are_those_of_a_refit_by_statsmodels(published: Project) -> None:
    raw = pd.read_csv(published.root / "data" / "raw" / "lalonde.csv")
    raw = raw.join(pd.get_dummies(raw["race"], prefix="race", dtype=int))
    alpha = json.loads((published.root / "artifacts/lalonde/report.json").read_text())["overlap"]["crump_alpha"]
    e = scored(raw)
    kept = raw[(e >= alpha) & (e <= 1 - alpha)].reset_index(drop=True)
    built = pd.read_parquet(ready(published.root))
    same = ["treat", "re78", "age", "educ", "race", "married", "nodegree", "re74", "re75"]
    # Equal rows are different people: in this order those of both sides stand side by side.
    kept["e"] = scored(kept)
    left, right = (
        rows.sort_values([*same, score]).reset_index(drop=True) for rows, score in ((kept, "e"), (built, "ps_hat"))
    )
    pd.testing.assert_frame_equal(left[same], right[same], check_dtype=False)
    assert np.abs(left["e"] - right["ps_hat"]).max() < 1e-9
    weight = np.where(right["treat"] == 1, 1 / right["ps_hat"], 1 / (1 - right["ps_hat"]))
    np.testing.assert_allclose(right["weight"], weight, rtol=1e-12)


def test_rows_keep_their_ids_and_the_untrimmed_set_stays_refused(published: Project) -> None:
    trim = json.loads((published.root / "data/staged/lalonde_trimmed/manifest.json").read_text())["trim"]
    table = trim["scores"].partition(".")[2].replace(".", '"."')
    with duckdb.connect(str(published.root / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
        (strangers,) = con.execute(
            f'SELECT count(*) FROM read_parquet(?) ANTI JOIN (SELECT row_id FROM "{table}" WHERE ps_hat BETWEEN ? AND ?) USING (row_id)',  # noqa: E501, S608
            [str(ready(published.root)), trim["alpha"], 1 - trim["alpha"]],
        ).fetchall()[0]
    assert strangers == 0
    assert (trim["of"], trim["rows"]) == ("lalonde", 614)
    assert not ready(published.root, "lalonde").exists()


def test_every_document_says_the_population(published: Project) -> None:
    with duckdb.connect() as con:
        said = dict(
            con.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(ready(published.root))]).fetchall()
        )
    assert said[b"ciq_population"].decode() == SAID
    folder = published.root / "artifacts" / "lalonde_trimmed"
    metrics = json.loads((folder / "overlap_metrics.json").read_text())
    parent = json.loads((published.root / "data/staged/lalonde/manifest.json").read_text())
    assert metrics["population"]["of_version"] == parent["version"]
    assert metrics["sources"][0]["path"] == "data/raw/lalonde.csv"
    for name in ("quality_report.md", "report.html"):
        assert "is from 0.0928 to 0.9072, 354 of 614" in (folder / name).read_text()


def test_the_refusal_promised_what_the_trim_became(published: Project) -> None:
    before, after = (
        json.loads((published.root / "artifacts" / name / "report.json").read_text())
        for name in ("lalonde", "lalonde_trimmed")
    )
    trim = before["advice"]["trim"]
    assert (trim["verdict"], trim["n"]) == (after["verdict"], after["rows"]) == ("pass", 354)
    for figure, there in (("overlap_share", "overlap_share"), ("ess_treated", "ess_ate_treated")):
        assert trim[figure] == pytest.approx(after["overlap"][there], rel=1e-9)
    assert trim["max_smd"] == pytest.approx(max(abs(row["smd_ate"]) for row in after["balance"]), abs=1e-9)
    assert "`ciq trim lalonde` makes them a data set of their own" in before["problems"][0]["help"]


def test_nothing_new_and_no_contract_is_written_over(published: Project) -> None:
    contract = published.contract("lalonde_trimmed")
    text = contract.read_text()
    again = published.ciq("trim", "lalonde")
    assert (again.code, again.out) == (0, "lalonde_trimmed: nothing new\n")
    other = published.ciq("trim", "lalonde", "--alpha", "0.2")
    assert other.code == 2
    assert "E452 lalonde_trimmed is there already and trims lalonde at crump" in other.err
    assert "E451 lalonde_trimmed is trimmed itself" in published.ciq("trim", "lalonde_trimmed").err
    assert "E451 nobody is no data set of this project" in published.ciq("trim", "nobody").err
    assert published.ciq("trim", "lalonde", "--alpha", "0.5").code == 2
    assert contract.read_text() == text
    assert "lalonde_trimmed: published" in published.ciq("status").out


def test_other_scores_wait_and_missing_ones_refuse(published: Project) -> None:
    """A newer file of the untrimmed set has no scores until it is run; what is published of the trim stays."""
    raw = published.root / "data" / "raw" / "lalonde.csv"
    raw.write_text("".join(raw.read_text().splitlines(keepends=True)[:-1]))
    assert published.ciq("ingest", "lalonde").code == 0
    refused = published.ciq("ingest", "lalonde_trimmed")
    assert refused.code == 1
    assert "G370 lalonde_trimmed: lalonde has no scores of what is staged of it" in refused.err
    assert ready(published.root).exists()
