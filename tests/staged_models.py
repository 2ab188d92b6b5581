"""The project's models over a staged version, without plans: seconds for what takes SQLMesh minutes."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from ciq.blueprint.datasets import Dataset
from ciq.blueprint.statements import staging
from ciq.frames.models import Models


def staged_models(connection: DuckDBPyConnection, dataset: Dataset) -> Models:
    """Those of the data set, ``staging.<dataset>`` and ``curated.<dataset>`` built."""
    connection.execute("CREATE SCHEMA staging")
    connection.execute(f"CREATE VIEW staging.{dataset.contract.name} AS {staging(dataset).sql('duckdb')}")
    return Models.of_staged(connection, dataset.contract)
