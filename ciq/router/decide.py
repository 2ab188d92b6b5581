"""Where a statement runs, rule by rule; no rule sends a write to DuckDB, and none runs what nobody may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ciq.errors import Problem
from ciq.router.behind import behind
from ciq.router.catalog import Catalog
from ciq.router.catalogue import FILE_READERS
from ciq.router.lake import Key, Lake
from ciq.router.settings import Added, Cost, Settings
from ciq.router.statement import ENGINES, Engine, Relation, Statement

Context = Literal["batch", "api"]
SYSTEM = frozenset({"pg_catalog", "information_schema"})
_ITS_OWN = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})
"""Columns that each of PostgreSQL's tables has, and that no copy of one has."""

_ROWS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
"""Writes of rows, which through a view are those of the tables behind it."""


class Spoken(NamedTuple):
    """A rule that had something to say."""

    rule: str
    says: str


@dataclass(frozen=True)
class Decision:
    """``engine`` is where the statement runs, None where ``problem`` says why it may not.

    ``rule`` decided, ``spoke`` are all that spoke, in order. ``estimates`` are milliseconds, and ``figures``
    what they were made of. ``pulled`` are PostgreSQL's relations that DuckDB needs for a join. ``other`` is the engine
    that has the same data and would answer alike, where nobody asked for the one chosen; ``apart`` the one that has
    them and might answer otherwise.
    """

    statement: Statement
    engine: Engine | None
    rule: str
    spoke: tuple[Spoken, ...]
    problem: Problem | None = None
    estimates: Mapping[Engine, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    pulled: tuple[Relation, ...] = ()
    other: Engine | None = None
    apart: Engine | None = None


@dataclass(frozen=True)
class Located:
    """Which engines have all relations, where they are in the lake, and what keeps the others from it."""

    engines: frozenset[Engine]
    keys: Mapping[Relation, Key]
    pulled: tuple[Relation, ...] = ()
    problem: Problem | None = None


def refusal(statement: Statement, write: bool, settings: Settings, catalog: Catalog | None = None) -> Problem | None:
    """Why a statement may not run anywhere."""
    if statement.count != 1:
        return Problem("R603", f"one statement at a time; this is {statement.count}", help="run them one by one")
    if len(statement.hints) > 1:
        return Problem("R604", f"the hints disagree: {', '.join(statement.hints)}", help="keep one of them")
    if statement.kind == "write":
        return _write_refusal(statement, write, settings.defaults.pg_write_schemas, catalog)
    if not statement.dialects:
        return Problem("R606", f"no engine may run it: {'; '.join(statement.reasons)}")
    if statement.effects:
        message = f"READ ONLY does not hold what {statement.effects[0]}() may do"
        return Problem("R607", message, help="call it with psql, if the effect is meant")
    return None


def _write_refusal(
    statement: Statement, write: bool, schemas: Sequence[str], catalog: Catalog | None
) -> Problem | None:
    if not statement.dialects:
        message = f"writes go to PostgreSQL, which can't read this: {'; '.join(statement.reasons)}"
        return Problem("R606", message, help="write it in PostgreSQL's syntax")
    if not write:
        message = f"it may change something: {', '.join(statement.reasons) or 'a write'}"
        return Problem("R601", message, help="say --write (Router(write=True)), if the change is meant")
    if statement.targets is None:
        message = f"{statement.reasons[0]} does not name every table that it changes"
        return Problem("R602", message, help="run it with psql, if it is meant")
    outside = [str(target) for target in statement.targets if target.schema not in schemas]
    if not outside and catalog and not _ROWS.isdisjoint(statement.reasons):
        places = behind(statement.targets, catalog)
        outside = [f"{'.'.join(place)}, behind a view," for place in places if place[0] not in schemas]
    if outside:
        message = f"{outside[0]} is not in a schema that may be written ({', '.join(schemas) or 'there is none'})"
        return Problem("R602", message, help="name the schema, and add it to defaults.pg_write_schemas in router.yml")
    return None


def locate(statement: Statement, lake: Lake, catalog: Catalog | None, added: Mapping[Engine, Added]) -> Located:
    """Where the relations are. Without a catalogue, what no added engine has is taken for PostgreSQL's, too."""
    keys: dict[Relation, Key] = {}
    having: list[frozenset[Engine]] = []
    for relation in statement.relations:
        in_lake = lake.candidates(relation) if relation.schema not in SYSTEM and not relation.is_file else []
        there = [engine for engine, block in added.items() if str(relation) in block.relations]
        in_pg = _in_postgres(relation, catalog) if catalog or not there else None
        if in_lake and in_pg and in_pg != in_lake[0] and not relation.schema:
            return Located(frozenset(), keys, problem=_ambiguous(relation, in_lake[0], in_pg))
        if in_lake:
            keys[relation] = in_lake[0]
        there += ["duckdb"] if in_lake or relation.is_file else []
        there += ["pg"] if in_pg and not relation.is_file else []
        if not there:
            return Located(frozenset(), keys, problem=_missing(relation, lake, catalog))
        having.append(frozenset(there))
    engines = frozenset({*ENGINES, *(added if having else ())}).intersection(*having)
    if not FILE_READERS.isdisjoint(statement.functions):
        engines &= {"duckdb"}
    its_own = sorted(statement.columns & _ITS_OWN)
    if its_own and catalog and "pg" in engines:
        return Located(frozenset({"pg"}), keys)
    if engines or not all(some & set(ENGINES) for some in having):
        return Located(engines, keys)
    carried = [relation for relation, some in zip(statement.relations, having, strict=True) if "duckdb" not in some]
    problem = _own_column(its_own[0]) if its_own else _of_the_system(carried) or _same_name(carried, lake)
    return (
        Located(frozenset(), keys, problem=problem) if problem else Located(frozenset({"duckdb"}), keys, tuple(carried))
    )


def _in_postgres(relation: Relation, catalog: Catalog | None) -> Key | None:
    if catalog is None or relation.schema in SYSTEM:
        return (relation.schema or "public", relation.name)
    return catalog.place(relation.schema, relation.name)


def _ambiguous(relation: Relation, lake: Key, postgres: Key) -> Problem:
    candidates = f"{'.'.join(lake)} in DuckDB and {'.'.join(postgres)} in PostgreSQL"
    return Problem("R608", f"{relation} may be {candidates}", help="write it with its schema")


def _own_column(name: str) -> Problem:
    message = f"{name} is a column of each of PostgreSQL's tables, which is not carried over to DuckDB"
    return Problem("R606", message, help="give it another name by a view of PostgreSQL's, or in the Parquet file")


def _of_the_system(carried: Sequence[Relation]) -> Problem | None:
    for relation in carried:
        if relation.schema in SYSTEM:
            help_ = "make a view of it in a schema of yours"
            return Problem(
                "R608", f"{relation} is not carried over to DuckDB, which has its own {relation.schema}", help=help_
            )
    return None


def _same_name(carried: Sequence[Relation], lake: Lake) -> Problem | None:
    """Why DuckDB would take a carried relation for another one: its names take no notice of case."""
    known = {(schema.lower(), name.lower()): f"{schema}.{name}" for schema, name in lake.files}
    known |= {("main", name.lower()): f"{schema}.{name}" for schema, name in lake.files}
    for relation in carried:
        name = ((relation.schema or "main").lower(), relation.name.lower())
        if name in known:
            message = f"DuckDB can't tell {relation} and {known[name]} apart: it takes no notice of case"
            return Problem("R608", message, help="give one of them another name by a view")
        known[name] = str(relation)
    return None


def _missing(relation: Relation, lake: Lake, catalog: Catalog | None) -> Problem:
    known = sorted({".".join(key) for key in lake.files})
    if catalog:
        known += sorted(".".join(place) for place in catalog.relations if place[0] not in SYSTEM)
    shown = ", ".join(dict.fromkeys(known[:20])) or "nothing yet"
    return Problem("R608", f"there is no relation {relation}", help=f"there is {shown}")


@dataclass(frozen=True)
class Chosen:
    """An engine, the rule that chose it and what it says; ``costs`` in milliseconds, and what they were made of."""

    engine: Engine
    rule: str
    says: str
    costs: Mapping[Engine, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)


def choose(
    statement: Statement,
    context: Context,
    settings: Settings,
    able: Sequence[Engine],
    measured: Callable[[], Mapping[str, float]],
) -> Chosen:
    """The engine for a read that all of ``able`` have and may run.

    ``measured`` gives what the estimates are made of, by the names in TERMS, or the milliseconds of an added engine, as
    far as the engines say; it is called only where that matters.
    """
    wished = "duckdb" if settings.rules.prefer_duckdb_if_parquet else "pg"
    preferred = wished if wished in able else able[0]
    if context == "api" and "pg" in able:
        return Chosen("pg", "context", "reads of an API are PostgreSQL's")
    if statement.differs is not None:
        return Chosen(preferred, "not portable", f"{statement.differs}; such reads stay with {preferred}")
    figures = measured()
    costs = _milliseconds(settings.cost, able, figures)
    if len(costs) > 1:
        bound = {"pg": "over " if WHOLE in figures else "under " if FEW[0] in figures else ""}
        said = ", ".join(f"{engine} {bound.get(engine, '')}{cost:.2f} ms" for engine, cost in costs.items())
        return Chosen(min(costs, key=lambda engine: costs[engine]), "cost", said, costs, figures)
    limit, megabytes = settings.defaults.large_select_mb, figures.get("duckdb_mb", 0.0)
    if "duckdb" in able and megabytes >= limit:
        says = f"{megabytes:.1f} MB, and no estimate; from {limit:g} MB on DuckDB"
        return Chosen("duckdb", "large select", says, costs, figures)
    if "pg" in able and {relation.schema for relation in statement.relations} & set(settings.defaults.api_schemas):
        return Chosen("pg", "api schema", "a relation of an API schema, and no estimate", costs, figures)
    return Chosen(preferred, "default", f"no estimate; reads go to {preferred}", costs, figures)


WHOLE = "pg_whole"
"""The least that a planner can find a read to cost, where even that is more than DuckDB takes and it was not asked."""

FEW = ("pg_few", "pg_few_mb")
"""The most that it can find, and the most MB, where even that is less than DuckDB takes."""

TERMS: Mapping[Engine, tuple[str, ...]] = {"pg": ("pg_cost", "pg_mb"), "duckdb": ("duckdb_mb", "duckdb_mrow")}
"""The figures that an engine's time is estimated from; a coefficient in the settings has the same name."""


def estimated(cost: Cost, engine: Engine, figures: Mapping[str, float]) -> float:
    """The time in milliseconds of one of the ENGINES."""
    return float(getattr(cost, f"{engine}_base") + sum(getattr(cost, name) * figures[name] for name in TERMS[engine]))


def least(cost: Cost, whole: float) -> float:
    """The milliseconds that a read takes on PostgreSQL at the least, if its planner's cost is above ``whole``."""
    return cost.pg_base + cost.pg_cost * whole


def most(cost: Cost, few: float, megabytes: float) -> float:
    """The milliseconds that a read takes on PostgreSQL at the most, where its planner's cost is not above ``few``."""
    return estimated(cost, "pg", {"pg_cost": few, "pg_mb": megabytes})


def _milliseconds(cost: Cost, able: Sequence[Engine], figures: Mapping[str, float]) -> dict[Engine, float]:
    """The times of the engines that have figures; an added engine's figure is its time itself."""
    own = {engine: figures[f"{engine}_ms"] for engine in able if f"{engine}_ms" in figures}
    if WHOLE in figures:
        own["pg"] = least(cost, figures[WHOLE])
    if FEW[0] in figures:
        own["pg"] = most(cost, *(figures[name] for name in FEW))
    known = [engine for engine, terms in TERMS.items() if engine in able and figures.keys() >= set(terms)]
    return {engine: estimated(cost, engine, figures) for engine in known} | own
