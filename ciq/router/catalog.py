"""What a live PostgreSQL adds to what is known of every PostgreSQL: its own functions, types and views."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Columns = dict[tuple[str, str], frozenset[str]]
"""Names of columns by the schema and the name of their relation."""

# An aggregate is called immutable whatever its parts are.
_FUNCTIONS = """
SELECT nspname, proname, bool_and(provolatile <> 'v' AND NOT EXISTS (
    SELECT FROM pg_aggregate JOIN pg_proc part ON part.provolatile = 'v' AND part.oid IN (aggtransfn, aggfinalfn,
        aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn)
    WHERE aggfnoid = pg_proc.oid))
FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY nspname, proname
"""
_RELATIONS = """
WITH RECURSIVE far AS (
    SELECT oid FROM pg_class WHERE relkind = 'f'
    UNION SELECT inhparent FROM pg_inherits JOIN far ON far.oid = inhrelid
)
SELECT nspname, relname, pg_class.oid IN (SELECT oid FROM far), relrowsecurity,
    CASE WHEN relkind = 'v' THEN pg_get_viewdef(pg_class.oid) END
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname <> 'pg_toast'
"""
_CASTS = """
SELECT FROM pg_cast JOIN pg_proc ON pg_proc.oid = castfunc
WHERE provolatile = 'v' AND pronamespace <> 'pg_catalog'::regnamespace LIMIT 1
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
# Before version 15 there is one provider of locales and no column that names it.
_BYTEWISE = """
SELECT pg_encoding_to_char(encoding) = 'UTF8' AND CASE coalesce(to_jsonb(pg_database) ->> 'datlocprovider', 'c')
    WHEN 'c' THEN datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') WHEN 'b' THEN true ELSE false END
FROM pg_database WHERE datname = current_database()
"""
COMPARES_ALIKE = """
typname IN ('bool', 'int2', 'int4', 'int8', 'float8', 'numeric', 'date', 'timestamp', 'text', 'varchar')
AND (typname <> 'numeric' OR (atttypmod - 4) >> 16 BETWEEN (atttypmod - 4) & 2047 AND 38)
AND coalesce(collname IN ('default', 'C', 'POSIX', 'ucs_basic'), true)
"""
"""Whether the values of a column (pg_attribute with its pg_type and pg_collation) compare alike on both engines, where
texts do in a collation that goes by bytes or is the database's own. Floats of 4 bytes are compared as 8 by PostgreSQL
alone, and DuckDB has fewer places of a numeric without a precision, with one above 38, or a scale not within it.
"""

# An instant compares alike, but is no time without a zone, as Parquet's may be.
_UNLIKE = f"""
SELECT nspname, relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_type ON pg_type.oid = atttypid
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f')
AND nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
AND typname <> 'timestamptz' AND NOT ({COMPARES_ALIKE})
"""  # noqa: S608  # of this very file
_KINDS = """
SELECT nspname, relname, attname, typname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_type ON pg_type.oid = atttypid
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f')
AND nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
AND typname IN ('int2', 'int4', 'int8', 'text', 'varchar')
"""
# With an index over expressions, or over some of the rows, any condition might find fewer. A table's key is none of
# those that inherit from it.
_TABLES = """
SELECT nspname, relname, CASE WHEN relkind <> 'p' AND reltuples > 0 AND NOT bool_or(odd)
        THEN reltuples * current_setting('cpu_tuple_cost')::float8 ELSE 0 END,
    coalesce(json_agg(columns) FILTER (WHERE columns IS NOT NULL), '[]')::text,
    coalesce(json_agg(columns) FILTER (WHERE sole AND NOT odd AND (relkind = 'p' OR NOT relhassubclass)), '[]')::text,
    CASE WHEN reltuples > 0 THEN relpages * current_setting('block_size')::float8 / reltuples / 1e6 ELSE 0 END
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace CROSS JOIN LATERAL (
    SELECT indisunique AND indisvalid AS sole, indexprs IS NOT NULL OR indpred IS NOT NULL AS odd, (
        SELECT json_agg(attname) FROM unnest(indkey::int2[]) WITH ORDINALITY part (number, place)
        JOIN pg_attribute ON attrelid = indrelid AND attnum = number WHERE place <= indnkeyatts) AS columns
    FROM pg_index WHERE indrelid = pg_class.oid
    UNION ALL SELECT false, false, NULL
) AS indexes
WHERE relkind IN ('r', 'm', 'p') AND nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
GROUP BY nspname, relname, relkind, relpages, reltuples
"""
# In the order of the key each row is on a page of its own, or shares it with its neighbours, or something between: the
# planner goes by the square of their correlation. What else is done with a row, be it sorted and grouped, is less than
# to come to it eight times.
_ORDERED = """
SELECT nspname, relname, pg_attribute.attname,
    current_setting('random_page_cost')::float8
        * (1.01 - correlation ^ 2 * (1 - least(relpages / reltuples::float8, 1)))
        + 8 * current_setting('cpu_tuple_cost')::float8
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
JOIN pg_stats ON schemaname = nspname AND tablename = relname AND pg_stats.attname = pg_attribute.attname
WHERE relkind IN ('r', 'm') AND reltuples > 0 AND NOT relhassubclass AND NOT inherited
AND indisunique AND indisvalid AND indnkeyatts = 1 AND indexprs IS NULL AND indpred IS NULL AND indoption[0] IN (0, 3)
AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
"""
_WHOLE = frozenset({"int2", "int4", "int8"})
_PAGE = "SELECT current_setting('random_page_cost')::float8"
_PATH = "SELECT nspname FROM unnest(current_schemas(false)) AS path(nspname)"


