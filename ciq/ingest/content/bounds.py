"""How many rows a file may have."""

from __future__ import annotations

from pathlib import Path

from ciq.contract.model import Limits
from ciq.errors import LimitExceeded, Problem


def bound_rows(rows: int, path: Path, limits: Limits) -> None:
    """Raise LimitExceeded where a file has more ``rows`` than it may, whatever else comes in it."""
    if rows > limits.max_rows:
        message = f"the file has more than {limits.max_rows} rows"
        raise LimitExceeded(Problem("F105", message, path, help="raise source.limits.max_rows"))
