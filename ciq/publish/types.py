"""DuckDB's types and their exact counterparts in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ciq.errors import DataRefused, Problem


@dataclass(frozen=True)
class Counterpart:
    """``name`` is PostgreSQL's, ``send`` its function that gives the binary form; None where it hashes the value whole.

    ``source`` is the DuckDB type to cast to before the copy, so that Arrow's type is the target's; ``arrow`` is the
    Arrow type whose binary form is exact, None where only text is.
    """

    name: str
    send: str | None
    source: str
    arrow: str | None


_SMALLINT = Counterpart("smallint", None, "SMALLINT", "int16")
_INTEGER = Counterpart("integer", None, "INTEGER", "int32")
_BIGINT = Counterpart("bigint", "int8send", "BIGINT", "int64")
# Times without a zone are in UTC: the contract's zone was applied when the files were read.
_INSTANT = Counterpart("timestamp with time zone", "timestamptz_send", "TIMESTAMP", "timestamp[us]")
_NUMERIC = Counterpart("numeric", None, "VARCHAR", None)
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
    "FLOAT": Counterpart("real", "float4send", "FLOAT", "float"),
    "DOUBLE": Counterpart("double precision", "float8send", "DOUBLE", "double"),
    "BOOLEAN": Counterpart("boolean", None, "BOOLEAN", "bool"),
    "VARCHAR": Counterpart("text", None, "VARCHAR", "string"),
    "DATE": Counterpart("date", None, "DATE", "date32[day]"),
    "TIMESTAMP": _INSTANT,
}
_LONGEST = 63
"""Bytes of an identifier: https://www.postgresql.org/docs/current/sql-syntax-lexical.html"""
_SYSTEM_COLUMNS = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")


@dataclass(frozen=True)
class Column:
    """A column of a published table: its name, DuckDB's type, and what that becomes."""

    name: str
    duckdb: str
    target: Counterpart


def columns(described: list[tuple[str, str]]) -> tuple[Column, ...]:
    """The columns of a query from DuckDB's name and type of each.

    Raises DataRefused with every column whose name PostgreSQL can't hold, or whose type has no exact counterpart.
    """
    if unheld := [name for name, _ in described if not _held(name)]:
        help_ = "rename it in the raw file and in the contract"
        raise DataRefused(
            *(Problem("P516", f"PostgreSQL can't hold a column called {name}", help=help_) for name in unheld)
        )
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


def _held(name: str) -> bool:
    """Whether a column may have the name; the server cuts a longer one without a word."""
    return len(name.encode()) <= _LONGEST and name not in _SYSTEM_COLUMNS


def selection(query: exp.Query, columns: tuple[Column, ...]) -> exp.Select:
    """The rows of ``query`` with each column cast to the DuckDB type that goes over."""
    values = (exp.alias_(_cast(column), column.name, quoted=True) for column in columns)
    return exp.select(*values).from_(query.subquery("t"))


def _cast(column: Column) -> exp.Expr:
    value = exp.cast(exp.column(column.name, quoted=True), column.target.source, dialect="duckdb")
    if column.duckdb not in ("FLOAT", "DOUBLE"):
        return value
    # A NaN may have any sign and payload, which a text would lose.
    nan = exp.cast(exp.convert("nan"), column.duckdb, dialect="duckdb")
    return exp.case().when(exp.func("isnan", value.copy()), nan).else_(value)
