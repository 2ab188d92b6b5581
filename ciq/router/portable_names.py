"""What stands under a name, or in a place, that is another one to DuckDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ciq.router.grammar import nodes
from ciq.router.names import is_star, leftmost, output
from ciq.router.postgres_walk import Seen

Node = dict[str, Any]
_MANY = 100
_LEAVES = frozenset({"ColumnRef", "A_Const", "TypeName", "RangeVar", "funcname", "name", "alias"})
"""What no query is below."""

_INNER = frozenset({"SelectStmt"})


def misnamed(seen: Seen) -> str | None:
    """Why a name of a query may mean something else to DuckDB."""
    names = {*seen.columns, *seen.rows, *seen.outputs}
    if len({name.lower() for name in names}) < len(names):
        return "DuckDB can't tell names apart that differ in case alone"
    if any(_sorts_otherwise(node, seen) for node in seen.sorts):
        return "DuckDB sorts by a column of the answer where one of a relation is meant"
    if seen.merged and any(len(star["fields"]) == 1 for star in seen.stars):
        return "a star stands for the merged columns of a join in their place in DuckDB, and first in PostgreSQL"
    if any(_is_named_otherwise(table, seen) for table in seen.tables):
        return "a column without a name, or one of two of one name, is called otherwise in a subquery of DuckDB's"
    inner = (*seen.sublinks, *(table for table in seen.tables if table.get("lateral")))
    if seen.outputs and any(_captures(node["SelectStmt"]) for node in nodes([*inner], _LEAVES) if "SelectStmt" in node):
        return "a name in a subquery means a column of the answer to DuckDB where an outer one is meant"
    return None


def _sorts_otherwise(sort: Node, seen: Seen) -> bool:
    """Whether a name of the answer is sorted by as a part of an expression, or with its relation."""
    whole = sort["node"].get("ColumnRef")
    if not seen.outputs or (whole and len(whole["fields"]) == 1):
        return False
    references = (node["ColumnRef"]["fields"] for node in nodes(sort, _LEAVES) if "ColumnRef" in node)
    return any(fields[-1].get("String", {}).get("sval") in seen.outputs for fields in references)


def _is_named_otherwise(table: Node, seen: Seen) -> bool:
    """Whether a column of a subquery that has no name of its own in DuckDB may be named outside of it."""
    if "aliascolnames" in table or "colnames" in table.get("alias", {}):
        return False
    query = table["ctequery"] if "ctequery" in table else table["subquery"]
    unsteady = set(_unsteady(leftmost(query["SelectStmt"])))
    if not unsteady or not unsteady.isdisjoint(seen.columns):
        return bool(unsteady)
    # Each subquery is looked through for the stars in it; where there are many, none is taken to be.
    stars = ("A_Star" in node["ColumnRef"]["fields"][-1] for node in nodes(query) if "ColumnRef" in node)
    return len(seen.stars) > (sum(stars) if len(seen.tables) <= _MANY else 0)


def _unsteady(select: Node) -> Iterator[str]:
    """The names that PostgreSQL alone gives columns; a star stands for those of a join, which may have two alike."""
    yield from (f"column{number}" for number, _ in enumerate(_first_row(select), 1))
    targets = [item["ResTarget"] for item in select.get("targetList", [])]
    named = [target for target in targets if not is_star(target)]
    yield from (output(target) for target in named if "name" not in target and "ColumnRef" not in target["val"])
    yield from (name for name, count in Counter(map(output, named)).items() if count > 1)
    sources = select.get("fromClause", [])
    if len(named) < len(targets) and (
        len(targets) > 1 or len(sources) > 1 or any("JoinExpr" in source for source in sources)
    ):
        yield "*"


def _first_row(select: Node) -> list[Node]:
    rows: list[Node] = select.get("valuesLists", [{"List": {"items": []}}])
    items: list[Node] = rows[0]["List"]["items"]
    return items


def _captures(select: Node) -> bool:
    """Whether a query within an expression calls a column of its answer as it calls what may be one outside."""
    targets = [item["ResTarget"] for item in select.get("targetList", [])]
    named = [_bare(target["val"]) for target in targets]
    counts = Counter(name for names in named for name in names)
    rest = _bare([select.get("whereClause"), select.get("havingClause")])
    for target, own in zip(targets, named, strict=True):
        name = target.get("name")
        if name and _last(target["val"]) != name and (name in rest or counts[name] > (name in own)):
            return True
    return False


def _bare(tree: Any) -> set[str]:
    """The references to columns that don't say of which relation, but those of queries within."""
    references = (node["ColumnRef"]["fields"] for node in nodes(tree, _INNER) if "ColumnRef" in node)
    return {fields[0].get("String", {}).get("sval", "") for fields in references if len(fields) == 1}


def _last(value: Node) -> str | None:
    """The name of a column, where a value is one."""
    name: str | None = value.get("ColumnRef", {}).get("fields", [{}])[-1].get("String", {}).get("sval")
    return name
