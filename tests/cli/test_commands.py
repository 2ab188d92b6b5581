"""Each command's exit code, with results on stdout and causes on stderr."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from small_study import CIQ, CONTRACT, contents, rows
from whole_project import Project

# check


def test_check_of_a_good_file(study: Project) -> None:
    before = contents(study.root)
    said = study.ciq("check", "data/raw/study.csv", "--contract", "contracts/study.yaml")
    assert (said.code, said.out, said.err) == (0, "data/raw/study.csv: 200 rows, as the contract says\n", "")
    assert contents(study.root) == before


def test_check_of_a_bad_file_says_everything_on_stderr(study: Project) -> None:
    bad = rows().replace("\n5,", "\nfive,").replace("\n9,1,9.5,77\n", "\n9,1,9.5,177\n")
    assert bad.count("five") == bad.count("177\n") == 1
    study.raw("bad.csv", bad)
    before = contents(study.root)
    said = study.ciq("check", "data/raw/bad.csv", "--contract", "contracts/study.yaml")
    assert (said.code, said.out) == (1, "")
    assert "data/raw/bad.csv:7: I203 unit 'five' " in said.err
    assert "data/raw/bad.csv:11: I202 age '177' " in said.err
    assert contents(study.root) == before


def test_check_warns_and_is_content_with_a_rule_that_warns(study: Project) -> None:
    study.raw("bad.csv", rows().replace("\n9,1,9.5,77\n", "\n9,1,9.5,88\n"))
    said = study.ciq("check", "data/raw/bad.csv", "--contract", "contracts/study.yaml")
    assert said.code == 0
    assert said.out == "data/raw/bad.csv: 200 rows, as the contract says\n"
    assert said.err == "warning: data/raw/bad.csv: I208 rule 'young_and_well' does not hold in 1 row\n"


def test_check_works_without_a_project(tmp_path: Path, study: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    file, contract = study.root / "data" / "raw" / "study.csv", study.contract("study")
    assert study.ciq("check", str(file), "--contract", str(contract)).code == 0
    assert list(elsewhere.iterdir()) == []


def test_check_of_a_file_that_is_not_there(study: Project) -> None:
    said = study.ciq("check", "data/raw/nothing.csv", "--contract", "contracts/study.yaml")
    assert said.code in (1, 2)
    assert said.out == ""
    assert "data/raw/nothing.csv" in said.err
    assert "Traceback" not in said.err


def test_check_by_a_contract_that_is_not_there(study: Project) -> None:
    said = study.ciq("check", "data/raw/study.csv", "--contract", "contracts/nothing.yaml")
    assert (said.code, said.out) == (2, "")
    assert "contracts/nothing.yaml: C101 " in said.err


def test_check_beyond_a_limit(study: Project) -> None:
    study.contract("study").write_text(CONTRACT.replace("study.*", "study.*, limits: {max_rows: 10}"))
    said = study.ciq("check", "data/raw/study.csv", "--contract", "contracts/study.yaml")
    assert (said.code, said.out) == (4, "")
    assert "data/raw/study.csv" in said.err


# usage


@pytest.mark.parametrize("command", ["run", "ingest", "status", "plan"])
def test_not_a_project(tmp_path: Path, project: Project, command: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    said = project.ciq("--project", str(empty), command)
    assert (said.code, said.out) == (2, "")
    assert f"{empty}: E403 " in said.err
    assert "help: " in said.err
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "ingest"])
def test_unknown_data_set(study: Project, command: str) -> None:
    before = contents(study.root)
    said = study.ciq(command, "study", "studdy")
    assert (said.code, said.out) == (2, "")
    assert "E405 no contract is named studdy" in said.err
    assert "the data sets are study" in said.err
    assert contents(study.root) == before


@pytest.mark.parametrize("command", ["run", "ingest"])
def test_no_contract_at_all(project: Project, command: str) -> None:
    said = project.ciq(command)
    assert (said.code, said.out) == (2, "")
    assert "contracts: E404 " in said.err


@pytest.mark.parametrize("command", ["run", "ingest", "status"])
def test_broken_contract(study: Project, command: str) -> None:
    study.contract("study").write_text(CONTRACT.replace("covariate_cols", "covariat_cols"))
    before = contents(study.root)
    said = study.ciq(command)
    assert (said.code, said.out) == (2, "")
    assert "contracts/study.yaml:5:1: C105 " in said.err
    assert "covariate_cols" in said.err
    assert contents(study.root) == before


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--nonsense"], ["check", "data/raw/study.csv"]])
def test_usage(study: Project, arguments: list[str]) -> None:
    said = study.ciq(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Usage: ")


def test_no_traceback_from_the_installed_command(study: Project) -> None:
    """The console script itself, from another folder."""
    command = [str(CIQ), "--project", str(study.root), "ingest", "studdy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=study.root.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("contracts: E405 ")


# ingest


def test_ingest_stages_and_then_has_nothing_to_do(study: Project) -> None:
    first, second = study.ciq("ingest"), study.ciq("ingest")
    assert (first.code, first.err) == (second.code, second.err) == (0, "")
    assert first.out.startswith("study: staged, 200 rows, version ")
    assert second.out == first.out.replace("staged", "unchanged")
    assert not (study.root / "warehouse").exists()


def test_ingest_of_one_good_and_one_bad_data_set(study: Project) -> None:
    study.add("other", CONTRACT.replace("study.*", "other.*"), rows().replace("\n5,", "\nfive,"))
    said = study.ciq("ingest")
    assert said.code == 1
    assert "data/raw/other.csv:7: I203 unit 'five' " in said.err
    assert "other: refused; nothing of it is staged" in said.out
    assert "study: staged, 200 rows" in said.out
    assert "other: left out, as nothing of it is staged: `ciq ingest other` does that, or says" in study.ciq("plan").err
    raw = study.root / "data" / "raw" / "other.csv"
    raw.write_text(raw.read_text().replace("five", "5"))
    assert study.ciq("ingest", "other").code == 0
    raw.write_text(rows().replace("\n5,", "\nV,"))
    assert "other: refused; what was staged stays" in study.ciq("ingest", "other").out


def test_ingest_of_a_data_set_without_a_file(study: Project) -> None:
    (study.root / "data" / "raw" / "study.csv").unlink()
    said = study.ciq("ingest")
    assert said.code == 1
    assert "data/raw: F123 no file for study" in said.err
