"""Whether what only DuckDB's grammar takes is a read: by its own parser and tree, and by names."""

from __future__ import annotations

import re

from ciq.router import duckdb_walk
from ciq.router.grammar import duckdb_kinds, duckdb_tree
from ciq.router.statement import Statement

RUNNABLE = (["SELECT"], ["EXPLAIN"])
"""What DuckDB may be given, by its own names for the types of statements."""

_EXPLAIN = re.compile(r"\s*explain\s+(?:analyze\s+)?", re.IGNORECASE)


def duckdb_only(sql: str, complaint: str) -> Statement:
    """A text that PostgreSQL's grammar refuses."""
    kinds = duckdb_kinds(sql)
    if isinstance(kinds, str) or not kinds:
        reasons: tuple[str, ...] = (f"neither engine can read it: {complaint}",)
        return Statement(sql, "unsure", ("pg",), reasons, targets=None)
    count = len(kinds)
    if any([kind] not in RUNNABLE for kind in kinds):
        reasons = (f"it is {' and '.join(kinds)} in DuckDB's syntax", f"PostgreSQL: {complaint}")
        return Statement(sql, "write", (), reasons, targets=None, count=count)
    inner = _EXPLAIN.sub("", sql, count=1) if kinds == ["EXPLAIN"] else sql
    tree = duckdb_tree(inner)
    if tree is None:
        reasons = ("DuckDB's tree of it can't be looked into", f"PostgreSQL: {complaint}")
        return Statement(sql, "unsure", (), reasons, targets=None, count=count)
    seen = duckdb_walk.walk(tree)
    unknown = duckdb_walk.unknown(seen)
    return Statement(
        sql,
        "unsure" if unknown else "read",
        () if unknown else ("duckdb",),
        tuple([f"{name}() is not known to do nothing" for name in unknown] or [f"PostgreSQL: {complaint}"]),
        tuple(seen.relations),
        functions=frozenset(names[-1] for names in seen.functions),
        columns=frozenset(seen.columns),
        count=count,
    )
