"""What a query on DuckDB needs of a relation of PostgreSQL's: the columns that it names, and the rows that can count.

Both are told from PostgreSQL's own tree of the statement. A condition goes down only where it is about that relation
alone, is written with what this module can write, and is on the list of what both engines answer alike; the query
applies it once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlglot import exp

from ciq.router import portable
from ciq.router.grammar import nodes, postgres_tree
from ciq.router.postgres_scans import relation as named
from ciq.router.postgres_walk import walk
from ciq.router.statement import Relation

Node = dict[str, Any]

_BINARY: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    ">": exp.GT,
    "<=": exp.LTE,
    ">=": exp.GTE,
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "~~": exp.Like,
}
_CASTS = frozenset({"date", "interval"})
_TEXTS = frozenset({"text", "varchar"})


class _Stays(Exception):
    """A condition that is not for the other side."""


@dataclass(frozen=True)
class Part:
    """``columns`` in their order, at least one; ``condition`` is None where every row may count."""

    columns: tuple[str, ...]
    condition: exp.Expr | None = None

    def select(self, relation: Relation) -> exp.Select:
        """The query for it, in PostgreSQL's terms."""
        columns = [exp.column(name, quoted=True) for name in self.columns]
        query = exp.select(*columns).from_(exp.table_(relation.name, db=relation.schema or None, quoted=True))
        return query if self.condition is None else query.where(self.condition)


def part(sql: str, relation: Relation, columns: Mapping[str, str | None], bytewise: bool) -> Part:
    """The part of a relation that a statement needs.

    ``columns`` are all columns of the relation, and the type of each whose values compare alike on both engines;
    ``bytewise`` whether PostgreSQL sorts texts by their bytes. All is needed of what only DuckDB's grammar takes, or
    takes for another join.
    """
    tree = postgres_tree(sql)
    if isinstance(tree, str) or portable.JOINS.search(sql):
        return Part(tuple(columns))
    words = _words(tree, relation)
    needed = tuple(name for name in columns if words is None or name.lower() in words)
    return Part(needed or tuple(columns)[:1], _condition(tree, relation, columns, bytewise))


def _entries(tree: Any) -> Iterator[tuple[str, Any]]:
    return (entry for node in nodes(tree) for entry in node.items())


def _words(tree: Any, relation: Relation) -> set[str] | None:
    """Every word that may be the name of a column, in lower case; None where columns go without a name."""
    names = {relation.name, *(node["alias"]["aliasname"] for node in _places(tree, relation) if "alias" in node)}
    rows = {name.lower() for name in names}
    words: set[str] = set()
    for key, value in _entries(tree):
        if key in ("isNatural", "colnames") or (key == "ColumnRef" and _is_whole(value["fields"], rows)):
            return None
        if key == "A_Indirection" and any("A_Star" in step for step in value["indirection"]):
            return None
        if key == "sval" and type(value) is str:
            words.add(value.lower())
    return words


def _is_whole(fields: list[Node], rows: set[str]) -> bool:
    """Whether a reference is to all columns at once: a star, or a name of the relation (``rows``) as a value."""
    if "A_Star" in fields[-1]:
        return len(fields) == 1 or fields[-2]["String"]["sval"].lower() in rows
    return fields[-1]["String"]["sval"].lower() in rows


def _places(tree: Any, relation: Relation) -> list[Node]:
    """Where a statement names the relation."""
    found = (value for key, value in _entries(tree) if key == "RangeVar")
    return [node for node in found if named(node) == relation]


def _condition(tree: Any, relation: Relation, columns: Mapping[str, str | None], bytewise: bool) -> exp.Expr | None:
    """What every row that counts fulfils: one of the conditions of the places where the relation stands."""
    hidden = {value["ctename"] for key, value in _entries(tree) if key == "CommonTableExpr"}
    merged = {word["String"]["sval"] for key, value in _entries(tree) if key == "usingClause" for word in value}
    if relation.name in hidden or any(key == "isNatural" for key, _ in _entries(tree)):
        return None
    found: list[exp.Expr] = []
    placed = [pair for pair in _filtered(tree) if named(pair[0]) == relation]
    for node, conjuncts in placed:
        name = node.get("alias", {}).get("aliasname", node["relname"])
        column = partial(_column, name=name, columns=columns, merged=merged)
        told = [text for text in (_pushed(each, column, bytewise) for each in conjuncts) if text is not None]
        if not told or "colnames" in node.get("alias", {}):
            return None
        found.append(exp.and_(*told))
    # A place that no FROM clause showed, as under TABLESAMPLE, needs every row.
    return exp.or_(*found) if found and len(placed) == len(_places(tree, relation)) else None


def _filtered(tree: Any) -> Iterator[tuple[Node, list[Node]]]:
    """Each relation in a FROM clause, with the conditions that a row of it must fulfil in order to count."""
    for select in nodes(tree):
        for item in select.get("fromClause", []):
            yield from _placed(item, _conjuncts(select.get("whereClause")))


