"""Whether a PostgreSQL statement takes a whole row for a value: a record there, and a struct of DuckDB's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def takes_rows(tree: Any) -> bool:
    """Whether the name of something in a FROM stands where a value does; a column of that name may be meant as well."""
    stack: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        value, names = stack.pop()
        if type(value) is list:
            stack.extend((item, names) for item in value)
        elif type(value) is dict:
            if "fromClause" in value:
                names = names.union(_names(value["fromClause"]))
            fields = value.get("ColumnRef", {}).get("fields", [])
            if len(fields) == 1 and fields[0].get("String", {}).get("sval") in names:
                return True
            stack.extend((child, names) for child in value.values())
    return False


def _names(items: list[dict[str, Any]]) -> Iterator[str]:
    stack = list(items)
    while stack:
        ((kind, node),) = stack.pop().items()
        if kind == "JoinExpr":
            stack += [node["larg"], node["rarg"]]
        if name := node.get("alias", {}).get("aliasname", node.get("relname")):
            yield name
