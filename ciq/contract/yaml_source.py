"""YAML as a tree of texts with their places: no value is guessed, no alias is expanded, no key is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 32
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
_MAX_DIGITS = 100


@dataclass(frozen=True)
class Scalar:
    """One value as it is written; ``line`` and ``column`` are 1-based, here and below."""

    line: int
    column: int
    text: str
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        return not self.quoted and self.text in _NULLS

    @property
    def value(self) -> Any:
        """The plain number, truth value or null that the text says, by YAML 1.2's core schema; else the text."""
        if self.quoted:
            return self.text
        if self.is_null:
            return None
        if self.text in _BOOLS:
            return _BOOLS[self.text]
        if _INTEGER.fullmatch(self.text) and len(self.text) <= _MAX_DIGITS:
            return int(self.text)
        if _FLOAT.fullmatch(self.text) and len(self.text) <= _MAX_DIGITS:
            return float(self.text)
        not_finite = _NOT_FINITE.get(self.text.lower())
        return self.text if not_finite is None else float(not_finite)


@dataclass(frozen=True)
class Sequence:
    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Mapping:
    line: int
    column: int
    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, Node] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True)
class Flaw:
    """One thing wrong at one place of the file."""

    rule: str
    message: str
    line: int
    column: int
    help: str | None = None


class _UnparsableError(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


def plain(node: Node) -> Any:
    """The node as plain lists, dicts and scalars."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.values.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def parse(text: str) -> tuple[Node | None, list[Flaw]]:
    """The tree of ``text`` and its flaws (C102, C103, C104); no tree where the text can't be parsed."""
    tree = _Tree()
    try:
        for event in _events(text):
            tree.take(event)
    except _UnparsableError as error:
        return None, [*tree.flaws, error.flaw]
    return tree.root, tree.flaws


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_PARSER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _UnparsableError(Flaw("C102", f"not valid YAML: {said}", line, column)) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise _UnparsableError(Flaw("C102", f"not valid YAML: {error.reason}", line, column)) from None


class _Tree:
    """Grows from parser events with a stack of its own, so that no nesting exhausts Python's."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.flaws: list[Flaw] = []
        self._open: list[Sequence | Mapping] = []
        self._pending: list[Scalar | None] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _UnparsableError(
                    Flaw("C102", "a contract is one YAML document, here a second one begins", line, column)
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._pending.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._check_plain(event, line, column)
            self._add(event, line, column)

    def _check_plain(self, event: Any, line: int, column: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._flaw("C104", f"an alias (*{event.anchor}) is not part of a contract", line, column)
        elif event.anchor is not None:
            self._flaw("C104", f"an anchor (&{event.anchor}) is not part of a contract", line, column)
        elif event.tag is not None:
            self._flaw("C104", f"a tag ({event.tag}) is not part of a contract", line, column)

    def _add(self, event: Any, line: int, column: int) -> None:
        node: Node
        if isinstance(event, yaml.MappingStartEvent):
            node = Mapping(line, column)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(line, column)
        else:
            node = self._scalar(event, line, column)
        self._place(node)
        if not isinstance(node, Scalar):
            if len(self._open) >= MAX_DEPTH:
                raise _UnparsableError(Flaw("C102", f"nested more than {MAX_DEPTH} deep", line, column))
            self._open.append(node)
            self._pending.append(None)

    def _scalar(self, event: Any, line: int, column: int) -> Scalar:
        text = getattr(event, "value", "")
        if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
            raise _UnparsableError(Flaw("C102", "not valid YAML: an escape that is not a character", line, column))
        return Scalar(line, column, text, quoted=getattr(event, "style", None) is not None and event.style != "")

    def _place(self, node: Node) -> None:
        parent = self._open[-1] if self._open else None
        if parent is None:
            self.root = node
        elif isinstance(parent, Sequence):
            parent.items.append(node)
        elif (key := self._pending[-1]) is None:
            self._pending[-1] = self._key(parent, node)
        else:
            if key.text not in parent.keys:
                parent.keys[key.text] = key
                parent.values[key.text] = node
            self._pending[-1] = None

    def _key(self, parent: Mapping, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            raise _UnparsableError(Flaw("C102", "a key must be text", node.line, node.column))
        if node.text == "<<" and not node.quoted:
            self._flaw("C104", "a merge key (<<) is not part of a contract", node.line, node.column)
        if node.text in parent.keys:
            first = parent.keys[node.text].line
            self._flaw("C103", f"the key `{node.text}` is given twice, first on line {first}", node.line, node.column)
        return node

    def _flaw(self, rule: str, message: str, line: int, column: int) -> None:
        self.flaws.append(Flaw(rule, message, line, column))
