"""The faces of a data set move together: whoever reads two of them side by side sees one version.

SQLMesh promotes models one by one, each in a transaction of its own, when all their tables are there. The first of a
data set's models moves the faces of all of them; the others find theirs in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlmesh import Model
from sqlmesh.core.snapshot import DeployabilityIndex, Snapshot

from ciq.publish import faces, notice
from ciq.publish.lock import await_turn
from ciq.publish.publication import Publication

PROD = "prod"


@dataclass(frozen=True)
class Part:
    """One model of a published set, and the table of the version that is promoted."""

    publication: Publication
    table: exp.Table
    model: Model
    snapshot: str


def parts(dataset: str, snapshots: Iterable[Snapshot], deployable: DeployabilityIndex) -> Iterator[Part]:
    """The published models of ``dataset`` among the ``snapshots`` of an environment."""
    for snapshot in snapshots:
        properties = snapshot.model.custom_materialization_properties if snapshot.is_model else {}
        if "publication" not in properties:
            continue
        publication = Publication.of(properties)
        if publication.dataset == dataset:
            table = exp.to_table(snapshot.table_name(deployable.is_representative(snapshot)), dialect="postgres")
            yield Part(publication, table, snapshot.model, snapshot.fingerprint.to_version())


def move(cursor: Any, dataset: str, found: Iterable[Part], *, allow_breaking: bool) -> None:
    """Point the faces of ``dataset`` at their tables where they show others, and announce those.

    Raises as :func:`ciq.publish.faces.show`, ``make_room`` and ``grant``.
    """
    await_turn(cursor, dataset)
    built = [part for part in found if faces.columns_of(cursor, part.table)]
    for schema in {part.publication.schema for part in built}:
        faces.make_room(cursor, schema)
    moving = [part for part in built if not faces.shows(cursor, part.publication.face, part.table)]
    faces.show(cursor, [(part.publication.face, part.table) for part in moving], allow_breaking=allow_breaking)
    for part in built:
        face, model = part.publication.face, part.model
        faces.grant(cursor, face, part.publication.grants)
        faces.describe(cursor, face, model.description or "", model.column_descriptions)
    for part in moving:
        notice.promoted(cursor, part.publication, part.table, part.snapshot, PROD)
