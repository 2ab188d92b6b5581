"""LaLonde's two bad comparisons as a project of their own, beside this one's models."""

from __future__ import annotations

import shutil
from pathlib import Path

from ciq.demo.house import lay_out


def prepare(project: Path) -> Path:
    """Copy the models of ``project`` and the example's data into ``warehouse/demo``; the new project's folder."""
    target = project / "warehouse" / "demo" / "lalonde"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    lay_out(project, target)
    shutil.copytree(project / "examples" / "lalonde", target, dirs_exist_ok=True)
    return target
