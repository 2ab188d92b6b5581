"""The two roles: ``ciq_reader`` for consumers, who see ``api`` and nothing else, ``ciq_writer`` for publishers.

Neither can log in: an administrator grants them to users (``GRANT ciq_reader TO ann``).
"""

from __future__ import annotations

from contextlib import closing

from psycopg2 import errors, sql

from ciq.errors import ConnectionRefused, Problem
from ciq.postgres.connection import Connection, connect
from ciq.postgres.server import Server

READER, WRITER, FACES = "ciq_reader", "ciq_writer", "api"

_LOCK = 0x63697141  # the advisory lock under which the roles are made
_NAMES = {name: sql.Identifier(value) for name, value in (("reader", READER), ("writer", WRITER), ("faces", FACES))}
# What is missing where the query says so, and the statements that mend it.
_STEPS = (
    ("SELECT to_regrole({reader_text}) IS NULL", ("CREATE ROLE {reader} NOLOGIN",)),
    ("SELECT to_regrole({writer_text}) IS NULL", ("CREATE ROLE {writer} NOLOGIN",)),
    ("SELECT NOT pg_has_role({writer_text}, 'MEMBER')", ("GRANT {writer} TO {user}",)),
    (
        "SELECT NOT has_database_privilege({writer_text}, current_database(), 'CREATE')",
        ("GRANT CREATE ON DATABASE {database} TO {writer}",),
    ),
    (
        "SELECT to_regnamespace({faces_text}) IS NULL",
        (
            "CREATE SCHEMA {faces} AUTHORIZATION {writer}",
            "GRANT USAGE ON SCHEMA {faces} TO {reader}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {writer} IN SCHEMA {faces} GRANT SELECT ON TABLES TO {reader}",
        ),
    ),
    (
        "SELECT NOT has_schema_privilege({writer_text}, {faces_text}, 'CREATE')",
        ("GRANT USAGE, CREATE ON SCHEMA {faces} TO {writer}", "GRANT USAGE ON SCHEMA {faces} TO {reader}"),
    ),
)


def ensure(server: Server) -> None:
    """Make the roles and the schema ``api`` where they are missing.

    Raises ConnectionRefused with all the statements for an administrator where this user may not run one of them.
    """
    with closing(connect(server)) as connection:
        connection.autocommit = True
        names = _names(connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            for missing, statements in _STEPS:
                cursor.execute(sql.SQL(missing).format(**names))
                if cursor.fetchone() != (True,):
                    continue
                try:
                    for statement in statements:
                        cursor.execute(sql.SQL(statement).format(**names))
                except (errors.DuplicateObject, errors.DuplicateSchema, errors.UniqueViolation):
                    pass  # roles are the whole server's: a publisher in another database was faster
                except errors.InsufficientPrivilege as error:
                    raise _refusal(connection, str(error.diag.message_primary)) from None


def _names(connection: Connection) -> dict[str, sql.Composable]:
    texts = {"reader_text": READER, "writer_text": WRITER, "faces_text": FACES}
    return {
        **_NAMES,
        **{name: sql.Literal(text) for name, text in texts.items()},
        "user": sql.Identifier(connection.info.user),
        "database": sql.Identifier(connection.info.dbname),
    }


def _refusal(connection: Connection, cause: str) -> ConnectionRefused:
    names = _names(connection)
    script = "; ".join(
        sql.SQL(statement).format(**names).as_string(connection)
        for _, statements in _STEPS[:-1]
        for statement in statements
    )
    message = f"{connection.info.user} may not make what publishing needs: {cause}"
    return ConnectionRefused(Problem("P505", message, help=f"let the server's administrator run once: {script}"))
