"""What is wrong in a contract that is well formed, by path into it rather than by place in a file."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """``path`` leads to the value at fault, or with ``at_key`` to its key; ``column`` is whom it speaks of."""

    rule: str
    path: Path
    message: str
    help: str | None = None
    column: str | None = None
    at_key: bool = False
