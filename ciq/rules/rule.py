"""One rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """``id`` is stable; ``title`` is one line; ``why`` and ``mend`` are sentences for people."""

    id: str
    title: str
    why: str
    mend: str
