"""A project with the small study, and one that has published it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from built_once import built_once
from small_study import CIQ, CONTRACT, rows
from whole_project import Project, lay_out


@pytest.fixture
def study(project: Project) -> Project:
    """A project with one data set, not run yet."""
    project.add("study", CONTRACT, rows())
    return project


@pytest.fixture(scope="session")
def met_a_stray(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set, published in a run that met a stray file; what was said is kept beside."""
    return built_once(tmp_path_factory, "met_a_stray", _publish)


@pytest.fixture
def ran(
    met_a_stray: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """A copy of it, the stray file gone."""
    shutil.copytree(met_a_stray, tmp_path, dirs_exist_ok=True)
    (tmp_path / "data" / "raw" / "stray.csv").unlink()
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def _publish(root: Path) -> None:
    """By the command that users type, from elsewhere."""
    lay_out(root)
    (root / "contracts" / "study.yaml").write_text(CONTRACT)
    (root / "data" / "raw" / "study.csv").write_text(rows())
    (root / "data" / "raw" / "stray.csv").write_text("a,b\n1,2\n")
    command = [str(CIQ), "--project", str(root), "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=root.parent)
    (root / "code.txt").write_text(str(done.returncode))
    (root / "out.txt").write_text(done.stdout)
    (root / "err.txt").write_text(done.stderr)
