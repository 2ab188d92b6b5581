"""What each FROM of a PostgreSQL parse tree reads, and the constants that its WHERE holds columns to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ciq.router.statement import Constant, Filter, Relation, Scan, Span

_SPANS = {"=": (True, True), "<": (False, True), "<=": (False, True), ">": (True, False), ">=": (True, False)}
"""Whether a constant on the right bounds a column from below and from above."""

_FLIPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TIMES = frozenset({"date", "timestamp", "timestamptz"})


def relation(node: dict[str, Any]) -> Relation:
    """A RangeVar as a relation."""
    return Relation(node["relname"], node.get("schemaname", ""), node.get("catalogname", ""))


def scans(select: dict[str, Any], scope: frozenset[str]) -> list[Scan]:
    """The relations in a FROM, once for each time; ``scope`` are the names of common table expressions."""
    found = list(tables(select["fromClause"], scope))
    if not found:
        return []
    filters = [] if renames(select["fromClause"]) else list(_filters(select.get("whereClause")))
    return [Scan(table, tuple(each for whose, each in filters if whose in ("", alias))) for alias, table in found]


def tables(items: list[dict[str, Any]], scope: frozenset[str]) -> Iterator[tuple[str, Relation]]:
    """The relations of a FROM, each with what it is called there."""
    stack = list(items)
    while stack:
        ((kind, node),) = stack.pop().items()
        if kind == "JoinExpr":
            stack += [node["larg"], node["rarg"]]
        elif kind == "RangeVar" and ("schemaname" in node or node["relname"] not in scope):
            yield node.get("alias", {}).get("aliasname", node["relname"]), relation(node)


def renames(items: list[dict[str, Any]]) -> bool:
    """Whether a FROM gives columns other names than their relations do."""
    stack = list(items)
    while stack:
        (node,) = stack.pop().values()
        if "colnames" in node.get("alias", {}):
            return True
        stack += [node[side] for side in ("larg", "rarg") if side in node]
    return False


def _filters(where: dict[str, Any] | None) -> Iterator[tuple[str, Filter]]:
    """What must hold of single columns; with whose columns they are, "" where that is not said."""
    stack = [where] if where else []
    while stack:
        ((kind, node),) = stack.pop().items()
        if kind == "BoolExpr" and node["boolop"] == "AND_EXPR":
            stack += node["args"]
        elif kind == "A_Expr":
            left, right, name = node.get("lexpr", {}), node.get("rexpr", {}), node["name"][-1]["String"]["sval"]
            if "ColumnRef" in right:
                left, right, name = right, left, _FLIPPED.get(name, "")
            parts = [part["String"]["sval"] for part in left.get("ColumnRef", {}).get("fields", []) if "String" in part]
            if 1 <= len(parts) <= 2 and (spans := _spans(node["kind"], name, right)):
                yield ("" if len(parts) == 1 else parts[0]), Filter(parts[-1], spans)


def _spans(kind: str, name: str, right: dict[str, Any]) -> tuple[Span, ...]:
    """The spans that a comparison leaves to a column; none where it is not with constants."""
    if kind == "AEXPR_OP" and name in _SPANS:
        value, (low, high) = _constant(right), _SPANS[name]
        return () if value is None else ((value if low else None, value if high else None),)
    values = [_constant(item) for item in right.get("List", {}).get("items", [])]
    constants = [value for value in values if value is not None]
    if len(constants) < len(values):
        return ()
    if kind == "AEXPR_BETWEEN":
        return ((constants[0], constants[1]),)
    return tuple((value, value) for value in constants) if kind == "AEXPR_IN" and name == "=" else ()


def _constant(node: dict[str, Any]) -> Constant | None:
    """A number, a text or a time written out, or a sum of numbers."""
    ((kind, inside),) = node.items() if node else (("", {}),)
    if kind == "A_Const":
        if "ival" in inside:
            return int(inside["ival"].get("ival", 0))
        return _number(inside["fval"]["fval"]) if "fval" in inside else inside.get("sval", {}).get("sval")
    if kind == "TypeCast" and inside["typeName"]["names"][-1]["String"]["sval"] in _TIMES:
        return _constant(inside["arg"])
    if kind == "A_Expr" and inside["kind"] == "AEXPR_OP" and inside["name"][-1]["String"]["sval"] in ("+", "-"):
        left = _constant(inside["lexpr"]) if "lexpr" in inside else 0
        right = _constant(inside["rexpr"])
        if isinstance(left, int | float) and isinstance(right, int | float):
            return left + right if inside["name"][-1]["String"]["sval"] == "+" else left - right
    return None


def _number(text: str) -> float | None:
    """A number beside small integers; None for one with another radix, which bounds nothing then."""
    try:
        return float(text)
    except ValueError:
        return None
