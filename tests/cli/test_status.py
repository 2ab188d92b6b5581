"""What status says before, between and after runs, and what those runs say."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from small_study import CIQ, CONTRACT, contents, rows
from whole_project import Project, lay_out


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
    assert (said.code, said.out, said.err) == (
        0,
        f"study: published {manifest[:12]}, last verdict pass, nothing to do\n",
        "",
    )


def test_status_says_when_newer_files_wait(clean: Project) -> None:
    before = version(clean)
    clean.raw("study.csv", rows(210))
    processed = contents(clean.root / "data" / "processed")
    assert clean.ciq("status").out == f"study: published {before}, last verdict pass, newer files wait in data/raw\n"
    assert clean.ciq("ingest").code == 0
    said = clean.ciq("status")
    assert said.out.startswith(f"study: published {before}, last verdict pass, staged ")
    assert said.out.endswith(" waits for `ciq run`\n")
    assert contents(clean.root / "data" / "processed") == processed


def test_status_does_not_wait_for_the_same_bytes_again(clean: Project) -> None:
    path = clean.root / "data" / "raw" / "study.csv"
    path.write_bytes(path.read_bytes())
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert "newer" not in clean.ciq("status").out


def test_status_names_what_has_lost_its_contract(clean: Project) -> None:
    clean.contract("study").rename(clean.contract("renamed"))
    assert "study: published, and its contract is gone" in clean.ciq("status").err


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
    assert f"study: refused; version {before} stays published; see artifacts/study/report.html\n" == said.out
    assert "data/raw/study.csv:7: I203 unit 'five' " in said.err
    status = clean.ciq("status").out
    assert status == f"study: published {before}, last verdict fail, newer files wait in data/raw\n"


def test_status_for_machines(clean: Project) -> None:
    (found,) = json.loads(clean.ciq("status", "--format", "json").out)["results"]
    assert found["published"] == found["staged"]
    assert (found["dataset"], found["verdict"], found["waiting"], found["next"]) == (
        "study",
        "pass",
        False,
        "nothing to do",
    )
