"""The result of a benchmark: a row of a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HEAD = ("what", "figure", "target", "ratio")


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, the figure, what it should be, and the ratio that the target is about."""

    what: str
    figure: str
    target: str = ""
    ratio: str = ""

    def __str__(self) -> str:
        return f"| {self.what} | {self.figure} | {self.target} | {self.ratio} |"


def markdown(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of the table, each as soon as its row is there."""
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{'---|' * len(HEAD)}"
    yield from map(str, rows)
