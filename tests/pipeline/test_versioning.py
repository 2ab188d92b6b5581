"""What SQLMesh shows after an edit: exactly what the edit concerns."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmesh.core.console import MarkdownConsole, get_console, set_console
from sqlmesh.utils import Verbosity
from whole_project import ROOT, Project

from ciq.pipeline.warehouse import project_context


@pytest.fixture(scope="module")
def published_once(two_published: Path) -> Path:
    """One data set, published, and a second one that no edit concerns."""
    return two_published


def alone(project: Project) -> None:
    """Leave out the second data set, where it can tell nothing."""
    project.contract("other").unlink()


def sqlmesh(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """SQLMesh's command typed by hand on a wide terminal."""
    command = [str(Path(sys.executable).with_name("sqlmesh")), *arguments]
    wide = os.environ | {"COLUMNS": "400"} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=wide, input="n\n")


def plan_dev(project: Project) -> str:
    """What `sqlmesh plan dev -vv` shows, nothing applied; in this process, which needn't start."""
    before = get_console()
    set_console(MarkdownConsole(width=400, verbosity=Verbosity.VERY_VERBOSE))
    project.capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO("n\n"))
        try:
            with project_context(Path()) as context:
                context.plan("dev", no_prompts=True, skip_tests=True)
        finally:
            set_console(before)
    return project.capsys.readouterr().out


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def changed(plan: str) -> list[str]:
    """The lines that the diffs add or remove."""
    return re.findall(r"^[+-] {2,}.*$", plan, re.MULTILINE)


def section(plan: str, title: str) -> set[str]:
    """The models that the plan's summary lists under a title."""
    lines = iter(plan.splitlines())
    found: set[str] = set()
    for line in lines:
        if line.startswith(f"**{title}"):
            for listed in lines:
                if listed.startswith(("```", "**")):
                    break
                if "`" in listed:
                    found.add(listed.split("`")[1].replace("__dev", "").removeprefix("warehouse."))
            break
    return found


def test_an_edited_range_is_a_diff_of_the_audits_and_a_comment_is_nothing(published: Project) -> None:
    edit(published.contract("study"), "age: [18, 90]", "age: [18, 95]")
    remarked = published.contract("other")
    remarked.write_text("# a remark\n" + remarked.read_text())
    plan = plan_dev(published)
    assert section(plan, "Metadata Updated") == {"curated.study"}
    assert section(plan, "Directly Modified") == set()
    diff = changed(plan)
    assert diff
    assert all("ACCEPTED_RANGE" in line for line in diff)
    assert "Models needing backfill" not in plan


def test_an_edited_type_rebuilds_the_data_set(published: Project) -> None:
    edit(published.contract("study"), "age: int16", "age: int32")
    plan = plan_dev(published)
    rebuilt = section(plan, "Models needing backfill")
    assert {"staging.study", "curated.study", "diagnostics.study_balance", "features.study"} <= rebuilt
    assert all(model.split(".")[1].split("_")[0] == "study" for model in rebuilt)
    assert "other" not in {model.split(".")[1].split("_")[0] for model in section(plan, "Directly Modified")}


def test_a_type_that_loses_values_is_refused_until_the_files_are_read_anew(published: Project) -> None:
    alone(published)
    edit(published.contract("study"), "y: float64", "y: int32")
    done = sqlmesh("plan", "--no-prompts", "--auto-apply", "--skip-tests")
    assert done.returncode == 1
    assert "lossless" in done.stdout
    assert published.prod("SELECT COUNT(*) FROM features.study") == [(400,)]


@pytest.mark.parametrize("where", ["python_models", "package"])
def test_edited_code_of_the_fit_refits(published: Project, where: str) -> None:
    alone(published)
    if where == "python_models":
        edit(published.root / "python_models" / "propensity.py", "BATCH_ROWS = 100_000", "BATCH_ROWS = 99_999")
        plan = plan_dev(published)
    else:
        installed = published.root / "installed"
        shutil.copytree(ROOT / "ciq", installed / "ciq")
        edit(installed / "ciq" / "causal" / "fit.py", "MAX_PASSES = 60", "MAX_PASSES = 61")
        plan = sqlmesh("plan", "dev", "--no-prompts", "--skip-tests", "-vv", PYTHONPATH=str(installed)).stdout
    assert "diagnostics.study_fits" in section(plan, "Directly Modified")
