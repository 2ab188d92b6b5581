"""A project of one's own beside this one: the same models, no contract and no data."""

from __future__ import annotations

import shutil
from pathlib import Path

HOUSE = ("config.yaml", "models", "audits", "macros", "python_models", "signals")


def lay_out(project: Path, target: Path) -> None:
    """Copy what SQLMesh reads of ``project`` into the folder ``target``, which has none of it yet."""
    for name in HOUSE:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)
