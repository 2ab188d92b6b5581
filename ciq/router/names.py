"""What PostgreSQL calls the columns of an answer, so that they have one name on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ciq.router.grammar import postgres_tree

Node = dict[str, Any]
_NAMELESS = "?column?"
_ALWAYS = {"CoalesceExpr": "coalesce", "A_ArrayExpr": "array", "RowExpr": "row", "GroupingFunc": "grouping"}
_OF_SUBQUERIES = {"EXISTS_SUBLINK": "exists", "ARRAY_SUBLINK": "array"}


def names(sql: str, given: Sequence[str]) -> list[str]:
    """The names of the columns of a query that PostgreSQL's grammar takes; ``given`` are another engine's.

    The rules are those of FigureColname in PostgreSQL's parser. Columns that a star stands for keep their names.
    """
    tree = postgres_tree(sql)
    if isinstance(tree, str) or len(tree) != 1 or "SelectStmt" not in tree[0]["stmt"]:
        return list(given)
    select = leftmost(tree[0]["stmt"]["SelectStmt"])
    if "valuesLists" in select:
        return [f"column{number}" for number in range(1, len(given) + 1)]
    targets = [item["ResTarget"] for item in select.get("targetList", [])]
    stars = [at for at, target in enumerate(targets) if is_star(target)]
    found = [output(target) for target in targets]
    if not stars:
        return found if len(found) == len(given) else list(given)
    before, after = found[: stars[0]], found[stars[-1] + 1 :]
    return [*before, *given[len(before) : len(given) - len(after)], *after]


def leftmost(select: Node) -> Node:
    """The query that names the columns, where several are put together."""
    while "larg" in select:
        select = select["larg"]
    return select


def is_star(target: Node) -> bool:
    """Whether an item of a SELECT stands for all columns."""
    return "A_Star" in target["val"].get("ColumnRef", {}).get("fields", [{}])[-1]


def output(target: Node) -> str:
    """What a column of an answer is called that is no star."""
    return str(target["name"]) if "name" in target else _figured(target["val"])[0] or _NAMELESS


def _figured(node: Node) -> tuple[str | None, bool]:
    """A name for a value, and whether it is a good one: a cast or a CASE has its own only where there is no better."""
    ((kind, body),) = node.items()
    if kind in _ALWAYS:
        return _ALWAYS[kind], True
    if kind in ("ColumnRef", "FuncCall"):
        return _last(body["fields" if kind == "ColumnRef" else "funcname"]), True
    if kind == "TypeCast":
        name, good = _figured(body["arg"])
        return (name, True) if good else (_last(body["typeName"]["names"]), False)
    if kind == "CaseExpr":
        name, good = _figured(body["defresult"]) if "defresult" in body else (None, False)
        return (name, True) if good else ("case", False)
    if kind == "SubLink":
        return _of_subquery(body)
    if kind == "A_Expr" and body["kind"] == "AEXPR_NULLIF":
        return "nullif", True
    return _figured(body["arg"]) if kind == "CollateClause" else (None, False)


def _of_subquery(body: Node) -> tuple[str | None, bool]:
    if body["subLinkType"] != "EXPR_SUBLINK":
        name = _OF_SUBQUERIES.get(body["subLinkType"])
        return name, name is not None
    targets = body["subselect"]["SelectStmt"].get("targetList", [])
    if not targets:
        return None, False
    first = targets[0]["ResTarget"]
    return (first["name"], True) if "name" in first else _figured(first["val"])


def _last(parts: list[Node]) -> str | None:
    name: str | None = parts[-1].get("String", {}).get("sval")
    return name
