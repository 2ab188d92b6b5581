"""What a PostgreSQL parse tree names: node types, functions, operators, types, relations read and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ciq.router.postgres_rows import takes_rows
from ciq.router.postgres_scans import relation, scans
from ciq.router.statement import Relation, Scan

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
# Nothing is below these but names and values; the clause is entered apart.
_CLOSED = frozenset({"withClause", "A_Const", "ColumnRef", "String", "funcname", "name", "alias"})
_SAMPLING = frozenset({"bernoulli", "system"})
_UNITING = frozenset({"SETOP_UNION", "SETOP_INTERSECT", "SETOP_EXCEPT"})
_BETWEEN = frozenset({"AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM"})
# What CASE, IN, USING and BETWEEN compare by without naming it, which may be an operator of the user's.
_EQUALITY = ("=",)
_ENDS = (("<",), ("<=",), (">",), (">=",))


@dataclass(slots=True)
class Seen:
    """What a walk has come across. ``changes`` are parts that write, ``odd`` parts that nobody vouches for.

    ``kinds`` are the kinds of nodes; ``calls``, ``expressions`` and ``casts`` the nodes themselves of functions,
    operators and casts; ``numbers`` are written out, those beside small integers. ``only`` tells of a relation that is
    read without those that inherit from it. ``columns`` has ``*`` where they go without their names, ``rows`` are what
    relations, subqueries and joins are called, ``outputs`` what columns of an answer are. ``sorts`` is what is sorted
    by, ``quoted`` the constants in quotes. ``stars`` are the references to all columns, ``merged`` tells of a join that
    makes one column of two, ``united`` of rows that are put together. ``tables`` are subqueries in a FROM and common
    table expressions, ``sublinks`` those in expressions; ``answered`` are the values of columns of answers.
    """

    functions: set[Names] = field(default_factory=set)
    operators: set[Names] = field(default_factory=set)
    types: set[Names] = field(default_factory=set)
    relations: dict[Relation, None] = field(default_factory=dict)
    targets: dict[Relation, None] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    changes: dict[str, None] = field(default_factory=dict)
    odd: dict[str, None] = field(default_factory=dict)
    scans: list[Scan] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    calls: list[dict[str, Any]] = field(default_factory=list)
    expressions: list[dict[str, Any]] = field(default_factory=list)
    casts: list[dict[str, Any]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    only: bool = False
    rows: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    sorts: list[dict[str, Any]] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    stars: list[dict[str, Any]] = field(default_factory=list)
    merged: bool = False
    united: bool = False
    tables: list[dict[str, Any]] = field(default_factory=list)
    sublinks: list[dict[str, Any]] = field(default_factory=list)
    answered: list[dict[str, Any]] = field(default_factory=list)


def walk(statement: dict[str, Any]) -> Seen:
    """Everything in one statement of libpg_query's tree. Works with a stack of its own: no tree is too deep."""
    seen = Seen()
    kinds, telling, closed = seen.kinds, _TELLING.get, _CLOSED
    stack: list[tuple[dict[str, Any], frozenset[str]]] = [(statement, frozenset())]
    pop, push = stack.pop, stack.append
    while stack:
        value, scope = pop()
        if "fromClause" in value or "withClause" in value:
            scope = _enter(seen, value, scope, stack)
        for key, child in value.items():
            is_a = type(child)
            if is_a is int:  # a place in the text, most often
                continue
            tell = telling(key)
            if tell is not None:
                tell(seen, child, scope)
            if key < "a":  # the kind of a node, not the name of a field
                kinds.add(key)
            if is_a is dict:
                if key not in closed:
                    push((child, scope))
            elif is_a is list and key not in closed:
                stack += [(item, scope) for item in child if type(item) is dict]
    _whole_rows(seen, statement)
    loud = sorted(seen.kinds - _QUIET)
    seen.changes |= {_CHANGING[kind]: None for kind in loud if kind in _CHANGING}
    seen.odd |= {kind: None for kind in loud if kind not in _CHANGING}
    return seen


def _whole_rows(seen: Seen, statement: dict[str, Any]) -> None:
    """Put down a row that is taken for a value; its statement is looked through again only where there may be one."""
    if seen.rows & seen.columns and takes_rows(statement):
        seen.columns.add("*")
        seen.kinds.add("RowExpr")


