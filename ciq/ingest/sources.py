"""Which files in data/raw belong to which contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from ciq.contract.model import Contract
from ciq.errors import DataRefused, Problem

_OPEN_IN_EXCEL = "~$"
_NOT_DATA = frozenset({"README.md"})


def raw_folder(project: Path) -> Path:
    """Where a project's raw files are."""
    return project / "data" / "raw"


def files_of(project: Path, contracts: Mapping[str, Contract], name: str, *, needed: bool = True) -> tuple[Path, ...]:
    """The raw files of data set ``name``, by name. Raises DataRefused for none that is needed, or one claimed twice."""
    paths = claimed(project, contracts, name)
    problems = [_claimed_twice(project, contracts, path) for path in paths if len(_claimants(contracts, path)) > 1]
    if problems:
        raise DataRefused(*problems)
    if needed and not paths:
        help_ = f"put a file there that {' or '.join(map(repr, _globs(contracts, name)))} covers"
        raise DataRefused(Problem("F123", f"no file for {name}", Path("data/raw"), help=help_))
    return paths


def claimed(project: Path, contracts: Mapping[str, Contract], name: str) -> tuple[Path, ...]:
    """The raw files that the contract of ``name`` claims, by name."""
    return tuple(path for path in _raw_files(project) if name in _claimants(contracts, path))


def strays(project: Path, contracts: Mapping[str, Contract]) -> tuple[Problem, ...]:
    """A problem for each entry of data/raw that no contract claims, or that two do."""
    problems = []
    for path in _raw_files(project):
        claimants = _claimants(contracts, path)
        if not claimants:
            help_ = "name it in the source.files of a contract, or move it away"
            if path.name.startswith(_OPEN_IN_EXCEL):
                help_ = "close the workbook in Excel, which leaves this file there while it has it open"
            problems.append(Problem("F122", "no contract claims it", path.relative_to(project), help=help_))
        elif len(claimants) > 1:
            problems.append(_claimed_twice(project, contracts, path))
    return tuple(problems)


def _claimed_twice(project: Path, contracts: Mapping[str, Contract], path: Path) -> Problem:
    names = " and ".join(_claimants(contracts, path))
    help_ = "give the contracts source.files that don't meet"
    return Problem("F124", f"claimed by {names}", path.relative_to(project), help=help_)


def _raw_files(project: Path) -> Iterator[Path]:
    folder = raw_folder(project)
    entries = sorted(folder.iterdir(), key=lambda path: path.name) if folder.is_dir() else []
    return (path for path in entries if not path.name.startswith(".") and path.name not in _NOT_DATA)


def _claimants(contracts: Mapping[str, Contract], path: Path) -> list[str]:
    """Who claims a file; of the contracts that claim by their names alone, the one with the longest."""
    if path.name.startswith(_OPEN_IN_EXCEL):
        return []
    names = [name for name in contracts if any(fnmatchcase(path.name, glob) for glob in _globs(contracts, name))]
    longest = max((len(name) for name in names if contracts[name].source.files is None), default=0)
    return [name for name in names if contracts[name].source.files is not None or len(name) == longest]


def _globs(contracts: Mapping[str, Contract], name: str) -> tuple[str, ...]:
    source = contracts[name].source
    if source.trim:
        return ()
    if source.files is not None:
        return (source.files,)
    with_files = [other for other in contracts.values() if other.source.trim is None]
    return ("*",) if len(with_files) == 1 else (f"{name}.*", f"{name}_*")
