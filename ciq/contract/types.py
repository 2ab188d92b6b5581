"""The contract's column types, each mapped once to the engine's type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

TypeName = Literal[
    "int8", "int16", "int32", "int64", "float32", "float64", "bool", "string", "category", "date", "datetime"
]
Kind = Literal["integer", "float", "bool", "text", "date", "datetime"]


@dataclass(frozen=True)
class ColumnType:
    """``duckdb`` is the type as DuckDB writes it; ``kind`` is the family that rules and casts go by."""

    duckdb: str
    kind: Kind


COLUMN_TYPES: dict[str, ColumnType] = {
    "int8": ColumnType("TINYINT", "integer"),
    "int16": ColumnType("SMALLINT", "integer"),
    "int32": ColumnType("INTEGER", "integer"),
    "int64": ColumnType("BIGINT", "integer"),
    "float32": ColumnType("FLOAT", "float"),
    "float64": ColumnType("DOUBLE", "float"),
    "bool": ColumnType("BOOLEAN", "bool"),
    "string": ColumnType("VARCHAR", "text"),
    "category": ColumnType("VARCHAR", "text"),
    "date": ColumnType("DATE", "date"),
    "datetime": ColumnType("TIMESTAMP", "datetime"),
}
NUMERIC_KINDS: frozenset[Kind] = frozenset({"integer", "float", "bool"})

assert set(COLUMN_TYPES) == set(get_args(TypeName))