def _enter(
    seen: Seen, query: dict[str, Any], scope: frozenset[str], stack: list[tuple[dict[str, Any], frozenset[str]]]
) -> frozenset[str]:
    """Put the common table expressions on the stack, each with the names it can see; the names the body can see."""
    clause = query.get("withClause", {"ctes": []})
    tables = [item["CommonTableExpr"] for item in clause["ctes"]]
    everything = scope | {table["ctename"] for table in tables}
    seen.tables += tables
    seen.rows.update(table["ctename"] for table in tables)
    for table in tables:
        stack.append((table, everything if clause.get("recursive") else scope))
        scope = scope | {table["ctename"]}
    if "fromClause" in query:
        seen.scans += scans(query, everything)
    return everything


def _column(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    last = node["fields"][-1]
    seen.columns.add(last["String"]["sval"] if "String" in last else "*")
    if "A_Star" in last:
        seen.stars.append(node)


def _alias(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.rows.add(node["aliasname"])
    if "colnames" in node:
        seen.columns.add("*")


def _natural(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.columns.add("*")
    seen.operators.add(_EQUALITY)
    seen.merged = True


def _merged(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.columns.update(_names(node))
    seen.operators.add(_EQUALITY)
    seen.merged = True


def _constant(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    if "fval" in node:
        seen.numbers.add(node["fval"]["fval"])
    elif "sval" in node:
        seen.quoted.append(node["sval"].get("sval", ""))
    elif "bsval" in node:
        seen.kinds.add("BitString")


def _cast(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.casts.append(node)


def _call(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.functions.add(_names(node["funcname"]))
    seen.calls.append(node)


def _operator(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.operators.update(_ENDS if node["kind"] in _BETWEEN else [_names(node["name"])])
    seen.expressions.append(node)


def _read(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.only |= "inh" not in node
    seen.rows.add(node["relname"])
    found = relation(node)
    if found.schema or found.name not in scope:
        seen.relations[found] = None


def _changed(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    if "relation" in node:
        seen.targets[relation(node["relation"])] = None


def _into(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.changes["SELECT INTO"] = None
    seen.targets[relation(node["rel"])] = None


def _named_operator(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    for key in ("operName", "useOp"):
        if key in node:
            seen.operators.add(_names(node[key]))


def _sort(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    _named_operator(seen, node, scope)
    seen.sorts.append(node)


def _output(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    if "name" in node:
        seen.outputs.add(node["name"])
    if "val" in node:
        seen.answered.append(node["val"])


def _subquery(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.tables.append(node)


def _sublink(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    _named_operator(seen, node, scope)
    if "testexpr" in node and "operName" not in node:
        seen.operators.add(_EQUALITY)
    seen.sublinks.append(node)


def _case(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    if "arg" in node:
        seen.operators.add(_EQUALITY)


def _united(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.united |= node in _UNITING


def _rows(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    seen.united = True
    seen.answered += [value for row in node for value in row["List"]["items"]]


def _type(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    if "names" in node:
        seen.types.add(_names(node["names"]))
    if "arrayBounds" in node:
        seen.kinds.add("A_ArrayExpr")


def _sample(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    if _names(node["method"])[-1] not in _SAMPLING:
        seen.functions.add(_names(node["method"]))


def _indirection(seen: Seen, node: Any, scope: frozenset[str]) -> None:
    """(value).name is a field, or a call of the function of that name."""
    for part in node["indirection"]:
        if "String" in part:
            seen.odd[f"(...).{part['String']['sval']}, a field or a function"] = None


_TELLING: dict[str, Callable[[Seen, Any, frozenset[str]], None]] = {
    "ColumnRef": _column,
    "alias": _alias,
    "isNatural": _natural,
    "usingClause": _merged,
    "A_Const": _constant,
    "TypeCast": _cast,
    "FuncCall": _call,
    "A_Expr": _operator,
    "RangeVar": _read,
    "InsertStmt": _changed,
    "UpdateStmt": _changed,
    "DeleteStmt": _changed,
    "MergeStmt": _changed,
    "SubLink": _sublink,
    "CaseExpr": _case,
    "RangeSubselect": _subquery,
    "valuesLists": _rows,
    "op": _united,
    "SortBy": _sort,
    "ResTarget": _output,
    "TypeName": _type,
    "RangeTableSample": _sample,
    "A_Indirection": _indirection,
    "typeName": _type,  # under a field's own name instead of a node's
    "intoClause": _into,
}


def _names(parts: list[dict[str, Any]]) -> Names:
    return tuple(part["String"]["sval"] for part in parts if "String" in part)
