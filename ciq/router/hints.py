"""Hints: a comment that is nothing but ``engine:pg`` or ``engine:duckdb`` asks for that engine."""

from __future__ import annotations

import re

import sqlglot

from ciq.router.statement import Engine

_HINT = re.compile(r"\s*engine\s*:\s*(pg|duckdb)\s*", re.IGNORECASE)
_ENGINES: dict[str, Engine] = {"pg": "pg", "duckdb": "duckdb"}


def hints(sql: str) -> tuple[Engine, ...]:
    """The engines that the comments of a text ask for, each once; what stands in a literal is no comment."""
    if "engine" not in sql.lower():
        return ()
    try:
        tokens = sqlglot.tokenize(sql, read="postgres")
    except Exception:  # sqlglot raises of several kinds on what it can't read; a hint then asks for nothing
        return ()
    comments = [comment for token in tokens for comment in token.comments]
    found = (match[1].lower() for comment in comments if (match := _HINT.fullmatch(comment)))
    return tuple(dict.fromkeys(_ENGINES[name] for name in found))
