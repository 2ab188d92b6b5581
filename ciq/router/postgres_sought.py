"""The relations of a plain query, and what might spare PostgreSQL to read them to their last row."""

from __future__ import annotations

from typing import Any

from ciq.router.postgres_scans import tables
from ciq.router.postgres_walk import Seen
from ciq.router.statement import Sought

_PLAIN_PARTS = """
targetList distinctClause fromClause whereClause groupClause havingClause sortClause limitCount limitOption op
"""
_PLAIN = frozenset(_PLAIN_PARTS.split())
_INNER = frozenset({"CommonTableExpr", "RangeFunction", "RangeSubselect", "RangeTableSample", "SubLink"})
_LEAVES = frozenset({"A_Const", "TypeName", "funcname", "name"})
_RENAMING = frozenset({"colnames", "isNatural"})
_ENDS = frozenset({("min",), ("max",)})
"""Without groups, an index has them at its ends."""


def sought(select: dict[str, Any], seen: Seen) -> Sought:
    """What a SelectStmt of libpg_query's tree, of which ``seen`` is everything, may read less of than all.

    Empty for a query with another in it.
    """
    if not select.keys() <= _PLAIN or seen.kinds & _INNER or "fromClause" not in select:
        return ()
    found = list(tables(select["fromClause"], frozenset()))
    first = _first_sorted(select) if "limitCount" in select else {}
    if first is None or (seen.functions & _ENDS and "groupClause" not in select):
        return tuple((relation, None) for _, relation in found)
    columns = _columns([select.get("whereClause"), select.get("havingClause"), select["fromClause"], first])
    if ("", "*") in columns:
        return tuple((relation, None) for _, relation in found)
    elsewhere = {whose for whose, _ in columns} - {alias for alias, _ in found}
    return tuple(
        (relation, frozenset(name for whose, name in columns if whose == alias or whose in elsewhere))
        for alias, relation in found
    )


def _first_sorted(select: dict[str, Any]) -> dict[str, Any] | None:
    """What all rows are sorted by before the first of them are taken; None where that is nothing, or an output."""
    keys = select.get("sortClause")
    if not keys:
        return None
    node: dict[str, Any] = keys[0]["SortBy"]["node"]
    outputs = {target["ResTarget"].get("name") for target in select["targetList"]}
    fields = [part.get("String", {}).get("sval") for part in node.get("ColumnRef", {}).get("fields", [])]
    return None if "A_Const" in node or (len(fields) == 1 and fields[0] in outputs) else node


def _columns(parts: list[Any]) -> set[tuple[str, str]]:
    """The columns in parts of a tree, each with what it is said to be of, "" where nothing is said.

    ``*`` stands for those that are not named, or by another name than their own.
    """
    found, stack = set[tuple[str, str]](), parts
    while stack:
        value = stack.pop()
        if type(value) is list:
            stack += value
        elif type(value) is dict:
            for key, child in value.items():
                if key == "ColumnRef":
                    names = [part.get("String", {}).get("sval", "*") for part in child["fields"]]
                    found.add(("", "*") if "*" in names else (names[-2] if len(names) > 1 else "", names[-1]))
                elif key == "usingClause":
                    found.update(("", name["String"]["sval"]) for name in child)
                elif key in _RENAMING:
                    found.add(("", "*"))
                elif key not in _LEAVES:
                    stack.append(child)
    return found
