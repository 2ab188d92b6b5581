"""Contracts over four columns, and a project to put files into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_project import TYPES, Project

from ciq.contract import Contract
from ciq.contract.model import Constraints, Source


@pytest.fixture
def make() -> Callable[..., Contract]:
    """Contracts of data set `d`; keywords replace fields, those of Source and Constraints in their own dicts."""

    def made(
        source: dict[str, Any] | None = None, constraints: dict[str, Any] | None = None, **fields: Any
    ) -> Contract:
        return Contract(
            **{
                "name": "d",
                "path": Path("contracts/d.yaml"),
                "id_col": "id",
                "treatment_col": "treated",
                "covariate_cols": ("x", "g"),
                "types": TYPES,
                "source": Source(**(source or {})),
                "constraints": Constraints(**(constraints or {})),
                **fields,
            }
        )

    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")
