"""Where DuckDB would take a value that was carried over otherwise than PostgreSQL does.

Most types without one of Arrow's own come over as text: an enumeration sorts by its order in PostgreSQL and by its
letters in DuckDB, ``'ab '`` equals ``'ab'`` as a char(3) alone. Such a column may be shown, and used as far as the text
of it answers alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from ciq.errors import Problem, UsageError
from ciq.router.grammar import nodes, postgres_tree
from ciq.router.names import leftmost
from ciq.router.postgres_scans import relation as named
from ciq.router.postgres_walk import walk
from ciq.router.statement import Relation

Node = dict[str, Any]
Use = str
"""What is done with a value: ``shown``, ``null``, ``equal``, ``grouped``, ``sorted``, ``inside``, ``other``, or
the type that it is cast to.
"""

_ALWAYS = frozenset({"shown", "null"})
_JSON = frozenset({"inside", "text"})
_ALIKE: Mapping[str, frozenset[Use]] = {
    "enum": frozenset({"equal", "grouped", "text"}),
    "uuid": frozenset({"equal", "grouped", "sorted", "text"}),
    "json": _JSON,
    "jsonb": _JSON,
    "real": frozenset({"grouped", "float8"}),
    "character": frozenset({"grouped"}),
    "inet": frozenset({"grouped"}),
    "cidr": frozenset({"grouped"}),
}
_AS_WRITTEN = frozenset({"text"})
_CASTS = {"text": "text", "varchar": "text", "float8": "float8"}
_OPERATORS = {"=": "equal", "<>": "equal", "->": "inside", "->>": "inside"}
_ORDERING = frozenset({"<", ">", "<=", ">=", "BETWEEN", "NOT BETWEEN"})
_SUBLINKS = {"EXISTS_SUBLINK": "shown", "ARRAY_SUBLINK": "other", "ALL_SUBLINK": "other"}


def must_be_alike(sql: str, relation: Relation, kinds: Mapping[str, str]) -> None:
    """Refuse what a statement in PostgreSQL's syntax does with a column whose values DuckDB takes otherwise.

    ``kinds`` are PostgreSQL's types of the columns that have none of Arrow's, "enum" for every enumeration. What only
    DuckDB's grammar takes has DuckDB's meaning. Raises UsageError with R606.
    """
    tree = postgres_tree(sql)
    if isinstance(tree, str) or not kinds:
        return
    if "uuid" in kinds.values() and (text := next(filter(_is_spelt_otherwise, walk(tree[0]["stmt"]).quoted), None)):
        message = f"{text!r} is compared as a text in DuckDB, where the uuids of {relation} are in lower case"
        raise UsageError(Problem("R606", message, help=f"write it as {UUID(text)}"))
    about = _about(tree, relation)
    apart = list(_apart(tree, relation, about))
    known, others = _renamed(tree, kinds), _others(tree, relation, about, apart)
    for fields, use in _uses(tree, "shown", apart):
        name = fields[-1]
        if name in known and not (len(fields) > 1 and fields[-2] in others) and not _is_alike(known[name], use):
            message = f"{name} of {relation} ({known[name]}) has another type in DuckDB, which compares otherwise"
            help_ = "show it and no more, or cast it in a view of PostgreSQL's"
            raise UsageError(Problem("R606", message, help=help_))


def _is_alike(kind: str, use: Use) -> bool:
    return use in _ALWAYS or use in _ALIKE.get(kind, _AS_WRITTEN)


def _is_spelt_otherwise(text: str) -> bool:
    try:
        return str(UUID(text)) != text
    except ValueError:
        return False


def _about(tree: Any, relation: Relation) -> set[str]:
    """The common table expressions with which the relation has to do."""
    queries = [node["CommonTableExpr"] for node in nodes(tree) if "CommonTableExpr" in node]
    if _may_look_outside(tree):
        return {query["ctename"] for query in queries}
    about, before = set[str](), -1
    while len(about) > before:
        before = len(about)
        about |= {each["ctename"] for each in queries if any(own for _, own in _places(each, relation, about))}
    return about


def _may_look_outside(tree: Any) -> bool:
    """Whether a query within the statement may name what is outside of it."""
    return any("SubLink" in node or "lateral" in node for node in nodes(tree))


def _places(tree: Any, relation: Relation, about: set[str]) -> Iterator[tuple[str, bool]]:
    """What stands in FROM by a name, and whether it is this relation, or a query ``about`` it."""
    for place in (node["RangeVar"] for node in nodes(tree) if "RangeVar" in node):
        is_query = place["relname"] in about and "schemaname" not in place
        yield place.get("alias", {}).get("aliasname", place["relname"]), is_query or named(place) == relation


def _apart(tree: Any, relation: Relation, about: set[str]) -> Iterator[Node]:
    """The queries that have nothing to do with the relation; none where one may name what is outside of it."""
    if _may_look_outside(tree):
        return
    for node in nodes(tree):
        query = node.get("RangeSubselect") or node.get("CommonTableExpr")
        if query and not any(own for _, own in _places(query, relation, about)):
            yield query


def _others(tree: Any, relation: Relation, about: set[str], apart: list[Node]) -> set[str]:
    """The names in FROM of what is neither this relation nor a query that may be about it."""
    places = list(_places(tree, relation, about))
    queries = {node["alias"]["aliasname"] for node in apart if "alias" in node}
    return queries.union(name for name, _ in places) - {name for name, own in places if own}


def _renamed(tree: Any, kinds: Mapping[str, str]) -> dict[str, str]:
    """``kinds``, with the other names that the statement gives to such columns."""
    known, any_kind = dict(kinds), next(iter(kinds.values()))
    given = list(_given(tree))
    before = 0
    while len(known) > before:
        before = len(known)
        for name, value in given:
            shown = [fields[-1] for fields, use in _uses(value, "shown") if use == "shown"]
            found = [known.get(each, any_kind if each == "*" else None) for each in shown]
            if name not in known and (kind := next(filter(None, found), None)):
                known[name] = kind
    return known


def _given(tree: Any) -> Iterator[tuple[str, Any]]:
    """Names that a statement gives, with what they may stand for."""
    for node in nodes(tree):
        if "name" in node.get("ResTarget", {}):
            yield node["ResTarget"]["name"], node["ResTarget"]["val"]
        query = node.get("CommonTableExpr", node.get("RangeSubselect", {}))
        listed = [*query.get("aliascolnames", []), *query.get("alias", {}).get("colnames", [])]
        if listed:
            targets = leftmost((query.get("ctequery") or query["subquery"])["SelectStmt"]).get("targetList", [])
            yield from ((word["String"]["sval"], [each["ResTarget"]["val"] for each in targets]) for word in listed)
        for word in node.get("RangeVar", {}).get("alias", {}).get("colnames", []):
            yield word["String"]["sval"], _STAR


_STAR: Node = {"ColumnRef": {"fields": [{"A_Star": {}}]}}


def _uses(tree: Any, use: Use, apart: Sequence[Node] = ()) -> Iterator[tuple[list[str], Use]]:
    """Each reference to a column, as its words, with what is done with it; ``use`` is what is done with the whole.

    What is ``apart`` is passed over.
    """
    stack, passed = [(tree, use)], {id(node) for node in apart}
    while stack:
        value, use = stack.pop()
        if type(value) is list:
            stack += [(item, use) for item in value]
        elif type(value) is dict:
            for key, child in value.items():
                if key == "ColumnRef":
                    yield [field.get("String", {}).get("sval", "*") for field in child["fields"]], use
                elif key == "usingClause":
                    yield from (([word["String"]["sval"]], "equal") for word in child)
                elif (type(child) is dict or type(child) is list) and id(child) not in passed:
                    stack += _below(key, child, value, use)


def _below(key: str, child: Any, node: Node, use: Use) -> Iterator[tuple[Any, Use]]:
    """A part of a node, with what is done with the values in it."""
    if "limitOption" in node:
        yield child, _in_query(key, node, use)
        if key in ("sortClause", "groupClause"):
            yield from ((target, _in_query(key, node, use)) for target in _counted(child, leftmost(node)))
    elif key == "SubLink":
        found = _equality(child.get("operName", [{"String": {"sval": "="}}]))
        own = use if child["subLinkType"] == "EXPR_SUBLINK" else _SUBLINKS.get(child["subLinkType"], found)
        yield child["subselect"], own
        yield child.get("testexpr"), found
    elif key == "A_Expr":
        compared = "other" if child["kind"] == "AEXPR_NULLIF" else _equality(child["name"])
        yield [child.get("lexpr"), child.get("rexpr")], compared
    elif key == "TypeCast":
        yield child["arg"], _CASTS.get(child["typeName"]["names"][-1]["String"]["sval"], "other")
    elif key == "FuncCall":
        yield from _called(child)
    elif key == "CaseExpr":
        yield child.get("arg"), "equal"
        yield [child.get("defresult"), *(when["CaseWhen"]["result"] for when in child["args"])], use
        yield [when["CaseWhen"]["expr"] for when in child["args"]], "equal"
    else:
        yield child, _USES.get(key, use)


_USES = {
    "NullTest": "null",
    "SortBy": "sorted",
    "subquery": "shown",
    "ctequery": "shown",
    "BoolExpr": "other",
    "quals": "other",
    "MinMaxExpr": "other",
    "A_Indirection": "other",
    "A_ArrayExpr": "other",
    "RowExpr": "other",
    "RangeFunction": "other",
    "BooleanTest": "other",
    "CollateClause": "other",
}


def _in_query(key: str, select: Node, use: Use) -> Use:
    """What is done with the values in a part of a SELECT; those of its answer may be compared with each other."""
    if key in ("targetList", "larg", "rarg"):
        alone = select["op"] == "SETOP_NONE" or select.get("all")
        return use if (alone and "distinctClause" not in select) or use != "shown" else "grouped"
    return {"groupClause": "grouped", "distinctClause": "grouped", "sortClause": "sorted"}.get(key, "other")


def _counted(items: list[Node], select: Node) -> Iterator[Any]:
    """The columns of the answer that ORDER BY or GROUP BY names by their place."""
    targets = select.get("targetList", [])
    for item in items:
        place = item.get("SortBy", {}).get("node", item).get("A_Const", {}).get("ival", {}).get("ival", 0)
        if 1 <= place <= len(targets):
            yield targets[place - 1]["ResTarget"]["val"]


def _equality(operator: list[Node]) -> Use:
    name = operator[-1]["String"]["sval"]
    return "sorted" if name in _ORDERING else _OPERATORS.get(name, "other")


def _called(call: Node) -> Iterator[tuple[Any, Use]]:
    name = call["funcname"][-1]["String"]["sval"]
    use = "inside" if name.startswith("json") else "other"
    if name == "count":
        use = "grouped" if "agg_distinct" in call else "null"
    over = call.get("over", {})
    yield call.get("args"), use
    yield [call.get("agg_filter")], "other"
    yield [call.get("agg_order"), over.get("orderClause")], "sorted"
    yield over.get("partitionClause"), "grouped"