@dataclass(frozen=True)
class Table:
    """``rows_cost`` is the least that the planner takes all rows to cost, 0 where that is not known; ``indexed`` are
    the columns of indexes, ``keys`` the columns that have a row at most for each of their values.

    ``ordered`` are whole numbers that are a key alone, each with the most that a further row in its order may cost;
    ``row_mb`` is the size of a row.
    """

    rows_cost: float
    indexed: frozenset[str]
    keys: tuple[frozenset[str], ...]
    ordered: Mapping[str, float]
    row_mb: float


@dataclass(frozen=True)
class Catalog:
    """``functions`` say of (schema, name) whether every overload is known to change nothing; ``views`` have the text
    of each view, ``foreign`` the relations of whose rows another server or program makes some, ``guarded`` those with
    row security, whose policies call functions. ``casts`` is whether a cast may change something; ``path`` is the
    search path.
    ``bytewise`` is whether texts sort by their bytes, as UTF-8 has them; ``unlike`` are the columns of each relation
    whose values DuckDB may compare otherwise, ``whole`` those that are whole numbers, ``small`` of two bytes, ``texts``
    those that are texts.
    ``page_cost`` is what the planner takes a page to cost.
    """

    functions: dict[tuple[str, str], bool] = field(default_factory=dict)
    relations: frozenset[tuple[str, str]] = frozenset()
    views: dict[tuple[str, str], str] = field(default_factory=dict)
    foreign: frozenset[tuple[str, str]] = frozenset()
    guarded: frozenset[tuple[str, str]] = frozenset()
    types: frozenset[str] = frozenset()
    casts: bool = False
    volatile_operators: frozenset[str] = frozenset()
    path: tuple[str, ...] = ("public",)
    bytewise: bool = True
    unlike: Columns = field(default_factory=dict)
    whole: Columns = field(default_factory=dict)
    small: Columns = field(default_factory=dict)
    texts: Columns = field(default_factory=dict)
    tables: dict[tuple[str, str], Table] = field(default_factory=dict)
    page_cost: float = 4.0

    def function(self, schema: str, name: str) -> bool | None:
        """Whether every function that this name may mean changes nothing; None where there is none."""
        schemas = (schema,) if schema else self.path
        found = [self.functions[place, name] for place in schemas if (place, name) in self.functions]
        return all(found) if found else None

    def place(self, schema: str, name: str) -> tuple[str, str] | None:
        """The relation that a name means, as (schema, name); None where there is none."""
        for place in (schema,) if schema else ("pg_catalog", *self.path):
            if (place, name) in self.relations:
                return place, name
        return None

    @cached_property
    def volatile(self) -> frozenset[str]:
        """The names of functions, as they are called without a schema, that may change something."""
        return frozenset(name for _, name in self.functions if self.function("", name) is False)


def read_catalog(cursor: Any) -> Catalog:
    """The catalogue of the server behind a psycopg2 cursor."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        cursor.execute(query)
        return list(cursor.fetchall())

    relations = rows(_RELATIONS)
    kinds = [(tuple(row), kind) for *row, kind in rows(_KINDS)]
    ordered = defaultdict[tuple[str, str], dict[str, float]](dict)
    for schema, name, column, cost in rows(_ORDERED):
        ordered[schema, name][column] = cost
    return Catalog(
        functions={(schema, name): bool(steady) for schema, name, steady in rows(_FUNCTIONS)},
        relations=frozenset((schema, name) for schema, name, *_ in relations),
        views={(schema, name): text for schema, name, _, _, text in relations if text is not None},
        foreign=frozenset((schema, name) for schema, name, far, _, _ in relations if far),
        guarded=frozenset((schema, name) for schema, name, _, guarded, _ in relations if guarded),
        types=frozenset(name for (name,) in rows(_TYPES)),
        casts=bool(rows(_CASTS)),
        volatile_operators=frozenset(name for (name,) in rows(_OPERATORS)),
        path=tuple(name for (name,) in rows(_PATH)),
        bytewise=rows(_BYTEWISE) == [(True,)],
        unlike=_columns(rows(_UNLIKE)),
        whole=_columns(row for row, kind in kinds if kind in _WHOLE),
        small=_columns(row for row, kind in kinds if kind == "int2"),
        texts=_columns(row for row, kind in kinds if kind not in _WHOLE),
        tables={(schema, name): _table(ordered[schema, name], *facts) for schema, name, *facts in rows(_TABLES)},
        page_cost=rows(_PAGE)[0][0],
    )


def _table(ordered: Mapping[str, float], rows_cost: float, indexes: str, keys: str, row_mb: float) -> Table:
    """``indexes`` and ``keys`` are lists of columns in JSON."""
    indexed, alone = json.loads(indexes), json.loads(keys)
    return Table(rows_cost, frozenset[str]().union(*indexed), tuple(map(frozenset, alone)), ordered, row_mb)


def _columns(rows: Iterable[tuple[Any, ...]]) -> Columns:
    found: dict[tuple[str, str], set[str]] = {}
    for schema, name, column in rows:
        found.setdefault((schema, name), set()).add(column)
    return {place: frozenset(columns) for place, columns in found.items()}
