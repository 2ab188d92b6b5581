"""Whether a statement reads or writes, and which engines could run it: by the engines' own grammars, and by names.

A statement is a read only where PostgreSQL's grammar, or else DuckDB's, takes it, every node of the tree is known to do
nothing, and every function, operator and type in it is one of the engine's own that does nothing either. What the
names hide (a view, a function of the user's) only a catalogue can tell; without one it is unsure, a view excepted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from ciq.router import portable, postgres_walk
from ciq.router.catalog import Catalog
from ciq.router.catalogue import duckdb, postgres
from ciq.router.duckdb_only import RUNNABLE, duckdb_only
from ciq.router.grammar import duckdb_kinds, postgres_tree, too_large
from ciq.router.hints import hints
from ciq.router.postgres_plain import plain
from ciq.router.postgres_walk import Names, Seen
from ciq.router.postgres_written import written
from ciq.router.statement import ENGINES, Engine, Kind, Relation, Statement

_ORDER: tuple[Kind, ...] = ("read", "unsure", "write")
_QUERYING = frozenset(
    {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CreateTableAsStmt", "ViewStmt"}
)
_DEEPEST_VIEW = 20
# Operators that are no functions in DuckDB's list: comparisons, and what its grammar writes as something else.
_DUCKDB_OPERATORS = frozenset({"=", "<>", "<", ">", "<=", ">=", "->", "->>", "~", "!~"})

_DUCKDB_FORMS = frozenset({"extract"})  # a form of DuckDB's grammar, no function
_NOT_ONE = "it is not one statement that both grammars take"


@dataclass
class _Verdict:
    """PostgreSQL's view: ``doubts`` make it unsure; those over ``duckdb_only`` are of functions that DuckDB has.

    ``select`` is the tree of a query that is not explained.
    """

    seen: Seen = field(default_factory=Seen)
    kind: Kind = "read"
    doubts: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    duckdb_only: list[str] = field(default_factory=list)
    targets: tuple[Relation, ...] | None = ()
    duckdb_too: bool = True
    select: dict[str, Any] | None = None


def classify(sql: str, catalog: Catalog | None = None, engines: Collection[Engine] = ENGINES) -> Statement:
    """The statement, judged without a connection; ``catalog`` tells of the server's own functions, types and views.
    Comments may ask for one of ``engines``.

    It answers for any text within bounded time: what is too large or can't be parsed is unsure.
    """
    judged, found = _judged(sql, catalog), hints(sql, engines)
    return replace(judged, hints=found) if found else judged


def _judged(sql: str, catalog: Catalog | None) -> Statement:
    if reason := too_large(sql):
        return Statement(sql, "unsure", ("pg",), (reason,), targets=None)
    tree = postgres_tree(sql)
    if isinstance(tree, str):
        return duckdb_only(sql, tree)
    if not tree:
        return Statement(sql, "unsure", (), ("there is no statement in it",), targets=None, count=0)
    return _whole(sql, [_statement(item["stmt"], catalog) for item in tree], catalog)


def _whole(sql: str, verdicts: list[_Verdict], catalog: Catalog | None) -> Statement:
    """All statements of the input as one: as bad as the worst of them."""
    kind = max((verdict.kind for verdict in verdicts), key=_ORDER.index)
    functions = frozenset(names[-1] for verdict in verdicts for names in verdict.seen.functions)
    dialects: tuple[Engine, ...] = ("pg",)
    reasons = [reason for verdict in verdicts for reason in (*verdict.seen.changes, *verdict.doubts)]
    only = sorted({name for verdict in verdicts for name in verdict.duckdb_only})
    if kind != "write" and not _has_doubts(verdicts):
        objection = _duckdb_objection(sql, verdicts)
        if only and objection is None:
            kind, dialects = "read", ("duckdb",)
            reasons = [f"PostgreSQL itself has no {', '.join(only)}"]
        elif objection is None and kind == "read":
            dialects = ("pg", "duckdb")
        elif objection:
            reasons.append(objection)
    targets, first, seen = (
        [verdict.targets for verdict in verdicts],
        verdicts[0],
        [verdict.seen for verdict in verdicts],
    )
    alike = len(verdicts) == 1 and dialects == ENGINES
    differs = _differs(sql, first.seen, catalog) if alike else _NOT_ONE
    return Statement(
        sql,
        kind,
        dialects,
        tuple(dict.fromkeys(reasons)),
        tuple(dict.fromkeys(chain.from_iterable(each.relations for each in seen))),
        None if None in targets else tuple(dict.fromkeys(found for each in targets for found in each or ())),
        tuple(dict.fromkeys(name for verdict in verdicts for name in verdict.effects)),
        functions,
        frozenset(chain.from_iterable(each.columns for each in seen)),
        count=len(verdicts),
        scans=tuple(chain.from_iterable(each.scans for each in seen)),
        differs=differs,
        plain=plain(first.select, first.seen) if catalog and differs is None and first.select else None,
    )


def _differs(sql: str, seen: Seen, catalog: Catalog | None) -> str | None:
    """Why the engines might answer differently: by what is written, or by the columns that it is about."""
    if catalog is None:
        return portable.objection(sql, seen) or portable.quoted(seen)
    places = [catalog.place(found.schema, found.name) or ("", "") for found in seen.relations]
    unlike, small, texts = (
        frozenset[str]().union(*(columns.get(place, ()) for place in places))
        for columns in (catalog.unlike, catalog.small, catalog.texts)
    )
    found = portable.objection(sql, seen, catalog.bytewise) or portable.quoted(seen)
    return found or portable.unlike(seen, sorted(unlike)) or portable.typed(seen, small, texts)


def _has_doubts(verdicts: list[_Verdict]) -> bool:
    """Whether anything is doubtful beside functions that DuckDB has and PostgreSQL has not."""
    return any(len(verdict.doubts) > len(verdict.duckdb_only) for verdict in verdicts)


def _statement(node: dict[str, Any], catalog: Catalog | None) -> _Verdict:
    """One statement of PostgreSQL's grammar."""
    ((kind, body),) = node.items()
    if kind == "ExplainStmt":
        return _explained(body, catalog)
    if kind == "VariableShowStmt":
        return _Verdict(duckdb_too=False)
    verdict = _Verdict(postgres_walk.walk(node) if kind in _QUERYING else Seen())
    if kind == "SelectStmt":
        verdict.targets = tuple(verdict.seen.targets)
        verdict.select = body
    else:
        found = written(kind, body)
        verdict.targets = None if found is None else tuple(dict.fromkeys([*found, *verdict.seen.targets]))
        verdict.seen.changes = {_spoken(kind): None, **verdict.seen.changes}
    _judge(verdict, catalog)
    if verdict.seen.changes:
        verdict.kind = "write"
    elif verdict.doubts:
        verdict.kind = "unsure"
    return verdict


