"""``ciq contract diff``: the changes as lines, and whether they are of the kind that fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ciq.cli.output import cause, result
from ciq.contract import load
from ciq.contract.changes import ChangeKind
from ciq.contract.diff import diff
from ciq.errors import Problem

_FAILS: dict[str | None, Callable[[ChangeKind], bool]] = {
    None: lambda kind: False,
    "producer": lambda kind: kind.producers is not None,
    "consumer": lambda kind: kind.consumers is not None,
    "breaking": lambda kind: kind.producers is not None or kind.consumers is not None,
    "any": lambda kind: True,
}


def say_changes(before: Path, after: Path, fail_on: str | None) -> int:
    """Say every change; 1 where one of them is what ``fail_on`` names."""
    changes = diff(load(before), load(after))
    failing = [change for change in changes if _FAILS[fail_on](change.kind)]
    for change in changes:
        result(
            str(change),
            ok=change not in failing,
            path=change.path,
            kind=change.kind.name,
            before=change.before,
            after=change.after,
            breaks_producers=change.kind.producers,
            breaks_consumers=change.kind.consumers,
        )
    if failing:
        message = f"{len(failing)} of {len(changes)} changes fail on `{fail_on}`"
        help_ = "deliver and read by the new contract first, or give the data set another name"
        cause(Problem("C130", message, after, help=help_))
    return 1 if failing else 0
