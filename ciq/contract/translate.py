"""The model's refusals in the words of the contract's author, each at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping as Details
from typing import Any

from pydantic_core import ErrorDetails

from ciq.contract.finding import Path
from ciq.contract.model import LONGEST_IDENTIFIER, LONGEST_NAME
from ciq.contract.nearest import did_you_mean
from ciq.contract.yaml_source import Flaw, Mapping, Node, Scalar, Sequence

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
    "greater_than": "a number over {gt}",
    "less_than": "a number under {lt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "string_too_short": "text of at least {min_length} character",
    "string_too_long": "text of at most {max_length} character",
    "too_short": "a list with at least {min_length} entry",
    "too_long": "a list with at most {max_length} entries",
    "literal_error": "{expected}",
    "value_error": "{error}",
}
_NAME_PATTERN = "a name of 1 to {longest} lower-case letters, digits and underscores that begins with a letter"
_LONGEST: dict[tuple[int | str, ...], int] = {
    ("name",): LONGEST_NAME,
    ("publish", "schema"): LONGEST_IDENTIFIER,
    ("publish", "table"): LONGEST_IDENTIFIER,
}
_COLUMN_PATTERN = "a column name, which is not empty and has no control characters"
_SHOWN = 60


def resolve(root: Node, loc: tuple[str | int, ...]) -> Path:
    """The part of a location that leads through the file; what the model adds of its own is left out."""
    node, path = root, Path()
    for part in loc:
        if isinstance(node, Mapping) and str(part) in node.values:
            node, path = node.values[str(part)], (*path, str(part))
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node, path = node.items[part], (*path, part)
    return path


def node_at(root: Node, path: Path) -> Node:
    """The node that ``path`` leads to."""
    node = root
    for part in path:
        node = node.values[str(part)] if isinstance(node, Mapping) else _item(node, part)
    return node


def key_at(root: Node, path: Path) -> Scalar:
    """The key that ``path`` ends with; the path must end in a mapping's key."""
    parent = node_at(root, path[:-1])
    assert isinstance(parent, Mapping)
    return parent.keys[str(path[-1])]


def _item(node: Node, part: str | int) -> Node:
    assert isinstance(node, Sequence) and isinstance(part, int)
    return node.items[part]


def translated(root: Node, errors: list[ErrorDetails]) -> list[Flaw]:
    """One flaw for each place that the model refused, however many alternatives it tried there."""
    places: dict[tuple[Path, bool, str], list[ErrorDetails]] = {}
    for error in errors:
        missing = str(error["loc"][-1]) if error["type"] == "missing" else ""
        place = (resolve(root, error["loc"]), error["loc"][-1:] == ("[key]",), missing)
        places.setdefault(place, []).append(error)
    return [_flaw(root, path, at_key, together) for (path, at_key, _), together in places.items()]


def _flaw(root: Node, path: Path, at_key: bool, errors: list[ErrorDetails]) -> Flaw:
    error = errors[0]
    node: Node = key_at(root, path) if at_key else node_at(root, path)
    if error["type"] == "missing":
        return _missing(node, path, error)
    if error["loc"][:1] == ("name",) and not path:
        help_ = f"add `name`: the file's own name, {error['input']!r}, can't be one"
        return Flaw("C107", f"the data set needs {_expected(error)}", node.line, node.column, help_)
    expected = _joined(list(dict.fromkeys(_expected(each) for each in errors)))
    message = f"`{_dotted(path)}` takes {expected}, found {_found(node)}"
    return Flaw("C107", message, node.line, node.column, _advice(node, error))


def _missing(node: Node, path: Path, error: ErrorDetails) -> Flaw:
    key = error["loc"][-1]
    if isinstance(key, int):
        message = f"`{_dotted(path)}` takes two values, a lower and an upper bound, found {_found(node)}"
        return Flaw("C107", message, node.line, node.column, "write null for a bound that there is not")
    where = f" in `{_dotted(path)}`" if path else ""
    return Flaw("C106", f"the key `{key}` is missing{where}", node.line, node.column, f"add `{key}: ...`")


def _expected(error: ErrorDetails) -> str:
    context: Details[str, Any] = error.get("ctx", {})
    if error["type"] == "string_pattern_mismatch":
        longest = _LONGEST.get(error["loc"])
        return _NAME_PATTERN.format(longest=longest) if longest else _COLUMN_PATTERN
    template = _EXPECTED.get(error["type"])
    return template.format(**context) if template else error["msg"]


def _joined(alternatives: list[str]) -> str:
    """Alternatives of a union as one phrase: what is any number need not name whole ones too."""
    wider = {"a number", "a finite number"} & set(alternatives)
    return " or ".join(each for each in alternatives if not (wider and each == "a whole number"))


def _advice(node: Node, error: ErrorDetails) -> str | None:
    if error["type"] != "literal_error" or not isinstance(node, Scalar):
        return None
    return did_you_mean(node.text, re.findall(r"'([^']+)'", str(error.get("ctx", {}).get("expected", ""))))


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path) or "the contract"


def _found(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}"
    if not node.text and not node.quoted:
        return "nothing"
    shown = node.text if len(node.text) <= _SHOWN else f"{node.text[:_SHOWN]}..."
    return f"the text {shown!r}" if node.quoted or isinstance(node.value, str) else shown
