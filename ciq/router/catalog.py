"""What a live PostgreSQL adds to what is known of every PostgreSQL: its own functions, types and views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_FUNCTIONS = """
SELECT nspname, proname, max(CASE provolatile WHEN 'i' THEN 1 WHEN 's' THEN 2 ELSE 3 END) < 3
FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY nspname, proname
"""
_RELATIONS = """
SELECT nspname, relname, relkind = 'v', relkind <> 'f', CASE WHEN relkind = 'v' THEN pg_get_viewdef(pg_class.oid) END
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname <> 'pg_toast'
"""
# A domain's checks are functions of any kind.
_TYPES = """
SELECT typname FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
WHERE typtype IN ('b', 'e', 'r', 'm') AND typnamespace <> 'pg_catalog'::regnamespace
"""
_OPERATORS = """
SELECT DISTINCT oprname FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode
WHERE provolatile = 'v' AND oprnamespace <> 'pg_catalog'::regnamespace
"""
# Of a database that sorts by ICU the name may still be C.
_BYTEWISE = """
SELECT datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') AND 'a' > 'B' FROM pg_database
WHERE datname = current_database()
"""
_PATH = "SELECT nspname FROM unnest(current_schemas(false)) AS path(nspname)"


@dataclass(frozen=True)
class Catalog:
    """``functions`` say of (schema, name) whether every overload is known to change nothing; ``views`` have the text
    of each view, ``foreign`` the relations whose rows another server or program makes; ``path`` is the search path.
    ``bytewise`` is whether texts sort by their bytes.
    """

    functions: dict[tuple[str, str], bool] = field(default_factory=dict)
    relations: frozenset[tuple[str, str]] = frozenset()
    views: dict[tuple[str, str], str] = field(default_factory=dict)
    foreign: frozenset[tuple[str, str]] = frozenset()
    types: frozenset[str] = frozenset()
    volatile_operators: frozenset[str] = frozenset()
    path: tuple[str, ...] = ("public",)
    bytewise: bool = True

    def function(self, schema: str, name: str) -> bool | None:
        """Whether every function that this name may mean changes nothing; None where there is none."""
        schemas = (schema,) if schema else self.path
        found = [self.functions[place, name] for place in schemas if (place, name) in self.functions]
        return all(found) if found else None

    def place(self, schema: str, name: str) -> tuple[str, str] | None:
        """The relation that a name means, as (schema, name); None where there is none."""
        schemas = (schema,) if schema else ("pg_catalog", *self.path)
        return next(((place, name) for place in schemas if (place, name) in self.relations), None)


def read_catalog(cursor: Any) -> Catalog:
    """The catalogue of the server behind a psycopg2 cursor."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        cursor.execute(query)
        return list(cursor.fetchall())

    relations = rows(_RELATIONS)
    return Catalog(
        functions={(schema, name): bool(steady) for schema, name, steady in rows(_FUNCTIONS)},
        relations=frozenset((schema, name) for schema, name, *_ in relations),
        views={(schema, name): text for schema, name, is_view, _, text in relations if is_view},
        foreign=frozenset((schema, name) for schema, name, _, local, _ in relations if not local),
        types=frozenset(name for (name,) in rows(_TYPES)),
        volatile_operators=frozenset(name for (name,) in rows(_OPERATORS)),
        path=tuple(name for (name,) in rows(_PATH)),
        bytewise=rows(_BYTEWISE) == [(True,)],
    )
