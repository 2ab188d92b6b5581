"""Projects for tests: an empty one, and copies of one that is built once a module."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from whole_project import Project, lay_out


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    """An empty project."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


@pytest.fixture
def published(
    published_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """A copy of the module's ``published_once``, for this test to change."""
    shutil.copytree(published_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)
