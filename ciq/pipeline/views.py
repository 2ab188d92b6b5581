"""``data/processed/<dataset>/views/``: what environments show of a data set, for readers without the warehouse.

Files are named as SQLMesh names the views: ``diagnostics.<dataset>_gates``, ``features__dev.<dataset>`` of ``dev``.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp

from ciq.pipeline.processed import copy_view

PROD = "prod"
FIGURES = (
    "availability",
    "balance",
    "calibration",
    "gates",
    "histogram",
    "leakage",
    "missing",
    "overlap",
    "positivity",
    "segments",
)
"""The diagnostics that are a few rows each; the scores are columns of ``features.<dataset>``."""


def export(cursor: duckdb.DuckDBPyConnection, project: Path, dataset: str, environment: str = PROD) -> None:
    """Write what an environment shows of a data set. The features of prod are published, so they are not among it."""
    suffix = "" if environment == PROD else f"__{environment}"
    names = [(f"diagnostics{suffix}", f"{dataset}_{figure}") for figure in FIGURES]
    names += [(f"features{suffix}", dataset)] if suffix else []
    shown = _shown(cursor)
    for schema, name in names:
        path = _folder(project, dataset) / f"{schema}.{name}.parquet"
        if (schema, name) in shown:
            copy_view(cursor, exp.table_(name, db=schema, quoted=True), path)
        else:
            path.unlink(missing_ok=True)


def export_environment(cursor: duckdb.DuckDBPyConnection, project: Path, environment: str) -> None:
    """Write what an environment other than prod shows, and remove what nobody shows any more."""
    shown = _shown(cursor)
    for dataset in sorted(name for schema, name in shown if schema == f"features__{environment}"):
        export(cursor, project, dataset, environment)
    for path in (project / "data" / "processed").glob("*/views/*.parquet"):
        schema, _, name = path.stem.partition(".")
        if (schema, name) not in shown:
            path.unlink()


def _folder(project: Path, dataset: str) -> Path:
    return project / "data" / "processed" / dataset / "views"


def _shown(cursor: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return set(cursor.execute("SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal").fetchall())
