"""The project's models over a staged version, without plans: seconds for what takes SQLMesh minutes."""

from __future__ import annotations

from typing import Any

from duckdb import DuckDBPyConnection

from ciq.blueprint.datasets import Dataset
from ciq.blueprint.statements import staging
from ciq.frames.models import Models
from ciq.report.facts import Facts


def staged_models(connection: DuckDBPyConnection, dataset: Dataset) -> Models:
    """Those of the data set, ``staging.<dataset>`` and ``curated.<dataset>`` built."""
    connection.execute("CREATE SCHEMA staging")
    connection.execute(f"CREATE VIEW staging.{dataset.contract.name} AS {staging(dataset).sql('duckdb')}")
    return Models.of_staged(connection, dataset.contract)


def facts(dataset: Dataset, scores: str, overlap: dict[str, Any]) -> Facts:
    """What an attempt at the data set is described by, before anything is judged."""
    contract, manifest = dataset.contract, dataset.manifest
    return Facts(
        dataset=contract.name,
        description=None,
        contract_version=contract.version,
        estimand=contract.estimand,
        source_version=manifest.version,
        sources=(),
        snapshot=None,
        rows=manifest.rows,
        scores=scores,
        overlap=overlap,
    )
