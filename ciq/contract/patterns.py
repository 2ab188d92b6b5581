"""Regular expressions of RE2 in the words of other engines."""

from __future__ import annotations

import re
import warnings

from ciq.contract.model import Contract, Name
from ciq.errors import Problem, UsageError

_FLAGS = re.compile(r"\(\?([ims]+)\)(.*)", re.DOTALL)


def whole(pattern: str) -> str:
    """What covers a text as ``pattern`` does, for engines that take flags at the very start or in groups only."""
    found = _FLAGS.fullmatch(pattern)
    return f"(?{found[1]}:{found[2]})" if found else f"(?:{pattern})"


def whole_for_postgres(pattern: str) -> str:
    """As :func:`whole`, where flags may stand at the very start alone."""
    found = _FLAGS.fullmatch(pattern)
    return f"(?{found[1]})^(?:{found[2]})$" if found else f"^(?:{pattern})$"


def for_frames(contract: Contract, name: Name) -> str:
    """:func:`whole` of the pattern of a column. Raises UsageError where Python would read another or none in it."""
    pattern = whole(contract.constraints.patterns[name])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, FutureWarning) as error:
        message = f"the pattern of `{name}` can't be judged in frames: {error}"
        help_ = "write it with what RE2 and Python both know, such as [A-Za-z] for [[:alpha:]]"
        raise UsageError(Problem("C114", message, contract.path, help=help_)) from error
    return pattern
