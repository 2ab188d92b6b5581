"""What status says before, between and after runs, and what those runs say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from small_study import contents, rows
from whole_project import Project

from ciq.contract import load_all
from ciq.pipeline.run import run


def test_status_before_anything_ran(study: Project) -> None:
    before = contents(study.root)
    said = study.ciq("status")
    assert (said.code, said.out, said.err) == (0, "study: nothing published, newer files wait in data/raw\n", "")
    assert contents(study.root) == before


def test_status_of_what_is_staged_only(study: Project) -> None:
    version = study.ciq("ingest").out.split()[-1]
    assert study.ciq("status").out == f"study: nothing published, staged {version} waits for `ciq run`\n"


def test_run_of_bad_files_alone_needs_no_warehouse(study: Project) -> None:
    study.raw("study.csv", rows().replace("\n5,", "\nfive,"))
    said = study.ciq("run")
    assert said.code == 1
    assert "data/raw/study.csv:7: I203 unit 'five' " in said.err
    assert said.out == "study: refused; nothing of it is published; see artifacts/study/report.html\n"
    assert not list((study.root / "warehouse").glob("*.duckdb"))


@pytest.fixture(scope="module")
def published_once(met_a_stray: Path) -> Path:
    """A data set that was published in a run that met a stray file."""
    return met_a_stray


def test_a_stray_file_is_named_and_the_good_data_set_published(published_once: Path) -> None:
    assert (published_once / "code.txt").read_text() == "1"
    assert (published_once / "out.txt").read_text() == (
        "study: published, pass, 200 rows, data/processed/study/causal_ready.parquet\n"
    )
    (cause, help_) = (published_once / "err.txt").read_text().splitlines()
    assert cause.startswith("data/raw/stray.csv: F122 ")
    assert help_.startswith("  help: ")
    assert (published_once / "data" / "processed" / "study" / "causal_ready.parquet").is_file()


def version(project: Project) -> str:
    """The first twelve digits of the published version."""
    return project.ciq("status").out.partition("published ")[2][:12]


def test_status_of_what_is_published(ran: Project) -> None:
    said = ran.ciq("status")
    manifest = next((ran.root / "data" / "staged" / "study").glob("*.parquet")).stem
    assert (said.code, said.out, said.err) == (
        0,
        f"study: published {manifest[:12]}, last verdict pass, nothing to do\n",
        "",
    )


def test_status_says_when_newer_files_wait(ran: Project) -> None:
    before = version(ran)
    ran.raw("study.csv", rows(210))
    processed = contents(ran.root / "data" / "processed")
    assert ran.ciq("status").out == f"study: published {before}, last verdict pass, newer files wait in data/raw\n"
    assert ran.ciq("ingest").code == 0
    said = ran.ciq("status")
    assert said.out.startswith(f"study: published {before}, last verdict pass, staged ")
    assert said.out.endswith(" waits for `ciq run`\n")
    assert contents(ran.root / "data" / "processed") == processed


def test_status_says_that_a_changed_contract_is_judged_again(ran: Project) -> None:
    before = version(ran)
    path = ran.contract("study")
    path.write_text(path.read_text().replace("estimand: ATE", "estimand: ATT") + "\ngates: {overlap_share: 0.5}\n")
    judged = "contracts, models or warehouse changed: `ciq run` judges it again"
    assert ran.ciq("status").out == f"study: published {before}, last verdict pass, {judged}\n"


def test_a_contract_that_is_edited_during_a_run_is_judged_by_the_next(ran: Project) -> None:
    path = ran.contract("study")
    contracts = load_all(path.parent)
    for _ in run(ran.root, contracts, ["study"], lambda *_: None, shown=lambda _: False):
        path.write_text(path.read_text().replace("estimand: ATE", "estimand: ATT") + "\ngates: {overlap_share: 0.5}\n")
    assert "`ciq run` judges it again" in ran.ciq("status").out


def test_status_does_not_wait_for_the_same_bytes_again(ran: Project) -> None:
    path = ran.root / "data" / "raw" / "study.csv"
    path.write_bytes(path.read_bytes())
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert "newer" not in ran.ciq("status").out


def test_status_names_what_has_lost_its_contract(ran: Project) -> None:
    ran.contract("study").rename(ran.contract("renamed"))
    assert "study: published, and its contract is gone" in ran.ciq("status").err


def test_status_names_a_stray_file(published: Project) -> None:
    said = published.ciq("status")
    assert said.out.startswith("study: published ")
    assert "data/raw/stray.csv: F122 " in said.out + said.err


def test_run_with_nothing_new(ran: Project) -> None:
    before = contents(ran.root / "data")
    said = ran.ciq("run")
    assert (said.code, said.out, said.err) == (0, "study: nothing new\n", "")
    assert contents(ran.root / "data") == before


def test_refused_at_ingest_says_what_stays(ran: Project) -> None:
    before = version(ran)
    ran.raw("study.csv", rows().replace("\n5,", "\nfive,"))
    said = ran.ciq("run")
    assert said.code == 1
    assert f"study: refused; version {before} stays published; see artifacts/study/report.html\n" == said.out
    assert "data/raw/study.csv:7: I203 unit 'five' " in said.err
    status = ran.ciq("status").out
    assert status == f"study: published {before}, last verdict fail, newer files wait in data/raw\n"


def test_status_for_machines(ran: Project) -> None:
    (found,) = json.loads(ran.ciq("status", "--format", "json").out)["results"]
    assert found["published"] == found["staged"]
    assert (found["dataset"], found["verdict"], found["waiting"], found["next"]) == (
        "study",
        "pass",
        False,
        "nothing to do",
    )
