"""Statements that differ only in the numbers that columns are compared with: what one is, so are the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ciq.router.catalog import Catalog
from ciq.router.classify import classify
from ciq.router.grammar import postgres_tree
from ciq.router.postgres_scans import scans
from ciq.router.statement import Engine, Statement

_LONGEST = 300
"""A longer text takes an engine longer than it takes to be judged."""

_MOST = 1_000
_PARTS = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])[0-9]{1,9}(?![\w.])""")
"""What is quoted, and whole numbers, which are of four bytes to both engines."""

_OTHERWISE = ("\\", "$", "\0", "--", "/*")
"""With one of these in a text, something might be quoted, or a comment, that is none to the pattern above."""

_COMPARING = {
    "AEXPR_OP": frozenset({"=", "<>", "<", ">", "<=", ">=", "+", "-"}),
    "AEXPR_IN": frozenset({"=", "<>"}),
    "AEXPR_BETWEEN": frozenset({"BETWEEN"}),
    "AEXPR_NOT_BETWEEN": frozenset({"NOT BETWEEN"}),
}


@dataclass(frozen=True)
class _Mould:
    """A judged statement, the parts of its tree that its scans are made of, and those numbers there that are free."""

    statement: Statement
    select: dict[str, Any]
    free: tuple[dict[str, Any], ...]


class Shapes:
    """The statements of one catalogue.

    A shape is a text without its whole numbers. Those that are free are compared with a column, or added to be so, in
    the WHERE of a read that the engines have alike: they decide which rows are read, and nothing else. Where they stand
    is the same in all texts of a shape, since the grammars take whole numbers for one another.
    """

    def __init__(self) -> None:
        self._free: dict[str, tuple[bool, ...] | None] = {}
        self._moulds: dict[tuple[str, tuple[str, ...]], _Mould] = {}

    def judged(self, sql: str, catalog: Catalog | None, engines: Collection[Engine]) -> Statement:
        """What :func:`ciq.router.classify.classify` says of a statement."""
        if len(sql) > _LONGEST or not sql.isascii() or any(sign in sql for sign in _OTHERWISE):
            return classify(sql, catalog, engines)
        shape, numbers = _taken_apart(sql)
        if free := self._free.get(shape):
            fixed, others = _divided(numbers, free)
            if mould := self._moulds.get((shape, fixed)):
                return _filled(mould, sql, others)
        statement = classify(sql, catalog, engines)
        if numbers and statement.plain and statement.differs is None:
            self._keep(statement, shape, numbers)
        return statement

    def _keep(self, statement: Statement, shape: str, numbers: list[re.Match[str]]) -> None:
        """Remember a shape, and from its second text on what is known of it. All is forgotten where that gets much."""
        if len(self._free) + len(self._moulds) >= _MOST:
            self._free.clear()
            self._moulds.clear()
        if shape not in self._free:
            self._free[shape] = None
            return
        tree = postgres_tree(statement.sql)
        assert isinstance(tree, list)
        select = tree[0]["stmt"]["SelectStmt"]
        nodes = {node["location"]: node for node in _compared(select.get("whereClause"))}
        found = tuple(nodes.get(number.start()) for number in numbers)
        free = self._free[shape] = tuple(node is not None for node in found)
        fixed, _ = _divided(numbers, free)
        read = {part: select[part] for part in ("fromClause", "whereClause") if part in select}
        self._moulds[shape, fixed] = _Mould(statement, read, tuple(filter(None, found)))


def _taken_apart(sql: str) -> tuple[str, list[re.Match[str]]]:
    """A text with a NUL for each of its whole numbers, and these."""
    numbers: list[re.Match[str]] = []

    def without(part: re.Match[str]) -> str:
        if part[0][0] in "'\"":
            return part[0]
        numbers.append(part)
        return "\0"

    return _PARTS.sub(without, sql), numbers


def _divided(numbers: list[re.Match[str]], free: tuple[bool, ...]) -> tuple[tuple[str, ...], list[int]]:
    """Those that are not free as they are written, and those that are."""
    pairs = list(zip(numbers, free, strict=True))
    return tuple(number[0] for number, may in pairs if not may), [int(number[0]) for number, may in pairs if may]


def _compared(where: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The whole numbers, as nodes of PostgreSQL's tree, that something is compared with, or sums of them are."""
    stack = [where] if where else []
    while stack:
        ((kind, node),) = stack.pop().items()
        if kind == "A_Const" and "ival" in node:
            yield node
        elif kind == "BoolExpr":
            stack += node["args"]
        elif kind == "List":
            stack += node["items"]
        elif kind == "A_Expr" and node["name"][-1]["String"]["sval"] in _COMPARING.get(node["kind"], ()):
            stack += [node[side] for side in ("lexpr", "rexpr") if side in node]


def _filled(mould: _Mould, sql: str, numbers: list[int]) -> Statement:
    """The statement of a text that has other numbers where those of the mould are free."""
    for node, number in zip(mould.free, numbers, strict=True):
        node["ival"] = {"ival": number}
    return replace(mould.statement, sql=sql, scans=tuple(scans(mould.select, frozenset())))
