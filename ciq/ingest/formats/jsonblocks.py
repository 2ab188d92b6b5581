"""Lines of JSON that are written as one before them was: a block of such lines is taken apart at once.

Whatever else stands in a block is left to who reads it line by line, and can say what is wrong and where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_COLUMNS = 1000
"""A pattern of more takes long to compile."""

_SPACING = ((",", ":"), (", ", ": "), (",", ": "))
_SCALAR = r'([^\s",:\\\[\]{}]+|"[^"\\\x00-\x1f]*")'
_STRICT = r'^(?:".*|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)$'
_LOST = "\ufffd"


def pattern(lines: Sequence[bytes], names: Sequence[str]) -> re.Pattern[str] | None:
    """What a line is like that has values of ``names`` as one of ``lines`` has them; None where none is that simple."""
    if len(names) > _MOST_COLUMNS:
        return None
    for comma, colon in _SPACING:
        for ascii_only in (False, True):
            keys = (re.escape(json.dumps(name, ensure_ascii=ascii_only) + colon) for name in names)
            # The empty group keeps the values of a single column in tuples.
            found = re.compile(rf"^{{{re.escape(comma).join(key + _SCALAR for key in keys)}}}()\r?$", re.MULTILINE)
            if any(found.match(line.decode("utf-8", "replace")) for line in lines):
                return found
    return None


def values(like: re.Pattern[str], block: bytes) -> list[pa.Array] | None:
    """The values of each column in whole lines as they are written; None where not every line is ``like`` that."""
    import pyarrow as pa
    from pyarrow import compute

    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        return None
    rows = like.findall(text)
    if len(rows) != text.count("\n") + (not text.endswith("\n")) or _LOST in text:
        return None
    columns = [pa.array(column, pa.string()) for column in list(zip(*rows, strict=True))[:-1]]
    sound = (compute.all(compute.match_substring_regex(column, _STRICT)).as_py() for column in columns)
    return columns if all(sound) else None


def as_text(written: pa.Array, nulls: Collection[str], *, strict: bool) -> pa.Array:
    """Values as they are written as texts: null is missing, strings lose their quotes.

    In a ``strict`` column, of what JSON writes without quotes, only those of ``nulls`` do.
    """
    import pyarrow as pa
    from pyarrow import compute

    quoted = compute.starts_with(written, '"')
    if compute.any(quoted).as_py():
        bare = compute.utf8_trim(written, '"')  # no quote stands within
        if strict:
            missing = compute.and_(quoted, compute.is_in(bare, pa.array(list(nulls), pa.string())))
            written = compute.if_else(missing, bare, written)
        else:
            written = bare
    absent = compute.and_not(compute.equal(written, "null"), quoted)
    return compute.if_else(absent, pa.scalar(None, pa.string()), written)
