"""Names of a join across engines that differ in case alone: DuckDB would take one for the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ciq.errors import Problem, UsageError
from ciq.router.grammar import nodes, postgres_tree
from ciq.router.statement import Relation


def must_be_told_apart(sql: str, relation: Relation, columns: Iterable[str]) -> None:
    """Refuse columns of a relation that would come over under one name, and a query that hides a relation.

    Raises UsageError with R608.
    """
    _refuse(f"of {relation}, ", columns)
    tree = postgres_tree(sql)
    if not isinstance(tree, str):
        _refuse("", _bare(tree))


def _bare(tree: Any) -> Iterator[str]:
    """The names that may be of a common table expression, or of a relation without its schema."""
    queries = [node["CommonTableExpr"]["ctename"] for node in nodes(tree) if "CommonTableExpr" in node]
    if queries:
        yield from queries
        places = (node["RangeVar"] for node in nodes(tree) if "RangeVar" in node)
        yield from (place["relname"] for place in places if "schemaname" not in place)


def _refuse(whose: str, names: Iterable[str]) -> None:
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(name.lower(), name)
        if other != name:
            message = f"{whose}DuckDB can't tell {other} and {name} apart: it takes no notice of case"
            raise UsageError(Problem("R608", message, help="give one of them another name, by a view for instance"))
