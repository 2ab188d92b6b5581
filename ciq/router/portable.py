"""What means the same on both engines, so that either may answer.

The list is short on purpose: what is not on it stays with one engine. Each entry has a row in
``tests/router/test_portable.py``, and so has each difference that keeps something off it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ciq.router.postgres_walk import Seen

_NODE_NAMES = """
A_Const A_Expr A_Star Alias BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr ColumnRef CommonTableExpr Float FuncCall
Integer JoinExpr List NullTest RangeSubselect RangeVar ResTarget SelectStmt SortBy String SubLink TypeCast TypeName
"""
NODES = frozenset(_NODE_NAMES.split())
FUNCTIONS = frozenset({"count", "sum", "avg", "min", "max", "abs", "extract", "substring"})
OPERATORS = frozenset({"=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "~~", "!~~", "||"})
_FORMS = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "interval": re.compile(r"[0-9]{1,6}(?: (?:day|month|year)s?)?"),
    "float8": re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"),
}
TYPES = frozenset(_FORMS)
_RADIX = re.compile(r"0(?<!\w0)[xobXOB]")  # begins with what is rare, so that the text is passed over fast
_LONGEST_NUMBER = 38
JOINS = re.compile(r"\b(?:anti|asof|positional|semi)\b", re.IGNORECASE)
"""Words before JOIN that are an alias of what stands there to PostgreSQL, and the kind of the join to DuckDB."""
_EXTRACTED = frozenset({"year", "month", "day"})
_ORDERING = frozenset({"<", ">", "<=", ">="})
_BETWEEN = ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN")


def objection(sql: str, seen: Seen, bytewise: bool = True) -> str | None:
    """Why the two engines might answer a query differently, or None where they answer alike.

    ``seen`` is everything in its tree; ``bytewise`` says that PostgreSQL sorts texts by their bytes, as DuckDB does.
    """
    if "\\" in sql:
        return "a backslash escapes in PostgreSQL's LIKE, and nothing in DuckDB's"
    if _RADIX.search(sql):
        return "DuckDB takes 0x1F for a 0 named x1F"
    if JOINS.search(sql):
        return "ANTI, ASOF, POSITIONAL and SEMI are joins in DuckDB, and aliases in PostgreSQL"
    if any(len(number) > _LONGEST_NUMBER or "e" in number.lower() for number in seen.numbers):
        return "a number with an exponent or more than 38 figures is a double in DuckDB"
    for kind in sorted(seen.kinds - NODES):
        return f"{kind} is not on the list of what both engines answer alike"
    for names in sorted(seen.types):
        if names[-1] not in TYPES:
            return f"a cast to {names[-1]} is not on the list of what both engines answer alike"
    found = (*map(_call, seen.calls), *map(_operator, seen.expressions), *map(_cast, seen.casts))
    return next(filter(None, found), None if bytewise else _sorted(seen))


def unlike(seen: Seen, columns: Sequence[str]) -> str | None:
    """Why a query differs that may be about one of ``columns``, whose values don't compare alike."""
    named = [name for name in columns if name in seen.columns or "*" in seen.columns]
    return f"{named[0]} is of a type or collation that DuckDB may compare otherwise" if named else None


def _call(node: dict[str, Any]) -> str | None:
    name, arguments = _last(node["funcname"]), node.get("args", [])
    if name not in FUNCTIONS or "over" in node:
        return f"the function {name}() is not on the list of what both engines answer alike"
    if name == "extract" and not (arguments and _text(arguments[0]) in _EXTRACTED):
        return "only the year, month and day of a date are taken out alike"
    if name == "substring" and not all(_positive(argument) for argument in arguments[1:]):
        return "substring() counts alike from a constant position of 1 or more only"
    return None


def _operator(node: dict[str, Any]) -> str | None:
    name = _last(node["name"])
    if node["kind"] in _BETWEEN:
        return None
    if name not in OPERATORS:
        return f"the operator {name} is not on the list of what both engines answer alike"
    if name in ("/", "%") and not _positive(node["rexpr"]):
        return "division by 0 fails in PostgreSQL and gives NULL in DuckDB, so the divisor has to be a constant"
    return None


def _cast(node: dict[str, Any]) -> str | None:
    """Texts that are cast as they stand have to be in the form that both engines read alike."""
    text, name = node["arg"].get("A_Const", {}).get("sval", {}).get("sval"), _last(node["typeName"]["names"])
    if text is None or _FORMS[name].fullmatch(text):
        return None
    return f"not both engines read {text!r} as {name}"


def _sorted(seen: Seen) -> str | None:
    """What depends on the order of texts."""
    compares = any(node["kind"] in _BETWEEN or _last(node["name"]) in _ORDERING for node in seen.expressions)
    extreme = any(names[-1] in ("min", "max") for names in seen.functions)
    return (
        "PostgreSQL sorts texts by a locale here, DuckDB by bytes"
        if "SortBy" in seen.kinds or compares or extreme
        else None
    )


def _last(parts: list[dict[str, Any]]) -> str:
    return str(parts[-1]["String"]["sval"])


def _text(node: dict[str, Any]) -> str:
    return str(node.get("A_Const", {}).get("sval", {}).get("sval", ""))


def _positive(node: dict[str, Any]) -> bool:
    """Whether a node is a number written out, and more than 0."""
    constant = node.get("A_Const", {})
    number = constant.get("ival", {}).get("ival") or constant.get("fval", {}).get("fval") or 0
    return float(number) > 0
