"""A project of one's own: the models of the reference project, with no contract and no data, or with a sample."""

from __future__ import annotations

import shutil
from pathlib import Path

HOUSE = ("config.yaml", "models", "audits", "macros", "python_models", "signals")
SAMPLE = "nsw_rct"
"""The data set that a new project starts with: small, and it passes."""

_IGNORED = """\
/.cache/
/artifacts/
/data/processed/
/data/rejects/
/data/staged/
/logs/
/warehouse/
__pycache__/
"""


def reference() -> Path:
    """The reference project: in the installed package, or around it in a checkout."""
    package = Path(__file__).parents[1]
    packed = package / "house"
    return packed if packed.is_dir() else package.parent


def lay_out(project: Path, target: Path) -> None:
    """Copy what SQLMesh reads of ``project`` into the folder ``target``, which has none of it yet."""
    for name in HOUSE:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)


def found(target: Path) -> None:
    """Make ``target`` a project without contracts and data; it may not hold one yet."""
    target.mkdir(parents=True, exist_ok=True)
    lay_out(reference(), target)
    for folder in ("contracts", "data/raw"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    (target / ".gitignore").write_text(_IGNORED, encoding="utf-8")


def take(dataset: str, target: Path, source: Path | None = None) -> None:
    """Copy the contract and the raw file of a data set of the reference project, or of ``source``, into ``target``."""
    origin = source or reference()
    shutil.copy2(origin / "contracts" / f"{dataset}.yaml", target / "contracts")
    shutil.copy2(origin / "data" / "raw" / f"{dataset}.csv", target / "data" / "raw")
