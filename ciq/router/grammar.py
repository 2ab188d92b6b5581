"""The engines' own grammars: PostgreSQL's by libpg_query, DuckDB's by DuckDB; what neither takes is no statement.

A parser that is not the engine's own would sooner or later read something else than the engine does. Both are bounded
here in size and nesting, as neither guards its stack and its time against every text.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pgparse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LONGEST = 262_144
"""Characters of a statement that is looked into; a longer one is taken for unsure unseen."""

_DEEPEST_TEXT = 65_536
_MOST_COMMENTS = 500
_LIST_LITERAL = re.compile(r"(?:'\w*'|[0-9.]+)\s*,")
_LITERALS = re.compile(r"'(?:[^']|'')*'|\b[0-9][0-9.eE]*\b")
_local = threading.local()


def too_large(sql: str) -> str | None:
    """Why a text is not looked into, or None.

    libpg_query writes its tree by recursion: about 60,000 nested operators exhaust a stack of 8 MB. An operator takes
    a character and an operand another, so a text without its lists of literals bounds the nesting. Nested comments
    cost both parsers quadratic time.
    """
    if len(sql) > LONGEST:
        return f"it is longer than {LONGEST:,} characters"
    if len(sql) > _DEEPEST_TEXT and len(_LIST_LITERAL.sub("", sql)) > _DEEPEST_TEXT:
        return f"it is longer than {_DEEPEST_TEXT:,} characters without its lists of literals"
    if sql.count("/*") > _MOST_COMMENTS:
        return f"it has more than {_MOST_COMMENTS} comments"
    if "\0" in sql:
        return "it holds a NUL character"
    return None


def postgres_tree(sql: str) -> list[dict[str, Any]] | str:
    """PostgreSQL's parse tree, a dict a statement as libpg_query writes it in JSON; or why there is none."""
    try:
        return list(pgparse.parse(sql))
    except pgparse.PGQueryError as error:
        return str(error.args[0])
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:  # lone surrogates, or a tree that is no JSON
        return f"it can't be read: {type(error).__name__}"


def fingerprint(sql: str) -> str:
    """The same for statements that differ in literals and layout only: libpg_query's, else of the text without them."""
    if too_large(sql) is None:
        with suppress(pgparse.PGQueryError, ValueError):
            return str(pgparse.fingerprint(sql))
    bare = " ".join(_LITERALS.sub("?", sql).split())
    return hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:16]


def nodes(tree: Any, leaves: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """Every mapping in a tree of PostgreSQL's, or in a list of parts of one; none below ``leaves``.

    Each comes once, where one part is within another too.
    """
    met: set[int] = set()
    stack = [tree]
    while stack:
        value = stack.pop()
        if type(value) is list:
            stack.extend(value)
        elif type(value) is dict and id(value) not in met:
            met.add(id(value))
            yield value
            stack += [
                child
                for key, child in value.items()
                if (type(child) is dict or type(child) is list) and key not in leaves
            ]


def duckdb_kinds(sql: str) -> list[str] | str:
    """DuckDB's names for the types of the statements (SELECT, INSERT ...), or why it can't read them."""
    import duckdb

    try:
        return [statement.type.name for statement in _parser().extract_statements(sql)]
    except (duckdb.Error, RuntimeError, TypeError, ValueError) as error:  # TypeError for lone surrogates
        return str(error).partition("\n")[0]


def duckdb_tree(sql: str) -> dict[str, Any] | None:
    """DuckDB's parse tree of one SELECT as ``json_serialize_sql`` gives it; None for anything else."""
    import duckdb

    try:
        text = _parser().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()[0][0]
        said: dict[str, Any] = json.loads(text)
    except (duckdb.Error, RuntimeError, RecursionError, TypeError, ValueError):
        return None
    statements = said.get("statements", [])
    return statements[0]["node"] if not said["error"] and len(statements) == 1 else None


def _parser() -> DuckDBPyConnection:
    """An empty DuckDB of this thread's own, which only ever parses."""
    found: DuckDBPyConnection | None = getattr(_local, "parser", None)
    if found is None:
        import duckdb

        found = duckdb.connect(config={"threads": 1, "enable_external_access": "false"})
        _local.parser = found
    return found
