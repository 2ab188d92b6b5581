"""Count and checksum of a table's content, the same on both sides: whatever order the rows come in.

Each row is written as PostgreSQL's ``record_send`` does it (number of columns; per column type, length and binary
value, length -1 for NULL); the first 64 bits of its md5 are added up. DuckDB writes the same bytes from its own values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from ciq.publish.types import Column

_MODULUS = 2**64
_EPOCH_DAYS, _EPOCH_MICROSECONDS = 10_957, 946_684_800_000_000  # from 1970 to 2000, where PostgreSQL counts from


@dataclass(frozen=True)
class Content:
    """``rows`` and, as 16 hexadecimal digits, the sum of the rows' hashes modulo 2^64."""

    rows: int
    checksum: str

    @classmethod
    def of(cls, rows: int, total: Any) -> Content:
        """From a count and the exact sum, which may be negative."""
        return cls(rows, f"{int(total or 0) % _MODULUS:016x}")


def of_duckdb(cursor: duckdb.DuckDBPyConnection, query: exp.Query, columns: tuple[Column, ...]) -> Content:
    """What ``query`` gives."""
    row = exp.Literal.string(_escaped(len(columns).to_bytes(4, "big")))
    image = _concatenated([exp.cast(row, "BLOB"), *(_image(column) for column in columns)])
    digits = exp.func("substr", exp.func("md5", image), exp.convert(1), exp.convert(16))
    number = exp.cast(exp.DPipe(this=exp.convert("0x"), expression=digits), "UBIGINT", dialect="duckdb")
    select = exp.select(exp.func("count", exp.Star()), exp.func("sum", number)).from_(query.subquery("t"))
    found = cursor.execute(select.sql("duckdb")).fetchone()
    assert found is not None
    return Content.of(*found)


def of_postgres(cursor: Any, table: exp.Table, columns: tuple[Column, ...]) -> Content:
    """What ``table`` holds, uncommitted rows of the cursor's transaction included."""
    text = [column.name for column in columns if column.target.arrow is None]
    values = [
        exp.alias_(exp.cast(_column(column), "text"), column.name, quoted=True)
        if column.name in text
        else _column(column)
        for column in columns
    ]
    rows = exp.select(*values).from_(table).subquery("t").sql("postgres")
    cursor.execute(
        "SELECT count(*), sum(('x' || substr(md5(record_send(t)), 1, 16))::bit(64)::bigint) FROM " + rows  # noqa: S608
    )
    return Content.of(*cursor.fetchone())


def _image(column: Column) -> exp.Expr:
    """A column's type, length and binary value as ``record_send`` writes them."""
    value, target = _column(column), column.target
    head = target.oid.to_bytes(4, "big")
    null = _blob(head + b"\xff\xff\xff\xff")
    if target.width is None:
        # A cast of text to BLOB would take backslashes for escapes.
        content = exp.Anonymous(this="encode", expressions=[exp.cast(value, "VARCHAR", dialect="duckdb")])
        length = exp.cast(exp.func("octet_length", content.copy()), "INTEGER", dialect="duckdb")
        written = _concatenated([_blob(head), _bytes(length), content])
    else:
        written = _concatenated([_blob(head + target.width.to_bytes(4, "big")), _bytes(_number(value, column))])
    return exp.func("coalesce", written, null)


def _number(value: exp.Expr, column: Column) -> exp.Expr:
    """A value as a number or truth value of the width that PostgreSQL sends."""
    match column.target.name:
        case "date":
            days = exp.Paren(this=value - exp.cast(exp.convert("1970-01-01"), "date"))
            return exp.cast(days - _EPOCH_DAYS, "INTEGER", dialect="duckdb")
        case "timestamp with time zone":
            return exp.cast(
                exp.func("epoch_us", value, dialect="duckdb") - _EPOCH_MICROSECONDS, "BIGINT", dialect="duckdb"
            )
        case _:
            return exp.cast(value, column.target.source, dialect="duckdb")


def _bytes(number: exp.Expr) -> exp.Expr:
    """DuckDB writes a number's bits with the highest first, as PostgreSQL sends them."""
    return exp.cast(exp.cast(number, "BIT", dialect="duckdb"), "BLOB", dialect="duckdb")


def _blob(content: bytes) -> exp.Expr:
    return exp.cast(exp.Literal.string(_escaped(content)), "BLOB", dialect="duckdb")


def _escaped(content: bytes) -> str:
    return "".join(f"\\x{byte:02X}" for byte in content)


def _concatenated(parts: list[exp.Expr]) -> exp.Expr:
    """As a balanced tree: each byte is copied as often as the tree is deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return exp.DPipe(this=exp.paren(_concatenated(parts[:middle])), expression=exp.paren(_concatenated(parts[middle:])))


def _column(column: Column) -> exp.Column:
    return exp.column(column.name, quoted=True)
