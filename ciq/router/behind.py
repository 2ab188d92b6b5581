"""The tables that a write to a view goes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ciq.router.catalog import Catalog
from ciq.router.grammar import postgres_tree
from ciq.router.postgres_scans import relation
from ciq.router.statement import Relation


def behind(targets: Iterable[Relation], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """What the views among ``targets`` are made from, to the bottom, as (schema, name)."""
    stack = [catalog.place(target.schema, target.name) for target in targets]
    met: set[tuple[str, str]] = set()
    while stack:
        place = stack.pop()
        if place is None or place in met or place not in catalog.views:
            continue
        met.add(place)
        tree = postgres_tree(catalog.views[place])
        # PostgreSQL writes through a view to what stands in its FROM alone; what it reads otherwise is not written.
        sources = [] if isinstance(tree, str) else tree[0]["stmt"]["SelectStmt"].get("fromClause", [])
        found = [relation(item["RangeVar"]) for item in sources if "RangeVar" in item]
        places = [catalog.place(each.schema, each.name) for each in found]
        yield from filter(None, places)
        stack += places
