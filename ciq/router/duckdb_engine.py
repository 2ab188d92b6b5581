"""DuckDB over Parquet: in memory, read-only, with files from the allowed folders only and its settings locked."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from ciq.errors import LimitExceeded, Problem, UsageError
from ciq.router.engine import Rows, StatementRefused, Unavailable, begun
from ciq.router.grammar import duckdb_kinds, duckdb_tree
from ciq.router.lake import Key, Lake
from ciq.router.settings import Settings
from ciq.router.statement import Relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 65_536
"""Rows of a record batch."""

_CARRIED = "carried over"
"""The schema of the tables behind PostgreSQL's relations."""

_NO_TABLES: Mapping[Relation, pa.Table] = {}
_NOT_ARROWS = re.compile(r"\b(?:UHUGEINT|BIGNUM|BIT|TIME WITH TIME ZONE)\b")
"""A large UHUGEINT comes as a negative number, a time without its zone, the others as DuckDB's own bytes."""

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_GAP = r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
_EXPLAIN = re.compile(rf"{_GAP}explain{_GAP}(?:analyze\b{_GAP}|\([^)]*\){_GAP})?", re.IGNORECASE)


class DuckDBEngine:
    """One database in memory, with a view for each relation of the lake that has been named.

    Where both grammars take a text it means what PostgreSQL means: integers divide to integers, and NULLs come last.
    """

    def __init__(self, project: Path, settings: Settings, lake: Lake) -> None:
        import duckdb

        self._timeout = settings.defaults.statement_timeout
        self._busy: DuckDBPyConnection | None = None
        self._connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        )
        self._lake, self._unmade = lake, dict(_views(lake))
        for statement in _locks(project, settings, lake):
            self._connection.execute(statement)

    def read(self, sql: str, tables: Mapping[Relation, pa.Table] = _NO_TABLES) -> Rows:
        """The rows of one SELECT or EXPLAIN; ``tables`` are put under their names first.

        Raises Unavailable with rule R615 where a file of the lake can't be read.
        """
        _must_be_a_query(sql)
        with self._blamed_on_files(sql):
            return self._read(sql, tables)

    @contextmanager
    def _blamed_on_files(self, sql: str) -> Iterator[None]:
        """What DuckDB refuses as Unavailable where a file that the text may name is why."""
        try:
            yield
        except StatementRefused as refused:
            if found := self._lake.unreadable(sql, pages=_may_be_of_pages(refused.__cause__)):
                help_ = "publish it again with `ciq run`, or put the file back"
                raise Unavailable(Problem("R615", f"DuckDB can't read {found}", help=help_)) from None
            raise

    def _read(self, sql: str, tables: Mapping[Relation, pa.Table]) -> Rows:
        with _explained(self._timeout):
            self._make_views(sql)
        cursor = self._busy = self._connection.cursor()
        with _explained(self._timeout):
            for relation, table in tables.items():
                _carry(cursor, relation, table)
        clock = threading.Timer(self._timeout, cursor.interrupt)
        clock.daemon = True
        clock.start()
        try:
            with _explained(self._timeout):
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                reader = _arrow(cursor.execute(sql))
        except BaseException:
            clock.cancel()
            _let_go(cursor)
            raise
        return reader.schema, begun(self._batches(sql, cursor, reader, clock))

    def cancel(self) -> None:
        import duckdb

        if self._busy is not None:
            with suppress(duckdb.Error):  # it has just been closed
                self._busy.interrupt()

    def close(self) -> None:
        self._connection.close()

    def _make_views(self, sql: str) -> None:
        """Make the views that a text may name, by itself or by a function that lists them; each reads a footer."""
        text = sql.casefold().replace('""', '"')
        for key in [key for key in self._unmade if key[1].casefold() in text or "duckdb_" in text]:
            schema, name = key
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
            scan = _scan(self._unmade[key])
            view = exp.Create(this=exp.table_(name, db=schema, quoted=True), kind="VIEW", expression=scan)
            self._connection.execute(view.sql("duckdb"))
            del self._unmade[key]

    def _batches(
        self, sql: str, cursor: DuckDBPyConnection, reader: Any, clock: threading.Timer
    ) -> Generator[pa.RecordBatch]:
        try:
            yield
            with self._blamed_on_files(sql), _explained(self._timeout):
                yield from reader
        finally:
            clock.cancel()
            _let_go(cursor)


def _let_go(cursor: DuckDBPyConnection) -> None:
    """Close a cursor, whatever it is in the middle of.

    Closing waits for the tasks of a statement that was left, which stop early only where they were told to; once
    closing has begun nothing reaches them.
    """
    import duckdb

    with suppress(duckdb.ConnectionException):  # the engine has been closed before
        cursor.interrupt()
        cursor.close()


