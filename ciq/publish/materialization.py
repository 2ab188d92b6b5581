"""SQLMesh's materialization ``ciq_copy``: a model's rows, from the DuckDB warehouse into a PostgreSQL table.

All of it happens on SQLMesh's own connection, in the transaction that makes the table: nobody sees it before it is
whole and proved, and what was published stays where that fails.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

import duckdb
from sqlglot import exp
from sqlmesh import CustomMaterialization, Model
from sqlmesh.core.config.connection import BaseDuckDBConnectionConfig
from sqlmesh.utils.errors import SQLMeshError

from ciq.postgres.trouble import explained
from ciq.publish import faces, notice
from ciq.publish.gateway import ALLOW_BREAKING, MARK
from ciq.publish.load import Description, load
from ciq.publish.lock import take
from ciq.publish.promotion import PROD, move, parts
from ciq.publish.publication import Publication

_ENVIRONMENTS = ("publish.", "publish__")


class CiqCopy(CustomMaterialization):  # type: ignore[misc]  # SQLMesh is not followed by the type checker
    """Loads by COPY; in prod it promotes to the stable faces too."""

    NAME = "ciq_copy"

    def create(self, table_name: str, model: Model, *args: Any, **kwargs: Any) -> None:
        """Nothing yet: the table is made and filled in one go."""

    def insert(
        self, table_name: str, query_or_df: Any, model: Model, is_first_insert: bool, render_kwargs: Any, **kwargs: Any
    ) -> None:
        """Load the table. One that is there is proved again, and filled anew only where it differs from its source."""
        publication = Publication.of(model.custom_materialization_properties)
        table, cursor = exp.to_table(table_name, dialect="postgres"), self.adapter.cursor
        with explained(), closing(_warehouse(query_or_df)) as source:
            take(cursor, table.name)
            loaded = load(source, query_or_df, cursor, table, _description(model, publication))
            snapshot = kwargs["snapshot"].fingerprint.to_version()
            if loaded:
                notice.loaded(cursor, publication, table, snapshot, loaded)
                if faces.shows(cursor, publication.face, table):
                    notice.promoted(cursor, publication, table, snapshot, PROD)

    def promote(self, table_name: str, view_name: str, model: Model, environment: str, **kwargs: Any) -> None:
        """Point the environment's view at the table; for prod the data set's stable faces too."""
        dataset = Publication.of(model.custom_materialization_properties).dataset
        MARK.touch()
        with explained():
            super().promote(table_name, view_name, model, environment, **kwargs)
            if environment == PROD:
                found = parts(dataset, kwargs["snapshots"].values(), kwargs["deployability_index"])
                allowed = os.environ.get(ALLOW_BREAKING) == "1"
                move(self.adapter.cursor, dataset, found, allow_breaking=allowed)

    def delete(self, name: str, **kwargs: Any) -> None:
        """Drop the table of a snapshot that nobody needs, unless a face still shows it."""
        table = exp.to_table(name, dialect="postgres")
        if all(view.startswith(_ENVIRONMENTS) for view in faces.dependants(self.adapter.cursor, table)):
            super().delete(name, **kwargs)


def _description(model: Model, publication: Publication) -> Description:
    versions = f"contract {publication.dataset} {publication.contract_version}, source {publication.source_version}"
    return Description(
        key=tuple(column.name for column in model.grains),
        indexes=publication.indexes,
        comment=f"{model.description}. {versions[0].upper()}{versions[1:]}",
        column_comments=model.column_descriptions,
        name=f"{publication.schema}.{publication.table}",
    )


def _warehouse(query: exp.Query) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the DuckDB file, open in this process, that the query's tables lie in."""
    catalogs = {table.catalog for table in query.find_all(exp.Table)}
    for adapter in BaseDuckDBConnectionConfig._data_file_to_adapter.values():
        if adapter.default_catalog in catalogs:
            connection: duckdb.DuckDBPyConnection = adapter.connection.cursor()
            return connection
    raise SQLMeshError(f"no DuckDB gateway has the catalog {', '.join(sorted(catalogs))}")
