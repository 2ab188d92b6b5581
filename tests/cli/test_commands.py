"""Each command's exit code, with results on stdout and causes on stderr."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from whole_project import Project, lay_out

CONTRACT = """\
source: {files: study.*}
id_col: unit
treatment_col: treated
outcome_col: y
covariate_cols: [age]
types: {unit: int64, treated: int8, y: float64, age: int16}
constraints:
  ranges: {age: [18, 90]}
  rules: [{id: young_and_well, sql: age < 85 or y < 5, severity: warn}]
"""
CIQ = Path(sys.executable).with_name("ciq")


def rows(count: int = 200) -> str:
    """Rows in which age doesn't decide the treatment."""
    body = (f"{i},{i * 7 % 5 // 3},{i % 11}.5,{20 + i * 13 % 60}" for i in range(count))
    return "\n".join(["unit,treated,y,age", *body]) + "\n"


def contents(folder: Path) -> dict[str, str]:
    """Each file below with the hash of its content; folders too."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def study(project: Project) -> Project:
    """A project with one data set, not run yet."""
    project.add("study", CONTRACT, rows())
    return project


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
    assert said.err == "data/raw/bad.csv: warning: rule young_and_well does not hold in 1 rows\n"


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
    assert "other: refused; what was staged stays" in said.out
    assert "study: staged, 200 rows" in said.out


def test_ingest_of_a_data_set_without_a_file(study: Project) -> None:
    (study.root / "data" / "raw" / "study.csv").unlink()
    said = study.ciq("ingest")
    assert said.code == 1
    assert "data/raw: F123 no file for study" in said.err


# status and run


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
    assert said.out == "study: refused; nothing of it is published; see artifacts/study/quality_report.md\n"
    assert not (study.root / "warehouse").exists()


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that was published in a run that met a stray file; what was said is kept beside."""
    root = tmp_path_factory.mktemp("published")
    lay_out(root)
    (root / "contracts" / "study.yaml").write_text(CONTRACT)
    (root / "data" / "raw" / "study.csv").write_text(rows())
    (root / "data" / "raw" / "stray.csv").write_text("a,b\n1,2\n")
    command = [str(CIQ), "--project", str(root), "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=root.parent)
    (root / "code.txt").write_text(str(done.returncode))
    (root / "out.txt").write_text(done.stdout)
    (root / "err.txt").write_text(done.stderr)
    return root


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


@pytest.fixture
def clean(published: Project) -> Project:
    """The published project, the stray file gone."""
    (published.root / "data" / "raw" / "stray.csv").unlink()
    return published


def test_status_of_what_is_published(clean: Project) -> None:
    said = clean.ciq("status")
    manifest = next((clean.root / "data" / "staged" / "study").glob("*.parquet")).stem
    assert (said.code, said.out, said.err) == (0, f"study: published {manifest[:12]}\n", "")


def test_status_says_when_newer_files_wait(clean: Project) -> None:
    before = version(clean)
    clean.raw("study.csv", rows(210))
    processed = contents(clean.root / "data" / "processed")
    assert clean.ciq("status").out == f"study: published {before}, newer files wait in data/raw\n"
    assert clean.ciq("ingest").code == 0
    said = clean.ciq("status")
    assert said.out.startswith(f"study: published {before}, staged ")
    assert said.out.endswith(" waits for `ciq run`\n")
    assert contents(clean.root / "data" / "processed") == processed


def test_status_does_not_wait_for_the_same_bytes_again(clean: Project) -> None:
    path = clean.root / "data" / "raw" / "study.csv"
    path.write_bytes(path.read_bytes())
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert "newer" not in clean.ciq("status").out


def test_status_names_what_has_lost_its_contract(clean: Project) -> None:
    clean.contract("study").rename(clean.contract("renamed"))
    assert "study: published, and its contract is gone" in clean.ciq("status").out


def test_status_names_a_stray_file(published: Project) -> None:
    said = published.ciq("status")
    assert said.out.startswith("study: published ")
    assert "data/raw/stray.csv: F122 " in said.out + said.err


def test_run_with_nothing_new(clean: Project) -> None:
    before = contents(clean.root / "data")
    said = clean.ciq("run")
    assert (said.code, said.out, said.err) == (0, "study: nothing new\n", "")
    assert contents(clean.root / "data") == before


def test_refused_at_ingest_says_what_stays(clean: Project) -> None:
    before = version(clean)
    clean.raw("study.csv", rows().replace("\n5,", "\nfive,"))
    said = clean.ciq("run")
    assert said.code == 1
    assert f"study: refused; version {before} stays published; see artifacts/study/quality_report.md\n" == said.out
    assert "data/raw/study.csv:7: I203 unit 'five' " in said.err
