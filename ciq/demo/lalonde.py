"""LaLonde's experiment and his two bad comparisons as a project of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from ciq.demo.house import found, reference, take

RANDOMISED = "nsw_rct"
COMPARISONS = ("lalonde", "nsw_cps")


def prepare(target: Path) -> None:
    """Make ``target`` the project of the three data sets, anew."""
    shutil.rmtree(target, ignore_errors=True)
    found(target)
    take(RANDOMISED, target)
    for dataset in COMPARISONS:
        take(dataset, target, reference() / "examples" / "lalonde")
