"""What a plan would break of the faces, found before anything of it is applied."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlglot import exp
from sqlmesh import Model

from ciq.errors import UsageError
from ciq.postgres import connect, resolve
from ciq.publish.faces import Break, find_break
from ciq.publish.gateway import ALLOW_BREAKING
from ciq.publish.publication import Publication
from ciq.publish.types import COUNTERPARTS

# SQLMesh knows a model's types as sqlglot's, whose names are not those that DuckDB describes a query with.
_COUNTERPARTS = {exp.DataType.build(name, dialect="duckdb"): counterpart for name, counterpart in COUNTERPARTS.items()}


def refusal(models: Iterable[Model]) -> str | None:
    """Why a plan for prod with ``models`` must not be applied; None where it breaks no face, or is allowed to."""
    server = resolve(Path())
    if server is None or os.environ.get(ALLOW_BREAKING) == "1":
        return None
    with closing(connect(server)) as connection, connection.cursor() as cursor:
        found = breaks(cursor, models)
    return str(UsageError(*(one.problem() for one in found))) if found else None


def breaks(cursor: Any, models: Iterable[Model]) -> list[Break]:
    """The breaks of the published among ``models``, as far as columns' types are known before they are built."""
    found: list[Break | None] = []
    for model in models:
        properties, kinds = model.custom_materialization_properties, model.columns_to_types or {}
        if "publication" in properties and kinds and all(kind in _COUNTERPARTS for kind in kinds.values()):
            columns = {name: _COUNTERPARTS[kind].name for name, kind in kinds.items()}
            found.append(find_break(cursor, Publication.of(properties).face, columns))
    return [one for one in found if one]
