"""What means the same on both engines, so that either may answer.

The list is short on purpose: what is not on it stays with one engine. Each entry has a row in
``tests/router/test_portable.py``, and so has each difference that keeps something off it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ciq.router.grammar import postgres_tree

_NODE_NAMES = """
A_Const A_Expr A_Star Alias BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr ColumnRef CommonTableExpr Float FuncCall
Integer JoinExpr List NullTest RangeSubselect RangeVar ResTarget SelectStmt SortBy String SubLink TypeCast TypeName
"""
NODES = frozenset(_NODE_NAMES.split())
FUNCTIONS = frozenset({"count", "sum", "avg", "min", "max", "abs", "extract", "substring"})
OPERATORS = frozenset({"=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "~~", "!~~", "||"})
TYPES = frozenset({"date", "interval", "float8"})
_EXTRACTED = frozenset({"year", "month", "day"})
_ORDERING = frozenset({"<", ">", "<=", ">="})
_BETWEEN = ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN")


def objection(sql: str, bytewise: bool = True) -> str | None:
    """Why the two engines might answer a query differently, or None where they answer alike.

    ``bytewise`` says that PostgreSQL sorts texts by their bytes, as DuckDB does.
    """
    tree = postgres_tree(sql)
    if isinstance(tree, str) or len(tree) != 1:
        return "it is not one statement that both engines can read"
    if "\\" in sql:
        return "a backslash escapes in PostgreSQL's LIKE, and nothing in DuckDB's"
    stack: list[Any] = [tree[0]["stmt"]]
    while stack:
        value = stack.pop()
        if type(value) is list:
            stack.extend(value)
        elif type(value) is dict:
            for key, child in value.items():
                if key[0].isupper() and (reason := _node(key, child) or (None if bytewise else _sorted(key, child))):
                    return reason
                if key == "typeName" and (reason := _type(child)):
                    return reason
                if type(child) is dict or type(child) is list:
                    stack.append(child)
    return None


def _node(kind: str, node: dict[str, Any]) -> str | None:
    if kind not in NODES:
        return f"{kind} is not on the list of what both engines answer alike"
    check = _CHECKS.get(kind)
    return check(node) if check else None


def _call(node: dict[str, Any]) -> str | None:
    name, arguments = _last(node["funcname"]), node.get("args", [])
    if name not in FUNCTIONS or "over" in node:
        return f"the function {name}() is not on the list of what both engines answer alike"
    if name == "extract" and _text(arguments[0]) not in _EXTRACTED:
        return "only the year, month and day of a date are taken out alike"
    if name == "substring" and not all(_positive(argument) for argument in arguments[1:]):
        return "substring() counts alike from a constant position of 1 or more only"
    return None


def _operator(node: dict[str, Any]) -> str | None:
    name = _last(node["name"])
    if node["kind"] in _BETWEEN:
        return None
    if name not in OPERATORS:
        return f"the operator {name} is not on the list of what both engines answer alike"
    if name in ("/", "%") and not _positive(node["rexpr"]):
        return "division by 0 fails in PostgreSQL and gives NULL in DuckDB, so the divisor has to be a constant"
    return None


def _sorted(kind: str, node: dict[str, Any]) -> str | None:
    """What depends on the order of texts."""
    compares = kind == "A_Expr" and (node["kind"] in _BETWEEN or _last(node["name"]) in _ORDERING)
    extreme = kind == "FuncCall" and _last(node["funcname"]) in ("min", "max")
    return (
        "PostgreSQL sorts texts by a locale here, DuckDB by bytes" if kind == "SortBy" or compares or extreme else None
    )


def _type(node: dict[str, Any]) -> str | None:
    name = _last(node["names"])
    return None if name in TYPES else f"a cast to {name} is not on the list of what both engines answer alike"


_CHECKS: dict[str, Callable[[dict[str, Any]], str | None]] = {"FuncCall": _call, "A_Expr": _operator, "TypeName": _type}


def _last(parts: list[dict[str, Any]]) -> str:
    return str(parts[-1]["String"]["sval"])


def _text(node: dict[str, Any]) -> str:
    return str(node.get("A_Const", {}).get("sval", {}).get("sval", ""))


def _positive(node: dict[str, Any]) -> bool:
    """Whether a node is a number written out, and more than 0."""
    constant = node.get("A_Const", {})
    number = constant.get("ival", {}).get("ival") or constant.get("fval", {}).get("fval") or 0
    return float(number) > 0
