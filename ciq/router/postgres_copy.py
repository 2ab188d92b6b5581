"""A part of a relation of PostgreSQL's as an Arrow table: by COPY, as CSV, within a number of bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.csv
from sqlglot import exp

from ciq.errors import LimitExceeded
from ciq.router.catalog import COMPARES_ALIKE
from ciq.router.postgres_types import LOOSE, is_alike, unfit
from ciq.router.statement import Relation

_COLUMNS = f"""
SELECT attname, CASE WHEN {COMPARES_ALIKE} THEN typname END
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid LEFT JOIN pg_collation ON pg_collation.oid = attcollation
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""  # noqa: S608  # a condition that is written out
_KINDS = """
SELECT oid, CASE typtype WHEN 'e' THEN 'enum' ELSE format_type(oid, NULL) END FROM pg_type WHERE oid = ANY(%s::oid[])
"""
_LARGEST_BLOCK = 2**31 - 1


@dataclass
class Room:
    """What COPY writes to: ``left`` is how many bytes it may still take, ``over`` is raised beyond."""

    left: int
    over: LimitExceeded
    written: io.BytesIO = field(default_factory=io.BytesIO)

    def write(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise self.over
        self.written.write(data)


def columns(cursor: Any, relation: Relation) -> dict[str, str | None]:
    """The columns of a relation, and the type of each whose values compare alike on both engines."""
    table = exp.table_(relation.name, db=relation.schema or None, quoted=True)
    cursor.execute(_COLUMNS, [table.sql("postgres")])
    return dict(cursor.fetchall())


def kinds(cursor: Any) -> dict[str, str]:
    """PostgreSQL's types of the columns of the last query that DuckDB has as another type; "enum" for enumerations."""
    found = {column.name: column.type_code for column in cursor.description if not is_alike(column.type_code)}
    if not found:
        return {}
    cursor.execute(_KINDS, [list(found.values())])
    words = dict(cursor.fetchall())
    return {name: words[oid] for name, oid in found.items()}


def copied(cursor: Any, query: exp.Select, schema: pa.Schema, room: Room) -> pa.Table:
    """The rows of a query whose columns are ``schema``. Raises StatementRefused for a value that Arrow can't hold."""
    selected = [_carried(column, each.type) for column, each in zip(query.expressions, schema, strict=True)]
    text = query.select(*selected, append=False).sql("postgres")
    cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')", room)
    if not room.written.tell():
        return schema.empty_table()
    try:
        return _table(room.written.getbuffer(), schema)
    except (pa.ArrowException, ValueError) as error:
        raise unfit(error) from error


def _table(text: memoryview, schema: pa.Schema) -> pa.Table:
    as_read = [each.with_type(pa.string()) if pa.types.is_binary(each.type) else each for each in schema]
    table = pa.csv.read_csv(
        pa.py_buffer(text),
        pa.csv.ReadOptions(column_names=schema.names, block_size=min(len(text), _LARGEST_BLOCK)),
        pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        pa.csv.ConvertOptions(
            column_types=pa.schema(as_read),
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    columns = [
        _bytes(column) if pa.types.is_binary(each.type) else column
        for column, each in zip(table.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _carried(column: exp.Expr, kind: pa.DataType) -> exp.Expr:
    """A column as CSV that Arrow reads: bytes in hexadecimal, numbers without a precision in the one they get."""
    if pa.types.is_binary(kind):
        return exp.func("encode", column, exp.Literal.string("hex"))
    return exp.cast(column, f"decimal({LOOSE.precision}, {LOOSE.scale})") if kind == LOOSE else column


def _bytes(texts: pa.ChunkedArray) -> pa.Array:
    return pa.array([None if text is None else bytes.fromhex(text) for text in texts.to_pylist()], pa.binary())
