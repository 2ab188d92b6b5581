"""The error tree: every refusal carries problems that name a place, a finding and a next step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One finding.

    ``line`` and ``column`` are 1-based; a problem without a place leaves them ``None``.
    ``rule`` is an id of :mod:`ciq.rules`.
    """

    rule: str
    message: str
    path: Path | None = None
    line: int | None = None
    column: int | None = None
    help: str | None = None

    @property
    def place(self) -> str:
        """``path:line:column`` as far as known."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        text = f"{self.place}: {self.rule} {self.message}" if self.place else f"{self.rule} {self.message}"
        return f"{text}\n  help: {self.help}" if self.help else text


class CiqError(Exception):
    """Base of everything ciq raises on purpose; ``exit_code`` is the documented one."""

    exit_code = 1

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class DataRefused(CiqError):
    """A file broke the contract; nothing was landed."""


class GateRefused(CiqError):
    """A gate stopped a data set; the last good version stays."""


class UsageError(CiqError):
    """The command line or the project can't be understood."""

    exit_code = 2


class ContractError(UsageError):
    """A contract is invalid."""


class ConnectionRefused(CiqError):
    """A database can't be reached or is locked by another process."""

    exit_code = 3


class LimitExceeded(CiqError):
    """A declared limit or a time out was reached."""

    exit_code = 4
