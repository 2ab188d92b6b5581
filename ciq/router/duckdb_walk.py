"""What a DuckDB parse tree names, for statements that only DuckDB's grammar takes."""

from __future__ import annotations

from typing import Any

from ciq.router.catalogue import FILE_READERS, duckdb
from ciq.router.postgres_walk import Seen
from ciq.router.statement import Relation


def walk(tree: dict[str, Any]) -> Seen:
    """Everything in a tree of ``json_serialize_sql``; names are lower-cased, as DuckDB compares them.

    What a common table expression hides is not told apart by place: its name counts nowhere as a relation.
    """
    seen = Seen()
    hidden: set[str] = set()
    stack: list[Any] = [tree]
    while stack:
        value = stack.pop()
        if type(value) is list:
            stack.extend(value)
            continue
        if type(value) is not dict:
            continue
        stack.extend(child for child in value.values() if type(child) is dict or type(child) is list)
        if "cte_map" in value:
            hidden |= {entry["key"].lower() for entry in value["cte_map"]["map"]}
        _node(seen, value)
    for found in [found for found in seen.relations if not found.schema and found.name.lower() in hidden]:
        del seen.relations[found]
    return seen


def _node(seen: Seen, node: dict[str, Any]) -> None:
    kind = node.get("type")
    if "function_name" in node:
        seen.functions.add((node["function_name"].lower(),))
    elif kind == "BASE_TABLE":
        seen.relations[relation(node["table_name"], node["schema_name"], node["catalog_name"])] = None
    elif kind == "COLUMN_REF":
        seen.columns.add(node["column_names"][-1])
    elif kind == "STAR":
        seen.columns.add("*")


def relation(name: str, schema: str = "", catalog: str = "") -> Relation:
    """A relation, which is a file where its name looks like a path."""
    return Relation(name, schema, catalog, is_file=not schema and ("/" in name or "." in name))


def reads_files(functions: frozenset[str]) -> bool:
    """Whether one of the functions reads a file by name."""
    return not FILE_READERS.isdisjoint(functions)


def unknown(seen: Seen) -> list[str]:
    """The called functions that are not known to change nothing."""
    reading = duckdb().reading
    return sorted({names[-1] for names in seen.functions if names[-1] not in reading and names[-1][0].isalpha()})
