"""Hints: a comment that is nothing but ``engine:`` and the name of an engine asks for that engine."""

from __future__ import annotations

import re
from collections.abc import Collection

import sqlglot

from ciq.router.statement import ENGINES, Engine

_HINT = re.compile(r"\s*engine\s*:\s*(\w+)\s*", re.IGNORECASE)


def hints(sql: str, engines: Collection[Engine] = ENGINES) -> tuple[Engine, ...]:
    """Those of ``engines`` that the comments of a text ask for, each once; what stands in a literal is no comment."""
    if "engine" not in sql.lower():
        return ()
    try:
        tokens = sqlglot.tokenize(sql, read="postgres")
    except Exception:  # sqlglot raises of several kinds on what it can't read; a hint then asks for nothing
        return ()
    comments = [comment for token in tokens for comment in token.comments]
    found = (match[1].lower() for comment in comments if (match := _HINT.fullmatch(comment)))
    return tuple(dict.fromkeys(name for name in found if name in engines))
