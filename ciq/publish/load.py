"""One table: made, filled, proved equal to its source, indexed and described, all in the caller's transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg2
from sqlglot import exp

from ciq.errors import DataRefused, Problem
from ciq.publish import checksum
from ciq.publish.checksum import Content
from ciq.publish.copying import Method, copy
from ciq.publish.faces import columns_of
from ciq.publish.progress import tell
from ciq.publish.types import Column, columns


@dataclass(frozen=True)
class Description:
    """What PostgreSQL is told of a table beside its rows: unique key, further indexes, comments.

    ``name`` is what the rows are called while they go over.
    """

    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    comment: str = ""
    column_comments: Mapping[str, str] | None = None
    name: str = ""


@dataclass(frozen=True)
class Loaded:
    """What went over, how, and in how many seconds, indexes and statistics included."""

    content: Content
    method: Method
    seconds: float


def load(
    source: duckdb.DuckDBPyConnection, query: exp.Query, cursor: Any, table: exp.Table, description: Description
) -> Loaded | None:
    """Put the rows of ``query`` into ``table``, which is made where it is missing; None where they are there already.

    Raises DataRefused where a value or a type has no place in PostgreSQL, or where the table doesn't hold what the
    source does; the transaction is then the caller's to roll back.
    """
    start = time.monotonic()
    described = source.execute(f"DESCRIBE {query.sql('duckdb', identify=True)}").fetchall()
    found = columns([(row[0], row[1]) for row in described])
    _finite_times(source, query, found)
    new = not columns_of(cursor, table)
    if new:
        cursor.execute(create(table, found, description.key))
    elif checksum.of_postgres(cursor, table, found) == checksum.of_duckdb(source, query, found):
        return None
    else:
        # Readers go on seeing the rows that were there; TRUNCATE would make them wait.
        cursor.execute(exp.delete(table).sql("postgres"))
    with closing(source.cursor()) as aside, ThreadPoolExecutor(1) as other:
        expected = other.submit(checksum.of_duckdb, aside, query, found)
        try:
            method = copy(source, query, found, cursor, table, freeze=new, tell=_teller(source, query, description))
        except psycopg2.DataError as error:
            raise _refused(source, query, found, error) from error
    content = checksum.of_postgres(cursor, table, found)
    if content != expected.result():
        raise _unequal(table, expected.result(), content)
    for statement in _finish(table, description) if new else [f"ANALYZE {table.sql('postgres')}"]:
        cursor.execute(statement)
    return Loaded(content, method, time.monotonic() - start)


def _teller(source: duckdb.DuckDBPyConnection, query: exp.Query, description: Description) -> Callable[[int], None]:
    counted = source.execute(
        exp.select(exp.func("count", exp.Star())).from_(query.subquery("t")).sql("duckdb")
    ).fetchone()
    total = counted[0] if counted else 0
    return lambda rows: tell(f"publishing {description.name}", rows, total)


def create(table: exp.Table, found: tuple[Column, ...], key: Sequence[str] = ()) -> str:
    """The statement that makes ``table``; a key that may not be NULL from the start needs no scan to become one."""
    definitions = [
        exp.ColumnDef(
            this=exp.to_identifier(column.name, quoted=True),
            kind=exp.DataType.build(column.target.name, "postgres"),
            constraints=[exp.ColumnConstraint(kind=exp.NotNullColumnConstraint())] if column.name in key else [],
        )
        for column in found
    ]
    schema = exp.Schema(this=table.copy(), expressions=definitions)
    return exp.Create(this=schema, kind="TABLE").sql("postgres")


def _finish(table: exp.Table, description: Description) -> list[str]:
    name = table.sql("postgres")
    statements = []
    if description.key:
        statements.append(f"ALTER TABLE {name} ADD PRIMARY KEY ({_list(description.key)})")
    statements += [f"CREATE INDEX ON {name} ({_list(index)})" for index in description.indexes]
    statements.append(f"COMMENT ON TABLE {name} IS {_text(description.comment)}")
    for column, comment in (description.column_comments or {}).items():
        statements.append(f"COMMENT ON COLUMN {name}.{_list([column])} IS {_text(comment)}")
    return [*statements, f"ANALYZE {name}"]


def _list(names: Iterable[str]) -> str:
    return ", ".join(exp.to_identifier(name, quoted=True).sql("postgres") for name in names)


def _text(text: str) -> str:
    return exp.convert(text).sql("postgres")


def _finite_times(source: duckdb.DuckDBPyConnection, query: exp.Query, found: tuple[Column, ...]) -> None:
    """DuckDB's infinite times would become finite ones: the two engines have other numbers for them."""
    times = [column for column in found if column.target.name in ("date", "timestamp with time zone")]
    if not times:
        return
    counts = _count(source, query, [exp.func("isinf", exp.column(column.name, quoted=True)) for column in times])
    infinite = [(column, rows) for column, rows in zip(times, counts, strict=True) if rows]
    if infinite:
        raise DataRefused(
            *(
                Problem(
                    "P511", f"column {column.name} is infinite in {rows:,} rows", help="make them NULL in the model"
                )
                for column, rows in infinite
            )
        )


def _refused(
    source: duckdb.DuckDBPyConnection, query: exp.Query, found: tuple[Column, ...], error: psycopg2.DataError
) -> DataRefused:
    texts = [column for column in found if column.duckdb == "VARCHAR"]
    nul = exp.Anonymous(this="chr", expressions=[exp.convert(0)])
    holds = [exp.func("contains", exp.column(column.name, quoted=True), nul.copy()) for column in texts]
    counts = _count(source, query, holds) if texts else []
    named = [
        Problem("P511", f"column {column.name} holds a NUL character in {rows:,} rows", help="take it out of the text")
        for column, rows in zip(texts, counts, strict=True)
        if rows
    ]
    said = Problem("P511", f"PostgreSQL refuses a value: {error.diag.message_primary}", help="mend it in the model")
    return DataRefused(*(named or [said]))


def _count(source: duckdb.DuckDBPyConnection, query: exp.Query, conditions: Sequence[exp.Expr]) -> list[int]:
    """In how many rows of ``query`` each condition holds."""
    select = exp.select(*(exp.func("count_if", condition, dialect="duckdb") for condition in conditions))
    row = source.execute(select.from_(query.subquery("t")).sql("duckdb")).fetchone()
    return [int(count or 0) for count in row or ()]


def _unequal(table: exp.Table, source: Content, target: Content) -> DataRefused:
    message = (
        f"{table.sql('postgres')} does not hold what its source does: {source.rows:,} rows with checksum "
        f"{source.checksum} went over, {target.rows:,} with {target.checksum} are there"
    )
    help_ = "look for a trigger or rule of the server that changes rows; nothing was published"
    return DataRefused(Problem("P512", message, help=help_))
