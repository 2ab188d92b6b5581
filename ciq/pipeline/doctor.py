"""``ciq doctor``: what a project needs in order to run, each looked at without changing anything."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from ciq.contract import load_all
from ciq.demo.house import HOUSE
from ciq.errors import CiqError, Problem
from ciq.ingest import current, strays, waiting

_WAREHOUSE = Path("warehouse") / "warehouse.duckdb"
_STATE = Path("warehouse") / "state.duckdb"
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_MEMORY_LIMIT = re.compile(r"\bmemory_limit: *['\"]?(?P<number>[0-9.]+) *(?P<unit>[KMGT]i?B)\b", re.IGNORECASE)
_ROOM = 10**9
_COPIES = 3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what was seen, and what is wrong with it, if anything.

    A ``grave`` problem keeps ciq from working; any other is a warning.
    """

    subject: str
    seen: str
    problems: tuple[Problem, ...] = ()
    grave: bool = True


def examine(project: Path) -> Iterator[Finding]:
    """Look at everything; what stops one look does not stop the others."""
    looks: dict[str, Callable[[Path], Finding]] = {
        "versions": _versions,
        "project": _house,
        "contracts": _contracts,
        "data": _data,
        "warehouse": _warehouse,
        "locks": _locks,
        "postgresql": _postgresql,
        "disk": _disk,
        "memory": _memory,
    }
    for subject, look in looks.items():
        try:
            yield look(project)
        except CiqError as error:
            yield Finding(subject, "can't be used", error.problems)


def _versions(project: Path) -> Finding:
    python = platform.python_version()
    wanted = (Requirement(text) for text in metadata.requires("ciq") or ())
    needed = [requirement for requirement in wanted if requirement.marker is None]
    problems = [problem for requirement in needed if (problem := _mismatch(requirement))]
    shown = ", ".join(f"{name} {metadata.version(name)}" for name in ("ciq", "sqlmesh", "duckdb", "sqlglot"))
    return Finding("versions", f"Python {python}, {shown}", tuple(problems))


def _mismatch(requirement: Requirement) -> Problem | None:
    help_ = f"pip install '{requirement}'"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Problem("E445", f"{requirement.name} is not installed", help=help_)
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return Problem("E445", f"{requirement.name} is {version}, ciq needs {requirement.specifier}", help=help_)


def _house(project: Path) -> Finding:
    gone = [name for name in HOUSE if not (project / name).exists()]
    help_ = "copy it from a new project that `ciq init` makes"
    problems = tuple(Problem("E446", "the project lacks it", project / name, help=help_) for name in gone)
    return Finding("project", str(project.resolve()), problems)


def _contracts(project: Path) -> Finding:
    contracts = load_all(project / "contracts")
    help_ = "write one YAML file a data set there"
    nothing = () if contracts else (Problem("E404", "there is no contract", project / "contracts", help=help_),)
    return Finding("contracts", ", ".join(sorted(contracts)) or "none", nothing)


def _data(project: Path) -> Finding:
    contracts = load_all(project / "contracts")
    newer = [name for name in sorted(contracts) if waiting(project, contracts, name)]
    staged = [name for name in sorted(contracts) if current(project, name)]
    help_ = "`ciq run` takes them"
    problems = [Problem("E447", f"newer files of {name} wait", Path("data/raw"), help=help_) for name in newer]
    return Finding("data", f"{len(staged)} of {len(contracts)} staged", (*problems, *strays(project, contracts)), False)


def _warehouse(project: Path) -> Finding:
    import duckdb

    found = [project / path for path in (_WAREHOUSE, _STATE) if (project / path).is_file()]
    for path in found:
        try:
            duckdb.connect(str(path), read_only=True).close()
        except duckdb.IOException as error:
            help_ = "close the other program that has it open, then try again"
            message = f"the warehouse can't be opened: {str(error).splitlines()[0]}"
            return Finding("warehouse", "in use", (Problem("E401", message, path, help=help_),))
    if len(found) == 1:
        help_ = "put the other file back, or delete this one too: the next run builds everything from data/staged"
        problem = Problem("E407", "one of the warehouse and its state is there without the other", found[0], help=help_)
        return Finding("warehouse", "incomplete", (problem,))
    return Finding("warehouse", _size(sum(path.stat().st_size for path in found)) if found else "nothing built yet")


def _locks(project: Path) -> Finding:
    busy = [folder for folder in sorted((project / "data" / "staged").glob("*/")) if not _is_free(folder)]
    help_ = "wait for the other `ciq` that stages it"
    problems = tuple(Problem("E448", "another ingest is under way", folder, help=help_) for folder in busy)
    return Finding("locks", "held" if busy else "free", problems, grave=False)


def _is_free(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _postgresql(project: Path) -> Finding:
    from ciq.postgres import connect, resolve

    server = resolve(project)
    if server is None:
        return Finding("postgresql", "none: data sets are published as Parquet")
    connection = connect(server)
    version = connection.server_version
    connection.close()
    return Finding("postgresql", f"{server.masked}, PostgreSQL {version // 10_000}.{version % 10_000}")


def _disk(project: Path) -> Finding:
    free = shutil.disk_usage(project).free
    raw = sum(path.stat().st_size for path in (project / "data" / "raw").glob("*") if path.is_file())
    needed = _ROOM + _COPIES * raw
    help_ = "make room, or delete versions in data/staged that are no longer wanted"
    message = f"{_size(free)} are free, a run may need {_size(needed)}"
    problems = (Problem("E449", message, project, help=help_),) if free < needed else ()
    return Finding("disk", f"{_size(free)} free", problems, grave=False)


def _memory(project: Path) -> Finding:
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _limit(project)
    if limit is None:
        return Finding("memory", f"no limit, {_size(there)} in this machine")
    help_ = "lower memory_limit in config.yaml to half of the machine's memory"
    message = f"the limit is {_size(limit)}, the machine has {_size(there)}"
    problems = (Problem("E450", message, project / "config.yaml", help=help_),) if limit > there else ()
    return Finding("memory", f"limit {_size(limit)}, {_size(there)} in this machine", problems, grave=False)


def _limit(project: Path) -> int | None:
    """DuckDB's memory limit in bytes; config.yaml is Jinja, so that only SQLMesh could read the whole of it."""
    found = _MEMORY_LIMIT.search((project / "config.yaml").read_text(encoding="utf-8"))
    return int(float(found["number"]) * _UNITS[found["unit"].upper()]) if found else None


def _size(count: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1000:.0f} kB"
