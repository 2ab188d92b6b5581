"""What a PostgreSQL parse tree names: node types, functions, operators, types, relations read and written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ciq.router.statement import Relation

Names = tuple[str, ...]
"""A possibly qualified name, part by part."""

# Nodes of a query that do nothing themselves; the functions, operators and types that they name are judged apart.
_QUIET_NODES = """
A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias BitString BoolExpr Boolean BooleanTest CaseExpr CaseWhen
CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr DefElem Float FuncCall GroupingFunc GroupingSet Integer
JoinExpr JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor JsonBehavior
JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr
JsonReturning JsonScalarExpr JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List MinMaxExpr
NamedArgExpr NullTest ParamRef RangeFunction RangeSubselect RangeTableFunc RangeTableFuncCol RangeTableSample RangeVar
ResTarget RowExpr SQLValueFunction SelectStmt SortBy String SubLink TypeCast TypeName WindowDef XmlExpr XmlSerialize
"""
_QUIET = frozenset(_QUIET_NODES.split())
_CHANGING = {
    "InsertStmt": "INSERT",
    "UpdateStmt": "UPDATE",
    "DeleteStmt": "DELETE",
    "MergeStmt": "MERGE",
    "LockingClause": "a row lock (FOR UPDATE or FOR SHARE)",
}
_TELLING_FIELDS = frozenset({"typeName", "intoClause"})
# Nothing is below these but names and values; the clause is entered apart.
_CLOSED = frozenset({"withClause", "A_Const", "ColumnRef", "String", "funcname", "name", "alias"})
_SAMPLING = frozenset({"bernoulli", "system"})
_NO_OPERATOR = frozenset({"AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM"})


@dataclass
class Seen:
    """What a walk has come across. ``changes`` are parts that write, ``odd`` parts that nobody vouches for."""

    functions: set[Names] = field(default_factory=set)
    operators: set[Names] = field(default_factory=set)
    types: set[Names] = field(default_factory=set)
    relations: dict[Relation, None] = field(default_factory=dict)
    targets: dict[Relation, None] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    changes: dict[str, None] = field(default_factory=dict)
    odd: dict[str, None] = field(default_factory=dict)


def walk(statement: dict[str, Any]) -> Seen:
    """Everything in one statement of libpg_query's tree. Works with a stack of its own: no tree is too deep."""
    seen = Seen()
    stack: list[tuple[Any, frozenset[str]]] = [(statement, frozenset())]
    while stack:
        value, scope = stack.pop()
        if type(value) is list:
            stack.extend([(item, scope) for item in value])
        elif type(value) is dict:
            if "withClause" in value:
                scope = _enter(value["withClause"], scope, stack)
            for key, child in value.items():
                if key[0].isupper():
                    _node(seen, key, child, scope)
                elif key in _TELLING_FIELDS:
                    _field(seen, key, child)
                if key not in _CLOSED and (type(child) is dict or type(child) is list):
                    stack.append((child, scope))
    return seen


def relation(node: dict[str, Any]) -> Relation:
    """A RangeVar as a relation."""
    return Relation(node["relname"], node.get("schemaname", ""), node.get("catalogname", ""))


def _enter(clause: dict[str, Any], scope: frozenset[str], stack: list[tuple[Any, frozenset[str]]]) -> frozenset[str]:
    """Put the common table expressions on the stack, each with the names it can see; the names the body can see."""
    tables = [item["CommonTableExpr"] for item in clause["ctes"]]
    everything = scope | {table["ctename"] for table in tables}
    for table in tables:
        stack.append((table, everything if clause.get("recursive") else scope))
        scope = scope | {table["ctename"]}
    return everything


def _node(seen: Seen, kind: str, node: Any, scope: frozenset[str]) -> None:
    if kind == "ColumnRef":
        last = node["fields"][-1]
        seen.columns.add(last["String"]["sval"] if "String" in last else "*")
    elif kind == "FuncCall":
        seen.functions.add(_names(node["funcname"]))
    elif kind == "A_Expr":
        if node["kind"] not in _NO_OPERATOR:
            seen.operators.add(_names(node["name"]))
    elif kind == "RangeVar":
        found = relation(node)
        if found.schema or found.name not in scope:
            seen.relations[found] = None
    elif kind in _CHANGING:
        seen.changes[_CHANGING[kind]] = None
        if "relation" in node:
            seen.targets[relation(node["relation"])] = None
    elif kind not in _QUIET:
        seen.odd[kind] = None
    else:
        _rarer(seen, kind, node)


def _rarer(seen: Seen, kind: str, node: Any) -> None:
    if kind == "SubLink" and "operName" in node:
        seen.operators.add(_names(node["operName"]))
    elif kind == "SortBy" and "useOp" in node:
        seen.operators.add(_names(node["useOp"]))
    elif kind == "TypeName":
        seen.types.add(_names(node["names"]))
    elif kind == "RangeTableSample" and _names(node["method"])[-1] not in _SAMPLING:
        seen.functions.add(_names(node["method"]))
    elif kind == "A_Indirection":
        # (value).name is a field, or a call of the function of that name.
        for part in node["indirection"]:
            if "String" in part:
                seen.odd[f"(...).{part['String']['sval']}, a field or a function"] = None


def _field(seen: Seen, key: str, child: Any) -> None:
    """What stands under a field's own name instead of a node's."""
    if key == "intoClause":
        seen.changes["SELECT INTO"] = None
        seen.targets[relation(child["rel"])] = None
    elif "names" in child:
        seen.types.add(_names(child["names"]))


def _names(parts: list[dict[str, Any]]) -> Names:
    return tuple(part["String"]["sval"] for part in parts if "String" in part)


def written(kind: str, node: dict[str, Any]) -> Iterator[Relation] | None:
    """The relations that a statement other than a query changes; None where it doesn't name them."""
    place = _WRITTEN_AT.get(kind)
    if place is not None:
        found: Any = node
        for part in place:
            found = found.get(part, {})
        return iter([relation(found)])
    if kind == "TruncateStmt":
        return (relation(item["RangeVar"]) for item in node["relations"])
    if kind == "DropStmt" and node.get("removeType") in _DROPPED:
        return (_dropped(item["List"]["items"]) for item in node["objects"])
    return None


_WRITTEN_AT: dict[str, Names] = {
    "InsertStmt": ("relation",),
    "UpdateStmt": ("relation",),
    "DeleteStmt": ("relation",),
    "MergeStmt": ("relation",),
    "CreateStmt": ("relation",),
    "CreateTableAsStmt": ("into", "rel"),
    "CreateSeqStmt": ("sequence",),
    "IndexStmt": ("relation",),
    "ViewStmt": ("view",),
    "AlterTableStmt": ("relation",),
    "RefreshMatViewStmt": ("relation",),
}
_DROPPED = frozenset({"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_INDEX", "OBJECT_MATVIEW", "OBJECT_SEQUENCE"})


def _dropped(parts: list[dict[str, Any]]) -> Relation:
    catalog, schema, name = ("", "", *_names(parts))[-3:]
    return Relation(name, schema, catalog)
