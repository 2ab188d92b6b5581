"""The PostgreSQL gateway of config.yaml, which SQLMesh reads whoever calls it: ``ciq run`` or ``sqlmesh`` by hand."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ciq.errors import CiqError, ConnectionRefused, Problem
from ciq.postgres import Server, connect, embedded, resolve, roles
from ciq.postgres.connection import parsed
from ciq.postgres.server import OFF
from ciq.postgres.trouble import explained
from ciq.record import opened

MARK = Path("warehouse") / "published"
"""There as soon as an environment of the project has published."""

ALLOW_BREAKING = "CIQ_ALLOW_BREAKING"
"""The environment variable by which a run allows what breaks columns of a face."""

# What SQLMesh's connection has no key for goes by libpq's own variables.
_VARIABLES = {
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "options": "PGOPTIONS",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


@dataclass(frozen=True)
class Gateway:
    """``connection`` as SQLMesh takes it; ``keeps_state`` where SQLMesh's state lies on that server too."""

    connection: dict[str, Any]
    keeps_state: bool


def gateway() -> Gateway | None:
    """The gateway of the project in this folder, its roles and record ready; None where there is no server.

    Raises SQLMesh's ConfigError where there is none and the project has published: SQLMesh would take its published
    models for removed.
    """
    from sqlmesh.utils.errors import ConfigError

    try:
        server = needed(Path())
        with explained():
            return _of(server) if server else None
    except CiqError as error:
        raise ConfigError(str(error)) from error


def needed(project: Path) -> Server | None:
    """The server to publish on; None where there is none and nothing was ever published. Raises ConnectionRefused."""
    server = resolve(project)
    if server is None and (project / MARK).exists():
        message = "this project has published, and there is no PostgreSQL server"
        help_ = f"`ciq pg start`, or set PG_DSN; to publish no more, delete {MARK}"
        raise ConnectionRefused(Problem("P509", message, help=help_))
    return server


def started(project: Path) -> Server | None:
    """The server to publish on, the embedded one started where nothing else is named. Raises ConnectionRefused."""
    if resolve(project) is None and os.environ.get("PG_DSN") != OFF and embedded.installed("postgres"):
        embedded.start(project)
    return needed(project)


def _of(server: Server) -> Gateway:
    roles.ensure(server)
    with opened(Path()):
        pass
    with closing(connect(server)) as connection:
        info = connection.info
        given = info.dsn_parameters
        found = {
            "type": "postgres",
            "host": info.host or "",
            "port": info.port,
            "user": info.user,
            "password": info.password or "",
            "database": info.dbname,
            "sslmode": given.get("sslmode"),
            "role": roles.WRITER,
            "application_name": "sqlmesh",
        }
    for name, value in parsed(server).items():
        if name in _VARIABLES:
            os.environ[_VARIABLES[name]] = value
    return Gateway(found, keeps_state=server.origin != "embedded")
