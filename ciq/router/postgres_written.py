"""The relations that a statement of PostgreSQL's other than a query changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ciq.router.postgres_scans import relation
from ciq.router.postgres_walk import Names
from ciq.router.statement import Relation


def written(kind: str, node: dict[str, Any]) -> Iterator[Relation] | None:
    """The relations that a statement other than a query changes; None where it doesn't name them, as with CASCADE."""
    commands = [item["AlterTableCmd"] for item in node.get("cmds", [])]
    if any(part.get("behavior") == "DROP_CASCADE" for part in (node, *commands)):
        return None
    place = _WRITTEN_AT.get(kind)
    if place is not None:
        found: Any = node
        for part in place:
            found = found.get(part, {})
        return iter([relation(found), *_relatives(node, commands)])
    if kind == "TruncateStmt":
        return (relation(item["RangeVar"]) for item in node["relations"])
    if kind == "DropStmt" and node.get("removeType") in _DROPPED:
        return (_dropped(item["List"]["items"]) for item in node["objects"])
    return None


def _relatives(node: dict[str, Any], commands: list[dict[str, Any]]) -> Iterator[Relation]:
    """The partitions and parents whose rows become, or no longer are, another table's too."""
    yield from (relation(item["RangeVar"]) for item in node.get("inhRelations", []))
    for command in commands:
        changed = command.get("def", {})
        other = changed.get("RangeVar") or changed.get("PartitionCmd", {}).get("name")
        if other:
            yield relation(other)


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
