"""Stable faces: views of ``api`` that consumers read, pointed at another table in place.

``CREATE OR REPLACE VIEW`` keeps grants, comments and everything that depends on the view; it can add columns at the
end, not drop or retype them. What can't be kept is found out before anything is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2 import errors
from sqlglot import exp

from ciq.errors import LimitExceeded, Problem, UsageError

WAIT = "50ms"
"""How long a swap may wait for the readers of one face, while others queue, before it lets them pass and tries again.

A data set has four faces: nobody waits for more than 200 ms.
"""
PATIENCE = 60.0
_PAUSE = 0.1

_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""
_DEPENDANTS = """
SELECT DISTINCT d.ev_class::regclass::text
FROM pg_depend AS p
JOIN pg_rewrite AS d ON d.oid = p.objid
WHERE p.classid = 'pg_rewrite'::regclass AND p.refobjid = to_regclass(%s) AND d.ev_class <> p.refobjid
ORDER BY 1
"""
_SHOWS = """
SELECT EXISTS (
  SELECT FROM pg_depend AS p
  JOIN pg_rewrite AS d ON d.oid = p.objid
  WHERE p.classid = 'pg_rewrite'::regclass AND d.ev_class = to_regclass(%s) AND p.refobjid = to_regclass(%s)
)
"""
_UNCOMMENTED = """
SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND col_description(attrelid, attnum) IS NULL
"""


@dataclass(frozen=True)
class Break:
    """What a swap would take from readers of ``face``: lost or retyped columns, and the views that stand on it."""

    face: str
    columns: tuple[str, ...]
    dependants: tuple[str, ...]

    def problem(self) -> Problem:
        """The break as a refusal."""
        views = f"; {', '.join(self.dependants)} stand on it" if self.dependants else "; no view stands on it"
        help_ = (
            "give the contract a new major version, which is published beside the old one, "
            "or run with --allow-breaking, which drops what stands on it"
        )
        return Problem("P520", f"{self.face} would break: {', '.join(self.columns)}{views}", help=help_)


def find_break(cursor: Any, face: exp.Table, columns: Mapping[str, str]) -> Break | None:
    """What breaks when ``face`` gets ``columns`` (name to PostgreSQL type); None where nothing does."""
    name = face.sql("postgres")
    present = columns_of(cursor, face)
    lost = [f"{column} is gone" for column in present if column not in columns]
    retyped = [
        f"{column} becomes {columns[column]}, was {kind}"
        for column, kind in present.items()
        if column in columns and columns[column] != kind
    ]
    if not lost and not retyped:
        return None
    return Break(name, (*lost, *retyped), dependants(cursor, face))


def columns_of(cursor: Any, relation: exp.Table) -> dict[str, str]:
    """Column to type, in order; empty where there is no such relation."""
    cursor.execute(_COLUMNS, [relation.sql("postgres")])
    return dict(cursor.fetchall())


def dependants(cursor: Any, relation: exp.Table) -> tuple[str, ...]:
    """The views that read ``relation``."""
    cursor.execute(_DEPENDANTS, [relation.sql("postgres")])
    return tuple(name for (name,) in cursor.fetchall())


def shows(cursor: Any, face: exp.Table, table: exp.Table) -> bool:
    """Whether ``face`` is a view of ``table``."""
    cursor.execute(_SHOWS, [face.sql("postgres"), table.sql("postgres")])
    return bool(cursor.fetchone() == (True,))


def show(cursor: Any, moves: Sequence[tuple[exp.Table, exp.Table]], *, allow_breaking: bool = False) -> None:
    """Point each face at its table, all at one moment, in the cursor's transaction.

    A break that is allowed makes the face anew, with the readers it had; the views that stand on it go. Raises
    UsageError where a break is not allowed, LimitExceeded where readers hold the faces for too long.
    """
    wanted = [columns_of(cursor, table) for _, table in moves]
    found = [find_break(cursor, face, columns) for (face, _), columns in zip(moves, wanted, strict=True)]
    broken = [one.problem() for one in found if one]
    if broken and not allow_breaking:
        raise UsageError(*broken)
    statements, readers = [], []
    for (face, table), columns, breaks in zip(moves, wanted, found, strict=True):
        if breaks:
            readers.append((face, _readers(cursor, face)))
            statements.append(f"DROP VIEW {face.sql('postgres')} CASCADE")
        kept = [] if breaks else list(columns_of(cursor, face))
        statements.append(_view(face, table, [*kept, *(column for column in columns if column not in kept)]))
    _patiently(cursor, statements)
    for face, roles in readers:
        grant(cursor, face, roles)


def _view(face: exp.Table, table: exp.Table, columns: Iterable[str]) -> str:
    select = exp.select(*(exp.column(column, quoted=True) for column in columns)).from_(table.copy())
    return exp.Create(this=face.copy(), kind="VIEW", replace=True, expression=select).sql("postgres")


def make_room(cursor: Any, schema: str) -> None:
    """Make the schema of a face where it is missing.

    Raises UsageError where the schema is another's, who does not let the publisher make views there.
    """
    name = exp.to_identifier(schema, quoted=True).sql("postgres")
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    cursor.execute("SELECT has_schema_privilege(%s, 'CREATE'), current_user", [schema])
    allowed, user = cursor.fetchone()
    if not allowed:
        help_ = f"let its owner GRANT USAGE, CREATE ON SCHEMA {name} TO {user}, or name another in `publish.schema`"
        raise UsageError(Problem("P523", f"{user} may not make views in the schema {schema}", help=help_))


def grant(cursor: Any, face: exp.Table, readers: Iterable[str]) -> None:
    """Let the roles read ``face``.

    Raises UsageError for a role that the server does not have, and where the schema's owner must let it in.
    """
    view = face.sql("postgres")
    for reader in readers:
        role = exp.to_identifier(reader, quoted=True).sql("postgres")
        try:
            cursor.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [reader, view])
        except errors.UndefinedObject as error:
            help_ = f"make it with CREATE ROLE {role} NOLOGIN, or take it out of `publish.grants`"
            raise UsageError(Problem("P522", f"the server has no role {reader}", help=help_)) from error
        if cursor.fetchone() != (True,):
            cursor.execute(f"GRANT SELECT ON {view} TO {role}")
        if not _may_enter(cursor, face.db, reader):
            use = f"GRANT USAGE ON SCHEMA {exp.to_identifier(face.db, quoted=True).sql('postgres')} TO {role}"
            cursor.execute(use)  # of another's schema this is a warning
            if not _may_enter(cursor, face.db, reader):
                message = f"{reader} may not look into the schema {face.db}"
                raise UsageError(Problem("P523", message, help=f"let the schema's owner {use}"))


def _may_enter(cursor: Any, schema: str, role: str) -> bool:
    cursor.execute("SELECT has_schema_privilege(%s, %s, 'USAGE')", [role, schema])
    return bool(cursor.fetchone() == (True,))


def describe(cursor: Any, face: exp.Table, comment: str, column_comments: Mapping[str, str]) -> None:
    """Comment on ``face`` and its columns where nobody has yet."""
    name = face.sql("postgres")
    cursor.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [name])
    if cursor.fetchone() == (None,):
        cursor.execute(f"COMMENT ON VIEW {name} IS {exp.convert(comment).sql('postgres')}")
    cursor.execute(_UNCOMMENTED, [name])
    for (column,) in cursor.fetchall():
        if text := column_comments.get(column):
            quoted = exp.column(column, table=face.name, db=face.db, quoted=True).sql("postgres")
            cursor.execute(f"COMMENT ON COLUMN {quoted} IS {exp.convert(text).sql('postgres')}")


def _readers(cursor: Any, face: exp.Table) -> list[str]:
    cursor.execute(
        "SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)"
        " WHERE pg_class.oid = to_regclass(%s) AND privilege_type = 'SELECT' AND grantee NOT IN (0, relowner)",
        [face.sql("postgres")],
    )
    return [role for (role,) in cursor.fetchall()]


def _patiently(cursor: Any, statements: list[str]) -> None:
    """Run them under a short lock timeout until readers leave a gap."""
    deadline = time.monotonic() + PATIENCE
    cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
    while True:
        cursor.execute("SAVEPOINT before_swap")
        try:
            for statement in statements:
                cursor.execute(statement)
        except errors.LockNotAvailable:
            cursor.execute("ROLLBACK TO SAVEPOINT before_swap")
            if time.monotonic() > deadline:
                help_ = "end the transaction that reads it (pg_stat_activity lists it), then run again"
                message = f"readers held the faces for {PATIENCE:.0f} s: {statement.split(' AS ')[0]}"
                raise LimitExceeded(Problem("P521", message, help=help_)) from None
            time.sleep(_PAUSE)
        else:
            cursor.execute("RELEASE SAVEPOINT before_swap")
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
            return