def _placed(item: Node, conjuncts: list[Node]) -> Iterator[tuple[Node, list[Node]]]:
    ((kind, node),) = item.items()
    if kind == "RangeVar":
        yield node, conjuncts
    elif kind == "JoinExpr":
        above = [] if "alias" in node else conjuncts
        own = _conjuncts(node.get("quals"))
        # The side that an outer join fills up with NULLs is filtered by ON alone, the other one by WHERE alone.
        sides = {"JOIN_INNER": (above + own, above + own), "JOIN_LEFT": (above, own), "JOIN_RIGHT": (own, above)}
        left, right = sides.get(node["jointype"], ([], []))
        yield from _placed(node["larg"], left)
        yield from _placed(node["rarg"], right)


def _conjuncts(node: Node | None) -> list[Node]:
    if node is None:
        return []
    if node.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
        return [each for argument in node["BoolExpr"]["args"] for each in _conjuncts(argument)]
    return [node]


Column = Callable[[list[Node]], exp.Expr]


def _pushed(node: Node, column: Column, bytewise: bool) -> exp.Expr | None:
    """A condition as PostgreSQL may be given it; None where it stays."""
    try:
        found = _written(node, column)
    except _Stays:
        return None
    if not found.find(exp.Column) or portable.objection(found.sql("postgres"), walk(node), bytewise):
        return None
    return found


def _column(fields: list[Node], name: str, columns: Mapping[str, str | None], merged: Iterable[str]) -> exp.Expr:
    """A reference to a column of the relation itself: by its name there, or by the column's alone; with its type.

    A bare name means the nearest relation that has it; a merged one, of USING, means none of them.
    """
    words = [field["String"]["sval"] if "String" in field else "*" for field in fields]
    bare = len(words) == 1 and words[0] in columns and words[0] not in merged
    kind = columns.get(words[-1])
    if not (bare or (len(words) == 2 and words[0] == name)) or kind is None:
        raise _Stays
    found = exp.column(words[-1], quoted=True)
    found.meta["kind"] = kind
    return found


def _written(node: Node, column: Column) -> exp.Expr:
    ((kind, body),) = node.items()
    if kind == "ColumnRef":
        return column(body["fields"])
    if kind == "A_Const":
        return _constant(body)
    if kind == "TypeCast":
        return _cast(body)
    if kind == "NullTest":
        is_null = exp.Is(this=_operand(body["arg"], column), expression=exp.Null())
        return is_null if body["nulltesttype"] == "IS_NULL" else exp.Not(this=is_null)
    if kind == "BoolExpr":
        parts = [_written(argument, column) for argument in body["args"]]
        joined = {"AND_EXPR": exp.and_, "OR_EXPR": exp.or_}.get(body["boolop"])
        return exp.paren(joined(*parts)) if joined else exp.Not(this=exp.paren(parts[0]))
    if kind == "A_Expr":
        return _operation(body, column)
    raise _Stays


def _operand(node: Node, column: Column) -> exp.Expr:
    """What an operation is applied to, in parentheses where it is a condition: IS NULL binds it looser than ``=``."""
    found = _written(node, column)
    return exp.paren(found) if isinstance(found, exp.Predicate | exp.Not) else found


def _operation(body: Node, column: Column) -> exp.Expr:
    name, kind = body["name"][-1]["String"]["sval"], body["kind"]
    if "lexpr" not in body:
        raise _Stays
    sides = [body["lexpr"], *body["rexpr"].get("List", {}).get("items", [body["rexpr"]])]
    left, *items = operands = [_operand(side, column) for side in sides]
    if not _are_read_alike(operands):
        raise _Stays
    if kind == "AEXPR_IN":
        found: exp.Expr = exp.In(this=left, expressions=items)
        return exp.Not(this=found) if name == "<>" else found
    if kind in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
        found = exp.Between(this=left, low=items[0], high=items[1])
        return exp.Not(this=found) if kind == "AEXPR_NOT_BETWEEN" else found
    operator = _BINARY.get("~~" if name == "!~~" else name)
    if operator is None or kind not in ("AEXPR_OP", "AEXPR_LIKE"):
        raise _Stays
    operation = exp.paren(operator(this=left, expression=items[0]))
    return exp.Not(this=operation) if name == "!~~" else operation


def _are_read_alike(operands: list[exp.Expr]) -> bool:
    """Whether texts among the operands mean the same to both engines, as what they are compared with."""
    texts = [each.name for each in operands if each.is_string]
    kinds = {column.meta["kind"] for each in operands for column in each.find_all(exp.Column)}
    return kinds <= _TEXTS or all(map(portable.TIME.fullmatch, texts))


def _constant(body: Node) -> exp.Expr:
    if "sval" in body:
        return exp.Literal.string(body["sval"].get("sval", ""))
    if "ival" in body:
        return exp.Literal.number(body["ival"].get("ival", 0))
    if "fval" in body:
        return exp.Literal.number(body["fval"]["fval"])
    raise _Stays


def _cast(body: Node) -> exp.Expr:
    """A date or an interval that is written out."""
    kind, argument = body["typeName"], body["arg"].get("A_Const", {})
    name = kind["names"][-1]["String"]["sval"]
    if name not in _CASTS or "typmods" in kind or "arrayBounds" in kind or "sval" not in argument:
        raise _Stays
    return exp.cast(_constant(argument), name)
