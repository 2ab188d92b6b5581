"""Which PostgreSQL server the project uses: PG_DSN, libpq's own variables, the embedded one if it runs, or none."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ciq.errors import ConnectionRefused, Problem
from ciq.postgres import socketfile

Origin = Literal["PG_DSN", "libpq", "embedded"]
OFF = "off"
"""The value of PG_DSN for working without any server, the embedded one included."""

_LIBPQ = ("PGSERVICE", "PGHOST", "PGHOSTADDR")
_SECRETS = (
    re.compile(r"(?<=://)(?P<keep>[^:@/?]*:)[^@/]*(?=@)"),
    re.compile(r"(?P<keep>\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s&]*)", re.IGNORECASE),
)


@dataclass(frozen=True, repr=False)
class Server:
    """``dsn`` is libpq's connection string, empty where libpq's variables say all of it; it may hold a password."""

    dsn: str
    origin: Origin

    @property
    def masked(self) -> str:
        """The connection string with ``***`` for each password: the only form that is ever printed."""
        text = self.dsn
        for secret in _SECRETS:
            text = secret.sub(r"\g<keep>***", text)
        return text or " ".join(f"{name}={os.environ[name]}" for name in _LIBPQ if os.environ.get(name))

    def __repr__(self) -> str:
        return f"Server({self.masked!r}, {self.origin!r})"


def resolve(project: Path) -> Server | None:
    """The server that the environment names, else the project's embedded one if it runs, else None."""
    dsn = os.environ.get("PG_DSN", "")
    if dsn == OFF:
        return None
    if dsn:
        return Server(dsn, "PG_DSN")
    if any(os.environ.get(name) for name in _LIBPQ):
        return Server("", "libpq")
    embedded = socketfile.listening(project)
    return Server(embedded, "embedded") if embedded else None


def resolved(project: Path) -> Server:
    """The server of :func:`resolve`. Raises ConnectionRefused where there is none."""
    server = resolve(project)
    if server is None:
        help_ = "start the embedded one with `ciq pg start`, or name a server with PG_DSN"
        raise ConnectionRefused(Problem("P501", "there is no PostgreSQL server", help=help_))
    return server
