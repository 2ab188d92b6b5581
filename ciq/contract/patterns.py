"""Regular expressions of RE2 in the words of other engines, which read each word as RE2 does.

A dot, ``\\d``, ``\\w`` and ``\\s`` mean other characters to each engine, and ``\\b`` is a backspace to PostgreSQL: so
classes are written out, and what has no equal in all of them is refused.
"""

from __future__ import annotations

import re
import warnings

from ciq.contract.model import Contract, Name
from ciq.errors import Problem, UsageError

_FLAGS = re.compile(r"\(\?([ims]+)\)(.*)", re.DOTALL)
_ESCAPED = r"\\x[0-9A-Fa-f]{2}|\\x\{[0-9A-Fa-f]+\}|\\[nrtfva]|\\[^a-zA-Z0-9]"
_TOKEN = re.compile(
    rf"""(?P<group>\(\?(?:P<\w+>|:)) | (?P<flags>\(\?) | (?P<class>\\[dws]) | (?P<others>\\[DWS])
    | (?P<char>{_ESCAPED}) | (?P<unknown>\\.) | (?P<set>\[) | (?P<dot>\.) | (?P<end>\$)
    | (?P<sign>[\^|()*+?]|\{{\d+(?:,\d*)?\}}) | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ITEM = re.compile(
    rf"""(?P<named>\[:\w+:\]) | (?P<class>\\[dws]) | (?P<char>{_ESCAPED}) | (?P<unknown>\\.|\[:) | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
_CLASSES = {r"\d": "0-9", r"\w": "0-9A-Za-z_", r"\s": r"\t\n\f\r "}
_NAMED = {
    "[:alnum:]": "0-9A-Za-z",
    "[:alpha:]": "A-Za-z",
    "[:blank:]": r"\t ",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:word:]": "0-9A-Za-z_",
    "[:xdigit:]": "0-9A-Fa-f",
}


def whole(contract: Contract, name: Name, end: str = "$") -> str:
    """What covers a text as the pattern of a column does, for engines that take flags in groups.

    ``end`` is the end of a text to the engine. Raises UsageError where not every engine has a word for it.
    """
    flags, pattern = _split(contract.constraints.patterns[name])
    return f"(?{flags}:{_written(contract, name, pattern, flags, end)})"


def whole_for_postgres(contract: Contract, name: Name) -> str:
    """As :func:`whole`, for an engine that takes flags at the very start alone, and none for lines as RE2 has it."""
    flags, pattern = _split(contract.constraints.patterns[name])
    if "m" in flags:
        raise _refused(contract, name, "(?m)")
    return f"{f'(?{flags})' if flags else ''}^(?:{_written(contract, name, pattern, flags, '$')})$"


def for_frames(contract: Contract, name: Name, end: str) -> str:
    """:func:`whole` of the pattern of a column. Raises UsageError where Python would read another or none in it."""
    pattern = whole(contract, name, end)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, FutureWarning) as error:
        raise _refused(contract, name, str(error)) from error
    return pattern


def _split(pattern: str) -> tuple[str, str]:
    found = _FLAGS.fullmatch(pattern)
    return (found[1], found[2]) if found else ("", pattern)


def _refused(contract: Contract, name: Name, what: str) -> UsageError:
    message = f"the pattern of `{name}` can't be judged elsewhere: {what}"
    help_ = "write it with what RE2, Python and PostgreSQL all know, such as [^0-9] for \\D"
    return UsageError(Problem("C114", message, contract.path, help=help_))


def _written(contract: Contract, name: Name, pattern: str, flags: str, end: str) -> str:
    """The pattern behind its flags, with each class written out."""
    parts, at = [], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        assert token and token.lastgroup
        kind, text, at = token.lastgroup, token[0], token.end()
        if kind == "set":
            text, at = _set(contract, name, pattern, at)
        elif kind in ("flags", "unknown"):
            raise _refused(contract, name, pattern[token.start() : token.start() + 3])
        elif kind == "dot" and "s" not in flags:
            text = r"[^\n]"
        elif kind == "end" and "m" not in flags:
            text = end
        elif kind == "group":
            text = "(?:"
        elif kind in ("class", "others"):
            text = f"[{'^' if kind == 'others' else ''}{_CLASSES[text.lower()]}]"
        elif kind in ("char", "plain"):
            text = re.sub(r"[\\.^$*+?()\[\]{}|]", r"\\\g<0>", _character(text))
        parts.append(text)
    return "".join(parts)


def _set(contract: Contract, name: Name, pattern: str, at: int) -> tuple[str, int]:
    """The characters in brackets that begin before ``at``, and where what follows them begins."""
    negated = pattern.startswith("^", at)
    begin = at = at + negated
    parts = []
    while at == begin or not pattern.startswith("]", at):
        item = _ITEM.match(pattern, at)
        assert item and item.lastgroup
        text, at = item[0], item.end()
        if text in _NAMED or item.lastgroup == "class":
            parts.append(_NAMED.get(text) or _CLASSES[text])
        elif item.lastgroup in ("named", "unknown"):
            raise _refused(contract, name, text)
        else:
            parts.append(_in_set(text))
            if pattern.startswith("-", at) and not pattern.startswith("]", at + 1):
                last = _ITEM.match(pattern, at + 1)
                assert last
                parts.append(f"-{_in_set(last[0])}")
                at = last.end()
    return f"[{'^' if negated else ''}{''.join(parts)}]", at + 1


def _in_set(text: str) -> str:
    return re.sub(r"[\\\]^\[-]", r"\\\g<0>", _character(text))


def _character(text: str) -> str:
    """What a single character stands for as it is written in a pattern."""
    if not text.startswith("\\"):
        return text
    if text[1] == "x":
        return chr(int(text[2:].strip("{}"), 16))
    return _CONTROLS.get(text[1], text[1])
