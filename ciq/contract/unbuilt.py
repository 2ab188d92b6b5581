"""What contracts may say one day and this version does not do: refused by name, never ignored.

A value that asks for nothing, or for what is done anyway, is taken out and lets the contract load.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ciq.contract.yaml_source import Flaw, Mapping, Node, plain


@dataclass(frozen=True)
class Unbuilt:
    """A key that is refused unless its value is ``inert``; ``*`` in a path is any key."""

    path: tuple[str, ...]
    inert: tuple[Any, ...]
    does: str


_NONE: tuple[Any, ...] = (None, {}, [])
UNBUILT = (Unbuilt(("schedule", "window"), _NONE, "its diagnostics follow over the whole data set"),)


def take_out(root: Mapping) -> list[Flaw]:
    """What ``root`` asks for that is not built; asked or inert, it is removed from ``root``."""
    return [flaw for entry in UNBUILT for flaw in _judge(root, entry)]


def _judge(root: Mapping, entry: Unbuilt) -> Iterator[Flaw]:
    for parent, path in list(_parents(root, entry.path)):
        asked = plain(parent.values[path[-1]])
        inert = any(type(asked) is type(value) and asked == value for value in entry.inert)
        place = parent.keys.pop(path[-1])
        del parent.values[path[-1]]
        if not inert:
            message = f"this version of ciq does not do what `{'.'.join(path)}` asks for: {entry.does}"
            yield Flaw("C108", message, place.line, place.column, "remove the key")


def _parents(
    node: Node, pattern: tuple[str, ...], path: tuple[str, ...] = ()
) -> Iterator[tuple[Mapping, tuple[str, ...]]]:
    if not isinstance(node, Mapping):
        return
    head, *rest = pattern
    for key in list(node.values) if head == "*" else [head]:
        if key not in node.values:
            continue
        if rest:
            yield from _parents(node.values[key], tuple(rest), (*path, key))
        else:
            yield node, (*path, key)
