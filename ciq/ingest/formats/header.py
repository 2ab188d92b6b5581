"""A file's column names against the contract, before anything is read or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from ciq.contract.forbidden import matches
from ciq.contract.model import Contract
from ciq.contract.nearest import nearest_of
from ciq.contract.pii import shape
from ciq.errors import LimitExceeded, Problem
from ciq.ingest.formats.reader import Header

_MOST = 10_000
_NOT_A_CELL = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "INTERVAL", "VARIANT", "GEOMETRY")


def is_cell(kind: str) -> bool:
    """Whether values of this engine type have a text form."""
    return not (kind.endswith("]") or kind.startswith(_NOT_A_CELL))


def bound(path: Path, columns: int) -> None:
    """Raise LimitExceeded for more columns than a table can have."""
    if columns > _MOST:
        message = f"the file has {columns} columns, the limit is {_MOST}"
        raise LimitExceeded(Problem("F105", message, path, help="split the table by columns"))


def problems(path: Path, contract: Contract, header: Header) -> Iterator[Problem]:
    """What the contract says against the names in ``header``: forbidden, repeated, blank, missing and extra ones.

    Raises LimitExceeded for more names than a table can have.
    """
    bound(path, len(header.names))
    line = None if header.types else 1
    shown = _shown(contract, header)
    at = {name: place for place, name in reversed(list(enumerate(header.names, start=1)))}
    for name, times in Counter(header.names).items():
        globs = [glob for glob in contract.leakage_forbidden_cols if matches(glob, name)]
        if globs:
            message = f"column {shown[name]!r} is forbidden by {globs[0]!r}"
            help_ = "it may know the outcome: leave it out at the source"
            yield Problem("F110", message, path, line, help=help_)
        if not name.strip():
            help_ = "name every column; an index that pandas or R adds is left out by index=False or row.names = FALSE"
            yield Problem("F109", f"column {at[name]} has no name", path, line, help=help_)
        elif times > 1:
            yield Problem("F108", f"column {shown[name]!r} stands {times} times in the header", path, line)
    yield from _declared(path, contract, header, line, shown)
    if contract.extra_columns == "forbid":
        dropped = {name for name, note in contract.columns.items() if note.pii == "drop"}
        for name in extra(contract, header):
            if (
                name.strip()
                and name not in dropped
                and not any(matches(glob, name) for glob in contract.leakage_forbidden_cols)
            ):
                help_ = "add it to types, or set extra_columns: drop"
                yield Problem("F107", f"column {shown[name]!r} is not in the contract", path, line, help=help_)


def _shown(contract: Contract, header: Header) -> Mapping[str, str]:
    """What messages call each name: by its shape where none is known, as a file without a header begins with data."""
    personal = any(note.pii for note in contract.columns.values())
    no_header = not {*contract.types, *contract.columns} & {*header.names}
    return {name: shape(name) if personal and no_header else name for name in header.names}


def _declared(
    path: Path, contract: Contract, header: Header, line: int | None, shown: Mapping[str, str]
) -> Iterator[Problem]:
    missing = [name for name in contract.types if name not in header.names]
    near = nearest_of(missing, header.names)
    for name in missing:
        near_help = f"the file has {shown[near[name]]!r}; names are compared exactly" if name in near else None
        yield Problem("F106", f"column {name!r} is missing", path, line, help=near_help)
    for name, kind in zip(header.names, header.types or (), strict=False):
        if name in contract.types and not is_cell(kind):
            message = f"column {name!r} is {kind}, which can't be {contract.types[name]}"
            yield Problem("F121", message, path, help="leave it out of types, with extra_columns: drop")


def extra(contract: Contract, header: Header) -> tuple[str, ...]:
    """The names that the contract doesn't declare, in the file's order."""
    return tuple(name for name in dict.fromkeys(header.names) if name not in contract.types)
