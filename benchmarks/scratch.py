"""The generated input and the scratch projects that the jobs work on."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from benchmarks.measure import CIQ, ROOT, Cost, measured, module

DATASET = "customers"
SEED = "1"
_CONTRACT = Path("contracts") / f"{DATASET}.yaml"
_FOLDERS = ("models", "audits", "macros", "python_models")


@dataclass(frozen=True)
class Scratch:
    """A folder with ``rows`` generated customers, and what is built from them as soon as a benchmark asks for it."""

    folder: Path
    rows: int

    @cached_property
    def csv(self) -> Path:
        """The customers as CSV, each as the contract says."""
        path = self.folder / f"{DATASET}.csv"
        measured(CIQ, "demo", "customers", "--rows", str(self.rows), "--seed", SEED, str(path))
        return path

    @cached_property
    def shuffled(self) -> Path:
        """The same customers in another order."""
        path = self.folder / "shuffled.csv"
        measured(*module("shuffle_job", str(self.csv), str(path)))
        return path

    @cached_property
    def strict(self) -> Path:
        """A project whose contract mends nothing: every bad value and every key given twice would be refused."""
        contract = yaml.safe_load((ROOT / _CONTRACT).read_text(encoding="utf-8"))
        del contract["clean"]
        return self._project("strict", yaml.safe_dump(contract, sort_keys=False))

    @cached_property
    def built(self) -> tuple[Path, Cost]:
        """A project with the contract as shipped, staged and then built; with the cost of the latter."""
        project = self._project("built", (ROOT / _CONTRACT).read_text(encoding="utf-8"))
        measured(CIQ, "--project", str(project), "ingest", DATASET)
        return project, measured(*module("build_job", str(project), DATASET))

    def design(self, rows: int) -> str:
        """Parquet of ten numbers and a treatment, made once."""
        path = self.folder / f"design-{rows}.parquet"
        if not path.exists():
            measured(*module("design_job", str(path), str(rows)))
        return str(path)

    def _project(self, name: str, contract: str) -> Path:
        project = self.folder / name
        for folder in _FOLDERS:
            shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "config.yaml", project)
        (project / _CONTRACT).parent.mkdir()
        (project / _CONTRACT).write_text(contract, encoding="utf-8")
        raw = project / "data" / "raw" / self.csv.name
        raw.parent.mkdir(parents=True)
        os.link(self.csv, raw)
        return project
