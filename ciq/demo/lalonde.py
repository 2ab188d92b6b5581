"""LaLonde's two bad comparisons as a project of their own, beside this one's models."""

from __future__ import annotations

import shutil
from pathlib import Path

_HOUSE = ("config.yaml", "models", "audits", "macros", "python_models")


def prepare(project: Path) -> Path:
    """Copy the models of ``project`` and the example's data into ``warehouse/demo``; the new project's folder."""
    target = project / "warehouse" / "demo" / "lalonde"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in _HOUSE:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)
    shutil.copytree(project / "examples" / "lalonde", target, dirs_exist_ok=True)
    return target
