"""DuckDB's types and their exact counterparts in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass

from ciq.errors import DataRefused, Problem


@dataclass(frozen=True)
class Counterpart:
    """``name`` and ``oid`` are PostgreSQL's; ``width`` is the bytes of its binary form, None where that varies.

    ``source`` is the DuckDB type to cast to before the copy, so that Arrow's type is the target's; ``arrow`` is the
    Arrow type whose binary form is exact, None where only text is.
    """

    name: str
    oid: int
    width: int | None
    source: str
    arrow: str | None


_SMALLINT = Counterpart("smallint", 21, 2, "SMALLINT", "int16")
_INTEGER = Counterpart("integer", 23, 4, "INTEGER", "int32")
_BIGINT = Counterpart("bigint", 20, 8, "BIGINT", "int64")
# Times without a zone are in UTC: the contract's zone was applied when the files were read.
_INSTANT = Counterpart("timestamp with time zone", 1184, 8, "TIMESTAMP", "timestamp[us]")
_NUMERIC = Counterpart("numeric", 25, None, "VARCHAR", None)
COUNTERPARTS = {
    "TINYINT": _SMALLINT,
    "UTINYINT": _SMALLINT,
    "SMALLINT": _SMALLINT,
    "USMALLINT": _INTEGER,
    "INTEGER": _INTEGER,
    "UINTEGER": _BIGINT,
    "BIGINT": _BIGINT,
    "UBIGINT": _NUMERIC,
    "HUGEINT": _NUMERIC,
    "FLOAT": Counterpart("real", 700, 4, "FLOAT", "float"),
    "DOUBLE": Counterpart("double precision", 701, 8, "DOUBLE", "double"),
    "BOOLEAN": Counterpart("boolean", 16, 1, "BOOLEAN", "bool"),
    "VARCHAR": Counterpart("text", 25, None, "VARCHAR", "string"),
    "DATE": Counterpart("date", 1082, 4, "DATE", "date32[day]"),
    "TIMESTAMP": _INSTANT,
}


@dataclass(frozen=True)
class Column:
    """A column of a published table: its name, DuckDB's type, and what that becomes."""

    name: str
    duckdb: str
    target: Counterpart


def columns(described: list[tuple[str, str]]) -> tuple[Column, ...]:
    """The columns of a query from DuckDB's name and type of each.

    Raises DataRefused with every column whose type has no exact counterpart.
    """
    unknown = [(name, kind) for name, kind in described if kind not in COUNTERPARTS]
    if unknown:
        help_ = f"cast it in the model to one of {', '.join(COUNTERPARTS)}"
        raise DataRefused(
            *(
                Problem("P510", f"column {name} is {kind}, which PostgreSQL has no exact type for", help=help_)
                for name, kind in unknown
            )
        )
    return tuple(Column(name, kind, COUNTERPARTS[kind]) for name, kind in described)