def _explained(body: dict[str, Any], catalog: Catalog | None) -> _Verdict:
    """EXPLAIN: with ANALYZE it runs what it explains, without it the planner may still call functions."""
    inner = _statement(body["query"], catalog)
    analyzed = any(option["DefElem"]["defname"] == "analyze" for option in body.get("options", []))
    if inner.kind == "write" and not analyzed:
        inner.kind = "unsure"
        inner.doubts.append("the plan of a statement that writes")
    inner.seen.kinds.add("ExplainStmt")
    return inner


def _judge(verdict: _Verdict, catalog: Catalog | None) -> None:
    """Put down what PostgreSQL's own names don't vouch for."""
    seen, known = verdict.seen, postgres()
    verdict.doubts += [f"{part} is not known to do nothing" for part in seen.odd]
    for names in sorted(seen.functions):
        _function(verdict, names, catalog)
    volatile = catalog.volatile_operators if catalog else frozenset()
    for names in sorted(seen.operators):
        if not _own(names, known.operators) or names[-1] in volatile:
            _foreign(verdict, "operator", names, duckdb().operators - volatile)
    for names in sorted(seen.types):
        if not _own(names, known.types) and not (catalog and names[-1] in catalog.types):
            _foreign(verdict, "type", names, duckdb().types)
    if catalog:
        verdict.doubts += _hidden(seen, catalog)


