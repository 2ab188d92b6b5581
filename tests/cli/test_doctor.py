"""What doctor finds, each finding with its mend, and that it changes nothing."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest
from small_study import contents, rows
from whole_project import Project

from ciq.pipeline import doctor

SUBJECTS = ["versions", "project", "contracts", "data", "warehouse", "locks", "postgresql", "disk", "memory"]


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No PostgreSQL, unless a test names one."""
    monkeypatch.setenv("PG_DSN", "off")


def test_a_good_project(study: Project) -> None:
    assert study.ciq("ingest").code == 0
    before = contents(study.root)
    said = study.ciq("doctor")
    assert (said.code, said.err) == (0, "")
    assert [line.partition(":")[0] for line in said.out.splitlines()] == SUBJECTS
    assert contents(study.root) == before


def test_newer_files_are_a_warning(study: Project) -> None:
    assert study.ciq("ingest").code == 0
    study.raw("study.csv", rows(210))
    said = study.ciq("doctor")
    assert said.code == 0
    assert said.err == "warning: data/raw: E447 newer files of study wait\n  help: `ciq run` takes them\n"
    assert study.ciq("--quiet", "doctor").err == ""


def test_a_broken_contract_and_a_missing_folder(study: Project) -> None:
    study.contract("study").write_text("treatment: x\n")
    shutil.rmtree(study.root / "macros")
    said = study.ciq("doctor")
    assert said.code == 1
    assert "macros: E446 the project lacks it\n  help: " in said.err
    assert "contracts/study.yaml:1:1: C105 " in said.err
    assert len(said.out.splitlines()) == len(SUBJECTS)


def test_half_a_warehouse(study: Project) -> None:
    (study.root / "warehouse").mkdir()
    duckdb.connect(str(study.root / "warehouse" / "state.duckdb")).close()
    said = study.ciq("doctor")
    assert said.code == 1
    assert "warehouse/state.duckdb: E407 " in said.err


def test_a_held_lock(study: Project) -> None:
    assert study.ciq("ingest").code == 0
    handle = os.open(study.root / "data" / "staged" / "study", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        said = study.ciq("doctor")
    finally:
        os.close(handle)
    assert (said.code, said.err.startswith("warning: data/staged/study: E448 ")) == (0, True)


def test_a_server_that_does_not_answer_is_named_without_its_password(
    study: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_DSN", "postgresql://reader:hush@127.0.0.1:9/none")
    said = study.ciq("doctor")
    assert said.code == 1
    assert "postgresql: can't be used" in said.out
    assert "P50" in said.err
    assert "hush" not in said.out + said.err


def test_a_full_disk_and_a_limit_beyond_the_machine(study: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    config = study.root / "config.yaml"
    config.write_text(config.read_text().replace("2GB", "900TB"))
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10**6}))
    said = study.ciq("doctor")
    assert said.code == 0
    assert "E449 1.0 MB are free, a run may need " in said.err
    assert "config.yaml: E450 the limit is 900000.0 GB, " in said.err


def test_a_package_of_another_version(study: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor.metadata, "requires", lambda name: ["click>=99", "no-such-package>=1", "isal; extra=='x'"]
    )
    said = study.ciq("doctor")
    assert said.code == 1
    assert "E445 click is " in said.err
    assert "help: pip install 'click>=99'" in said.err
    assert "E445 no-such-package is not installed" in said.err
    assert "isal" not in said.err


def test_findings_as_json(study: Project) -> None:
    document = json.loads(study.ciq("doctor", "--format", "json").out)
    assert [found["subject"] for found in document["results"]] == SUBJECTS


def test_verbose_tells_the_steps(study: Project) -> None:
    assert study.ciq("--verbose", "ingest").err == "reading study\n"


def test_not_a_project(tmp_path: Path, study: Project) -> None:
    assert study.ciq("--project", str(tmp_path / "data"), "doctor").code == 2