def _carry(cursor: DuckDBPyConnection, relation: Relation, table: pa.Table) -> None:
    """A view of a table in memory, of PostgreSQL's rows; the next call that needs it brings its own.

    The table would have a column ``rowid`` beside them.
    """
    cursor.register("carried", table)
    for schema in (_CARRIED, relation.schema or "main"):
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
    rows = exp.table_(str(relation), db=_CARRIED, quoted=True)
    view = exp.table_(relation.name, db=relation.schema or "main", quoted=True)
    cursor.execute(f"CREATE OR REPLACE TABLE {rows.sql('duckdb')} AS FROM carried")
    cursor.execute(
        exp.Create(this=view, kind="VIEW", replace=True, expression=exp.select("*").from_(rows)).sql("duckdb")
    )
    cursor.unregister("carried")


def _arrow(result: DuckDBPyConnection) -> pa.RecordBatchReader:
    """The rows of a result. Raises StatementRefused for a type that DuckDB gives to Arrow as other values."""
    for name, kind, *_ in result.description or ():
        if found := _NOT_ARROWS.search(_QUOTED.sub("", str(kind))):
            message = f"DuckDB: the column {name} is of type {found[0]}, which Arrow has not"
            raise StatementRefused(Problem("R609", message, help="cast it to text"))
    return result.to_arrow_reader(ROWS)


def _must_be_a_query(sql: str) -> None:
    """Refuse all but one SELECT, or one EXPLAIN of it, by DuckDB's own word; COPY and ATTACH pass READ ONLY."""
    kinds = duckdb_kinds(sql)
    if isinstance(kinds, str):
        raise StatementRefused(Problem("R609", f"DuckDB: {kinds}"))
    inner = _EXPLAIN.sub("", sql, count=1) if kinds == ["EXPLAIN"] else sql
    if len(kinds) != 1 or duckdb_tree(inner) is None:
        raise UsageError(
            Problem("R606", f"DuckDB is given one query at a time, this is {' and '.join(kinds) or 'none'}")
        )


@contextmanager
def _explained(timeout: float) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException as error:
        help_ = "narrow it, or raise defaults.statement_timeout in router.yml"
        raise LimitExceeded(Problem("R610", f"DuckDB: stopped after {timeout:g} s", help=help_)) from error
    except duckdb.OutOfMemoryException as error:
        help_ = "narrow it, or raise defaults.memory_mb in router.yml"
        raise LimitExceeded(Problem("R610", f"DuckDB: {_first_line(error)}", help=help_)) from error
    except duckdb.PermissionException as error:
        help_ = "files are read from the folders in defaults.files of router.yml"
        raise UsageError(Problem("R606", f"DuckDB: {_first_line(error)}", help=help_)) from error
    except duckdb.Error as error:
        raise StatementRefused(Problem("R609", f"DuckDB: {_first_line(error)}")) from error
    except (OSError, pa.ArrowException) as error:  # a type such as VARIANT
        raise StatementRefused(Problem("R609", f"DuckDB: its rows can't be had as Arrow: {error}")) from error


def _may_be_of_pages(error: BaseException | None) -> bool:
    """Whether an error may be one of decoding a file: of Arrow's, of no class of DuckDB's own, or with the file's name.

    A damaged page under a good footer is found by reading the file through, which is too dear for every slip in a text.
    """
    import duckdb

    of_decoding = type(error) is duckdb.Error or isinstance(error, OSError | pa.ArrowException)
    return of_decoding or "Failed to read file" in str(error)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _views(lake: Lake) -> Iterator[tuple[Key, Path]]:
    """The relations, and those of the search path once more under their bare names: no setting of a path is shared."""
    yield from lake.files.items()
    for name in dict.fromkeys(name for _, name in lake.files):
        for key in lake.candidates(Relation(name))[:1]:
            yield ("main", name), lake.files[key]


def _locks(project: Path, settings: Settings, lake: Lake) -> Iterator[str]:
    """The settings, of all connections, the lock itself last."""
    folders = [str((project / folder).resolve()) for folder in settings.defaults.files]
    folders += [str(path.parent) for path in lake.files.values()]
    yield f"SET GLOBAL allowed_directories = {exp.convert(list(dict.fromkeys(folders))).sql('duckdb')}"
    yield f"SET GLOBAL memory_limit = '{settings.defaults.memory_mb:.0f}MB'"
    yield "SET GLOBAL TimeZone = 'UTC'"
    yield "SET GLOBAL integer_division = true"
    yield "SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'"
    yield "SET GLOBAL python_enable_replacements = false"
    yield "SET GLOBAL enable_external_access = false"
    yield "SET GLOBAL lock_configuration = true"


def _scan(path: Path) -> exp.Select:
    literal = exp.Literal.string(re.sub(r"([\[*?])", r"[\1]", str(path)))
    return exp.select("*").from_(exp.Anonymous(this="read_parquet", expressions=[literal]))


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
