"""A project with the small study."""

from __future__ import annotations

import pytest
from small_study import CONTRACT, rows
from whole_project import Project


@pytest.fixture
def study(project: Project) -> Project:
    """A project with one data set, not run yet."""
    project.add("study", CONTRACT, rows())
    return project