def _function(verdict: _Verdict, names: Names, catalog: Catalog | None) -> None:
    known, name, written = postgres(), names[-1], ".".join(names)
    own = len(names) == 1 or names[0] == "pg_catalog"
    schema = names[-2] if len(names) > 1 else ""
    users = catalog.function(schema, name) if catalog else None
    if own and name in known.writing:
        verdict.seen.changes[f"{written}()"] = None
        verdict.targets = None
    elif own and name in known.functions and name not in known.reading:
        verdict.effects.append(written)
        verdict.doubts.append(f"{written}() may have effects")
    elif own and name in known.reading:
        if users is False:
            verdict.doubts.append(f"{written}() is also a function of this server's that may have effects")
    elif users is False:
        verdict.doubts.append(f"{written}() is volatile on this server")
    elif users is None:
        _foreign(verdict, "function", names, duckdb().reading)


def _foreign(verdict: _Verdict, what: str, names: Names, known: frozenset[str]) -> None:
    """A name that PostgreSQL itself does not have: DuckDB's, the user's, or nobody's."""
    verdict.doubts.append(f"the {what} {'.'.join(names)} is not PostgreSQL's own")
    if len(names) == 1 and names[0] in known:
        verdict.duckdb_only.append(f"{what} {names[0]}")


def _own(names: Names, known: frozenset[str]) -> bool:
    return (len(names) == 1 or names[0] == "pg_catalog") and names[-1] in known


def _hidden(seen: Seen, catalog: Catalog) -> Iterator[str]:
    """What casts, views, foreign tables, policies and functions called as if they were columns may do."""
    if catalog.casts:
        yield "a cast of this server's may have effects"
    for name in sorted(seen.columns & catalog.volatile):
        yield f"the column {name} is also a volatile function of this server's"
    for relation in seen.relations:
        place = catalog.place(relation.schema, relation.name)
        if reason := _relation_doubt(place, catalog, ()):
            yield f"{relation} {reason}"


def _relation_doubt(place: tuple[str, str] | None, catalog: Catalog, above: tuple[Any, ...]) -> str | None:
    """Why reading a relation may change something."""
    if place is None or place[0] in ("pg_catalog", "information_schema"):
        return None
    if place in catalog.foreign:
        return "is or holds a foreign table"
    if place in catalog.guarded:
        return "has row security"
    if place not in catalog.views or place in above:
        return None
    tree = postgres_tree(catalog.views[place])
    if isinstance(tree, str) or len(above) >= _DEEPEST_VIEW:
        return "is a view that can't be followed"
    verdict = _Verdict(postgres_walk.walk(tree[0]["stmt"]))
    _judge(verdict, replace(catalog, views={}))
    if verdict.seen.changes or verdict.doubts:
        return f"is a view in which {(*verdict.seen.changes, *verdict.doubts)[0]}"
    inner = (catalog.place(found.schema, found.name) for found in verdict.seen.relations)
    doubts = (_relation_doubt(found, catalog, (*above, place)) for found in inner)
    return next((f"is a view over one that {doubt}" for doubt in doubts if doubt), None)


def _duckdb_objection(sql: str, verdicts: list[_Verdict]) -> str | None:
    """Why DuckDB can't run what PostgreSQL's grammar takes."""
    known = duckdb()
    for verdict in verdicts:
        if not verdict.duckdb_too:
            return "the setting is PostgreSQL's"
        if verdict.seen.changes:
            return "DuckDB runs no plan of a write"
        if verdict.seen.only:
            return "DuckDB takes no notice of ONLY"
        missing = [names for names in verdict.seen.functions if not _own_to_duckdb(names, known.reading, _DUCKDB_FORMS)]
        missing += [n for n in verdict.seen.operators if not _own_to_duckdb(n, known.operators, _DUCKDB_OPERATORS)]
        missing += [names for names in verdict.seen.types if not _own(names, known.types)]
        if missing:
            return f"DuckDB has no {'.'.join(missing[0])}"
    kinds = duckdb_kinds(sql)
    if isinstance(kinds, str):
        return f"DuckDB can't read it: {kinds}"
    if any([kind] not in RUNNABLE for kind in kinds):
        return f"it is {' and '.join(kinds)} to DuckDB"
    return None


def _own_to_duckdb(names: Names, known: frozenset[str], forms: frozenset[str]) -> bool:
    return _own(names, known) or _own(names, forms)


def _spoken(kind: str) -> str:
    """A node's name as people say it: InsertStmt is INSERT, CreateTableAsStmt CREATE TABLE AS."""
    return " ".join(re.findall("[A-Z][a-z]*", kind.removesuffix("Stmt"))).upper()
