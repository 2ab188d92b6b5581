"""A house in which what publishes is the real thing and the statistics are counts, so that a plan costs little.

Every published table of a version says how many rows that version has: versions side by side show.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_study import CONTRACT, rows
from whole_project import lay_out

from ciq.contract import load_all
from ciq.ingest import ingest
from ciq.pipeline.warehouse import project_context
from ciq.postgres import Server

PARTS = ("balance", "causal_ready", "gate_results", "overlap")
_MODEL = """\
MODEL (
  name {name},
  kind FULL,
  description 'Of the version',
  ignored_rules [ambiguousorinvalidcolumn, nomissingaudits],
  cron @cron,
  enabled @enabled,
  blueprints @datasets({variables}){more}
);

{query}
"""
_FEATURES = """\
SELECT MD5(CAST(unit AS TEXT)) AS row_id, @EACH(@outputs, c -> c), 0.5::DOUBLE AS ps_hat, 1.0::DOUBLE AS weight
FROM @staged_rows AS s
"""
_COUNT = "SELECT {key}, COUNT(*) AS n FROM features.@dataset"


def build(root: Path) -> None:
    """The house in ``root``: the study's contract, nothing staged."""
    lay_out(root)
    for folder in ("staging", "curated", "diagnostics", "features"):
        shutil.rmtree(root / "models" / folder)
    for folder in ("python_models", "audits", "signals"):
        shutil.rmtree(root / folder)
    (root / "models" / "python_models.py").unlink()
    more = ",\n  grain row_id,\n  @contract_properties(@dataset, features)"
    stubs = {"features": ("features.@dataset", "outputs, staged_rows", more, _FEATURES)} | {
        name: (f"diagnostics.@{{dataset}}_{name}", "", "", _COUNT.format(key=key))
        for name, key in (("overlap", "0.5 AS share"), ("balance", "'age' AS covariate"), ("gates", "'fit' AS gate"))
    }
    for file, (name, variables, rest, query) in stubs.items():
        text = _MODEL.format(name=name, variables=variables, more=rest, query=query)
        (root / "models" / f"{file}.sql").write_text(text)
    contract(root, CONTRACT)


def contract(root: Path, text: str) -> None:
    """Give the study another contract."""
    (root / "contracts" / "study.yaml").write_text(text)


def stage(root: Path, count: int, finish: Callable[[Path], None] = lambda root: None) -> None:
    """Stage a version of ``count`` rows, its file as ``finish`` leaves it."""
    (root / "data" / "raw" / "study.csv").write_text(rows(count))
    finish(root)
    ingest(root, load_all(root / "contracts"), "study")


def plan(environment: str = "prod") -> None:
    """SQLMesh's plan of the house in this folder, applied."""
    with project_context(Path()) as context:
        context.plan(environment, auto_apply=True, no_prompts=True, skip_tests=True)


@contextlib.contextmanager
def entered(root: Path, server: Server) -> Iterator[None]:
    """Work in the house, publishing on ``server``."""
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(root):
        patch.setenv("PG_DSN", server.dsn)
        yield
    os.environ.pop("CIQ_ALLOW_BREAKING", None)
