"""The encodings that a source's text may be declared in, under any name that Python knows them by."""

from __future__ import annotations

import codecs
from typing import Any, Literal

Encoding = Literal[
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "shift_jis", "euc_jp", "cp1252", "iso8859-1"
]


def canonical(name: Any) -> Any:
    """The one name of an encoding with many, such as Windows-1252 and cp1252; anything else is handed on."""
    try:
        return codecs.lookup(name).name
    except (LookupError, TypeError, ValueError):
        return name
