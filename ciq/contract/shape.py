"""A YAML tree in the form that the contract's model takes: lists as tuples, names and texts as written."""

from __future__ import annotations

from collections.abc import Mapping as Kinds
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ciq.contract.model import Number
from ciq.contract.nearest import did_you_mean
from ciq.contract.types import Kind
from ciq.contract.yaml_source import Flaw, Mapping, Node, Scalar, Sequence, plain

_WRITTEN_KINDS: frozenset[Kind] = frozenset({"text", "date", "datetime"})


class Shaper:
    """Shapes nodes and collects the keys that the model doesn't know.

    ``kinds`` has the kind of each typed column: a mend of a text column is text, whatever it looks like.
    """

    def __init__(self, kinds: Kinds[str, Kind]) -> None:
        self.unknown: list[Flaw] = []
        self._kinds = kinds

    def shaped(self, node: Node, wanted: Any, column: str | None = None) -> Any:
        """``node`` as ``wanted`` takes it; where it doesn't fit, as it is, for the model to refuse."""
        if get_origin(wanted) is Annotated:
            wanted = get_args(wanted)[0]
        if isinstance(node, Scalar):
            return self._scalar(node, wanted, column)
        kind = _alternative(wanted, node)
        if isinstance(node, Mapping) and get_origin(kind) is dict:
            value = get_args(kind)[1]
            return {key: self.shaped(item, value, key) for key, item in node.values.items()}
        if isinstance(node, Mapping) and isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._model(node, kind)
        if isinstance(node, Sequence) and get_origin(kind) is tuple:
            return tuple(self.shaped(item, _member(kind, at), column) for at, item in enumerate(node.items))
        return plain(node)

    def _model(self, node: Mapping, model: type[BaseModel]) -> dict[str, Any]:
        known = {name: info.annotation for name, info in model.model_fields.items() if not info.exclude}
        shaped = {}
        for key, value in node.values.items():
            if key in known:
                shaped[key] = self.shaped(value, known[key])
            else:
                place = node.keys[key]
                self.unknown.append(Flaw("C105", f"unknown key `{key}`", place.line, place.column, _advice(key, known)))
        return shaped

    def _scalar(self, node: Scalar, wanted: Any, column: str | None) -> Any:
        members = _members(wanted)
        if NoneType in members and node.is_null:
            return None
        if not node.text and not node.quoted:
            return None
        if str in members and column is not None and self._kinds.get(column) in _WRITTEN_KINDS:
            return node.text
        numeric = any(member in members for member in get_args(Number))
        written = str in members or any(isinstance(member, str) for member in members)
        return node.text if written and not numeric else node.value


def _members(wanted: Any) -> tuple[Any, ...]:
    """What a scalar may be: types, and the values of a literal."""
    if get_origin(wanted) in (Union, UnionType, Literal):
        return tuple(member for part in get_args(wanted) for member in _members(part))
    if get_origin(wanted) is Annotated:
        return _members(get_args(wanted)[0])
    return (wanted,)


def _alternative(wanted: Any, node: Node) -> Any:
    """The part of an optional type that a collection can be."""
    parts = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    for part in parts:
        if isinstance(node, Sequence) and get_origin(part) is tuple:
            return part
        if isinstance(node, Mapping) and (
            get_origin(part) is dict or (isinstance(part, type) and issubclass(part, BaseModel))
        ):
            return part
    return wanted


def _member(kind: Any, at: int) -> Any:
    members = get_args(kind)
    return members[0] if members[-1] is Ellipsis else members[min(at, len(members) - 1)]


def _advice(key: str, known: Kinds[str, Any]) -> str:
    return did_you_mean(key, known) or f"known here: {', '.join(known)}"
