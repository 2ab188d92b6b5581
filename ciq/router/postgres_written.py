"""The relations that a statement of PostgreSQL's other than a query changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ciq.router.postgres_scans import relation
from ciq.router.postgres_walk import Names
from ciq.router.statement import Relation


def written(kind: str, node: dict[str, Any]) -> Iterator[Relation] | None:
    """The relations that a statement other than a query changes; None where it doesn't name them."""
    place = _WRITTEN_AT.get(kind)
    if place is not None:
        found: Any = node
        for part in place:
            found = found.get(part, {})
        return iter([relation(found)])
    if kind == "TruncateStmt":
        return (relation(item["RangeVar"]) for item in node["relations"])
    if kind == "DropStmt" and node.get("removeType") in _DROPPED:
        return (_dropped(item["List"]["items"]) for item in node["objects"])
    return None


_WRITTEN_AT: dict[str, Names] = {
    "InsertStmt": ("relation",),
    "UpdateStmt": ("relation",),
    "DeleteStmt": ("relation",),
    "MergeStmt": ("relation",),
    "CreateStmt": ("relation",),
    "CreateTableAsStmt": ("into", "rel"),
    "CreateSeqStmt": ("sequence",),
    "IndexStmt": ("relation",),
    "ViewStmt": ("view",),
    "AlterTableStmt": ("relation",),
    "RefreshMatViewStmt": ("relation",),
}
_DROPPED = frozenset({"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_INDEX", "OBJECT_MATVIEW", "OBJECT_SEQUENCE"})


def _dropped(parts: list[dict[str, Any]]) -> Relation:
    catalog, schema, name = ("", "", *(part["String"]["sval"] for part in parts if "String" in part))[-3:]
    return Relation(name, schema, catalog)
