"""Sizes as people write them: 5GB, 1.5 MB, 64KiB."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([KMGT]?)(i?)B", re.IGNORECASE)


def as_bytes(size: Any) -> Any:
    """The bytes of a size with a unit (decimal, or binary with an ``i``); anything but text is handed on.

    Raises ``ValueError`` for text that is no size.
    """
    if not isinstance(size, str):
        return size
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ValueError("a whole number of bytes, or a size such as 5GB or 64KiB")
    number, unit, binary = match.groups()
    return int(Decimal(number) * (1024 if binary else 1000) ** _UNITS[unit.upper()])
