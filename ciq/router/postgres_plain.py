"""A query with no other in it: what might spare PostgreSQL to read its relations to their last row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ciq.router.postgres_scans import renames, tables
from ciq.router.postgres_walk import Seen
from ciq.router.statement import Column, Plain, Sought

_PLAIN_PARTS = """
targetList distinctClause fromClause whereClause groupClause havingClause sortClause limitCount limitOption op
"""
_PLAIN = frozenset(_PLAIN_PARTS.split())
_INNER = frozenset({"CommonTableExpr", "RangeFunction", "RangeSubselect", "RangeTableSample", "SubLink"})
_LEAVES = frozenset({"A_Const", "TypeName", "funcname", "name"})
_RENAMING = frozenset({"colnames", "isNatural"})
_ENDS = frozenset({("min",), ("max",)})
"""Without groups, an index has them at its ends."""
_AGGREGATES = _ENDS | {("count",), ("sum",), ("avg",)}
_ALL_ROWS = frozenset({"targetList", "fromClause", "sortClause", "limitCount", "limitOption", "op"})
"""Of a query that has no more parts, and no functions, every row of its relations is one of its own."""


def plain(select: dict[str, Any], seen: Seen) -> Plain | None:
    """What a SelectStmt of libpg_query's tree, of which ``seen`` is everything, reads.

    None with a query within it, or where columns have other names than in the catalogue.
    """
    if not select.keys() <= _PLAIN or seen.kinds & _INNER or "fromClause" not in select:
        return None
    if renames(select["fromClause"]):
        return None
    sole = "groupClause" not in select and not seen.functions.isdisjoint(_AGGREGATES)
    sought = tuple(_sought(select, seen))
    equal = tuple(_equal(select)) if len(sought) > 1 else ()
    return Plain(sought, equal, _first(select, seen), sole, _sorted_by(select))


def _sought(select: dict[str, Any], seen: Seen) -> Iterator[Sought]:
    found = list(tables(select["fromClause"], frozenset()))
    columns = {("", "*")}
    early = "limitCount" in select and _first_sorted(select) is None
    if not early and not (seen.functions & _ENDS and "groupClause" not in select):
        columns = _columns([select.get("whereClause"), select.get("havingClause"), select["fromClause"]])
    names = {called for called, _ in found}
    anybodys = frozenset(name for whose, name in columns if whose not in names)
    said = [column for column in columns if column[0] in names]
    for called, relation in found:
        own = anybodys.union(name for whose, name in said if whose == called)
        yield Sought(called, relation, None if ("", "*") in columns else own)


def _sorted_by(select: dict[str, Any]) -> frozenset[Column]:
    """The columns that all rows are sorted by before the first of them are taken."""
    first = _first_sorted(select) if "limitCount" in select else None
    return frozenset(_columns([first])) if first else frozenset()


def _first_sorted(select: dict[str, Any]) -> dict[str, Any] | None:
    """What all rows are sorted by before the first of them are taken; None where that is nothing, or an output."""
    keys = select.get("sortClause")
    if not keys:
        return None
    node: dict[str, Any] = keys[0]["SortBy"]["node"]
    outputs = {target["ResTarget"].get("name") for target in select["targetList"]}
    fields = [part.get("String", {}).get("sval") for part in node.get("ColumnRef", {}).get("fields", [])]
    return None if "A_Const" in node or (len(fields) == 1 and fields[0] in outputs) else node


def _first(select: dict[str, Any], seen: Seen) -> tuple[str, int] | None:
    """The column by whose order a number of rows is taken, of all that there are."""
    count = select.get("limitCount", {}).get("A_Const", {}).get("ival")
    if count is None or seen.functions or not select.keys() <= _ALL_ROWS or "RangeVar" not in select["fromClause"][0]:
        return None
    (sort, *more), node = select.get("sortClause", [None]), _first_sorted(select)
    if more or not node or "ColumnRef" not in node or sort["SortBy"]["sortby_nulls"] != "SORTBY_NULLS_DEFAULT":
        return None
    return _names(node["ColumnRef"])[-1], int(count.get("ival", 0))


def _equal(select: dict[str, Any]) -> Iterator[tuple[Column, Column]]:
    """What WHERE and inner joins hold to be equal, of columns that are written with their relation."""
    stack, joins = [select["whereClause"]] if "whereClause" in select else [], list(select["fromClause"])
    while joins:
        join = joins.pop().get("JoinExpr")
        if join:
            joins += [join["larg"], join["rarg"]]
            stack += [join["quals"]] if join["jointype"] == "JOIN_INNER" and "quals" in join else []
    while stack:
        ((kind, node),) = stack.pop().items()
        if kind == "BoolExpr" and node["boolop"] == "AND_EXPR":
            stack += node["args"]
        elif kind == "A_Expr" and node["kind"] == "AEXPR_OP" and node["name"][-1]["String"]["sval"] == "=":
            left, right = (node.get(side, {}).get("ColumnRef") for side in ("lexpr", "rexpr"))
            if left and right and len(left["fields"]) == len(right["fields"]) == 2:
                (its, column), (others, other) = _names(left), _names(right)
                yield (its, column), (others, other)


def _names(reference: dict[str, Any]) -> list[str]:
    return [part.get("String", {}).get("sval", "*") for part in reference["fields"]]


def _columns(parts: list[Any]) -> set[Column]:
    """The columns in parts of a tree, each with what it is said to be of, "" where nothing is said.

    ``*`` stands for those that are not named, or by another name than their own.
    """
    found, stack = set[Column](), parts
    while stack:
        value = stack.pop()
        if type(value) is list:
            stack += value
        elif value:
            for key, child in value.items():
                if key == "ColumnRef":
                    names = _names(child)
                    found.add(("", "*") if "*" in names else (names[-2] if len(names) > 1 else "", names[-1]))
                elif key == "usingClause":
                    found.update(("", name["String"]["sval"]) for name in child)
                elif key in _RENAMING:
                    found.add(("", "*"))
                elif (type(child) is dict or type(child) is list) and key not in _LEAVES:
                    stack.append(child)
    return found
