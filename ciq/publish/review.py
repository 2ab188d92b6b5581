"""What a plan would break of the faces, found before anything of it is applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlmesh import Model

from ciq.publish.faces import Break, find_break
from ciq.publish.publication import Publication
from ciq.publish.types import COUNTERPARTS


def breaks(cursor: Any, models: Iterable[Model]) -> list[Break]:
    """The breaks of the published ``models`` whose columns' types are known before they are built."""
    found = []
    for model in models:
        kinds = {name: kind.sql("duckdb").upper() for name, kind in (model.columns_to_types or {}).items()}
        if kinds and all(kind in COUNTERPARTS for kind in kinds.values()):
            publication = Publication.of(model.custom_materialization_properties)
            columns = {name: COUNTERPARTS[kind].name for name, kind in kinds.items()}
            found.append(find_break(cursor, publication.face, columns))
    return [one for one in found if one]
