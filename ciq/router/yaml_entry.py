"""One entry of a YAML mapping, put into its text in the place where it stands or after the last one."""

from __future__ import annotations

from typing import Any

import yaml


def with_entry(text: str, key: str, entry: str) -> str:
    """``text`` with ``entry`` (one line, key and value) for what it says of ``key``; all else is left as it is.

    Raises yaml.YAMLError for a text that is no YAML.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return f"{text.rstrip()}\n{entry}\n".lstrip()
    for name, value in root.value:
        if name.value == key:
            return text[: name.start_mark.index] + entry + text[_end(value) :]
    if root.flow_style:
        at = root.start_mark.index + 1
        return f"{text[:at]}{entry}{', ' if root.value else ''}{text[at:]}"
    at = text.find("\n", _end(root))
    at = len(text) if at < 0 else at
    return f"{text[:at].rstrip()}\n{' ' * root.start_mark.column}{entry}{text[at:] or chr(10)}"


def _end(node: Any) -> int:
    """Where a value ends: a block's own mark is behind the comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)
