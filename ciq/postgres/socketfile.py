"""What the embedded server's data folder says of it: where its unix socket is, and whether anyone listens there."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import quote

DATABASE = "ciq"
SUPERUSER = "postgres"
_DATA, _PORT, _FOLDER, _STATUS = 1, 3, 4, 7


def data(project: Path) -> Path:
    """Where the embedded server keeps its data."""
    return project / "warehouse" / "postgres"


def listening(project: Path) -> str | None:
    """The connection string of the embedded server, or None where none is ready."""
    lines = _lines(project)
    if len(lines) <= _STATUS or lines[_STATUS].strip() != "ready":
        return None
    if not claimed(project) or not _answers(lines[_FOLDER], lines[_PORT]):
        return None
    host = quote(lines[_FOLDER], safe="")
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={host}&port={lines[_PORT]}"


def claimed(project: Path) -> bool:
    """Whether a server says that the data folder is its own; it may have died since, or not be ready yet."""
    lines = _lines(project)
    # In a copy of a project the file speaks of the original's server.
    return len(lines) > _DATA and Path(lines[_DATA]) == data(project).resolve()


def _lines(project: Path) -> list[str]:
    try:
        return (data(project) / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _answers(folder: str, port: str) -> bool:
    """Whether a server is behind the socket: the file outlives one that was killed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(f"{folder}/.s.PGSQL.{port}")
        except OSError:
            return False
    return True
