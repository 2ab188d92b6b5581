"""Markdown that shows names and messages as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ciq.report.drawing import shown
from ciq.report.numbers import figure

_LONGEST = 1000


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table; figures are written for people."""
    names = [plain(name) for name in head]
    lines = [names, ["---"] * len(names), *([plain(figure(value)) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(content: str) -> str:
    """Text without markup, table cells and lines of its own."""
    escaped = shown(content, _LONGEST).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return " ".join(escaped.split())
