"""Connections: made in one place, refused with a cause and a next step."""

from __future__ import annotations

import os
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  # psycopg2 spells its class in lower case
from psycopg2.extensions import make_dsn, parse_dsn

from ciq.errors import ConnectionRefused, Problem
from ciq.postgres.server import Server

__all__ = ["Connection", "connect"]
TIMEOUT = 10


def connect(server: Server, role: str | None = None, **settings: Any) -> Connection:
    """An open connection, which works as ``role`` where one is given.

    ``settings`` are the server's own, for the session: ``statement_timeout=1000`` (milliseconds), ``read_only`` as
    ``default_transaction_read_only="on"``. Role and settings go with the connection's start, so that RESET comes back
    to them. Raises ConnectionRefused with the server's own words, the password never among them.
    """
    given = parsed(server)
    try:
        options = [given.get("options") or os.environ.get("PGOPTIONS", "")]
        options += [_option(name, value) for name, value in {**settings, **({"role": role} if role else {})}.items()]
        arguments = {
            "application_name": "ciq",
            "connect_timeout": str(TIMEOUT),
            **given,
            "options": " ".join(filter(None, options)),
        }
        return psycopg2.connect(**arguments)
    except psycopg2.Error as error:
        raise refusal(server, error) from None


def for_programs(server: Server) -> tuple[str, dict[str, str]]:
    """The connection string without its password, and the variable that carries that one to a program."""
    given = parsed(server)
    password = given.pop("password", None)
    return make_dsn(**given), {"PGPASSWORD": password} if password else {}


def refusal(server: Server, error: psycopg2.Error) -> ConnectionRefused:
    """Why a server can't be used, in its own words."""
    said = " ".join(str(error).split()) or type(error).__name__
    if password := parsed(server).get("password"):
        said = said.replace(password, "***")
    help_ = "see that it runs and lets this user in, and that PG_DSN names it; `ciq pg status` tries again"
    return ConnectionRefused(Problem("P502", f"PostgreSQL ({server.masked}) can't be used: {said}", help=help_))


def parsed(server: Server) -> dict[str, str]:
    """What the connection string says, by libpq's names. Raises ConnectionRefused where it is none."""
    if not server.dsn:
        return {}
    try:
        return dict(parse_dsn(server.dsn))
    except psycopg2.ProgrammingError:
        # Its message would quote a piece of the string, which may be of the password.
        message = "PG_DSN is neither a URL nor a list of key=value"
        help_ = "write postgresql://user:password@host:5432/database, special characters as %XX"
        raise ConnectionRefused(Problem("P502", message, help=help_)) from None


def _option(name: str, value: Any) -> str:
    escaped = str(value).replace("\\", "\\\\").replace(" ", "\\ ")
    return f"-c {name}={escaped}"
