"""Propensity scores by arm, mirrored: treated above the axis, untreated below."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ciq.report.drawing import picture, tag, text
from ciq.report.numbers import percent

BINS = 40
"""Equal bins from 0 to 1, as diagnostics.<dataset>_histogram counts them; 0.05 and 0.95 are edges."""

MARKS = (0.05, 0.95)
_HALF = 110.0
_TOP, _BOTTOM, _LEFT, _RIGHT = 26.0, 44.0, 44.0, 14.0
_SHARES = (0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)


@dataclass(frozen=True)
class Bin:
    """Rows with a score from ``index / 40`` on, per arm."""

    index: int
    treated: int
    control: int


@dataclass(frozen=True)
class HistogramText:
    """The words of the drawing."""

    title: str
    description: str
    treated: str
    control: str
    axis: str


@dataclass(frozen=True)
class _Frame:
    width: int
    highest: float

    def x(self, score: float) -> float:
        return _LEFT + score * (self.width - _LEFT - _RIGHT)

    def height(self, share: float) -> float:
        """Square roots, so that the few rows of a tail can be seen beside the many of a peak (Tukey's rootogram)."""
        return math.sqrt(share / self.highest) * _HALF


def histogram(bins: Sequence[Bin], words: HistogramText, width: int, name: str = "scores") -> str:
    """The drawing as SVG, ``width`` pixels wide: each arm's bars are shares of that arm, on a square-root scale."""
    shares = _shares(bins)
    frame = _Frame(width, max((max(pair) for pair in shares.values()), default=1.0) or 1.0)
    body = [*_ground(frame), *_bars(frame, shares), *_axis(frame), *_words(frame, words)]
    return picture(width, _TOP + 2 * _HALF + _BOTTOM, words.title, words.description, name, body)


def _shares(bins: Sequence[Bin]) -> dict[int, tuple[float, float]]:
    treated, control = sum(found.treated for found in bins), sum(found.control for found in bins)
    return {found.index: (found.treated / max(1, treated), found.control / max(1, control)) for found in bins}


def _ground(frame: _Frame) -> Iterator[str]:
    for low, high in ((0.0, MARKS[0]), (MARKS[1], 1.0)):
        x = frame.x(low)
        yield tag("rect", class_="outside", x=x, y=_TOP, width=frame.x(high) - x, height=2 * _HALF)
    last = 0.0
    for share in (share for share in _SHARES if share <= frame.highest):
        rise = frame.height(share)
        if rise - last < 16:
            continue
        last = rise
        for y in (_TOP + _HALF - rise, _TOP + _HALF + rise):
            yield tag("line", class_="grid", x1=_LEFT, x2=frame.width - _RIGHT, y1=y, y2=y)
            yield tag("text", text(percent(share)), class_="tick", x=_LEFT - 6, y=y + 4, text_anchor="end")


def _bars(frame: _Frame, shares: dict[int, tuple[float, float]]) -> Iterator[str]:
    middle = _TOP + _HALF
    for index, (treated, control) in sorted(shares.items()):
        x, width = frame.x(index / BINS), frame.x(1 / BINS) - frame.x(0)
        for kind, share, down in (("treated", treated, False), ("control", control, True)):
            rise = frame.height(share)
            if rise:
                y = middle if down else middle - rise
                yield tag("rect", class_=kind, x=x + 0.5, y=y, width=width - 1, height=rise)


def _axis(frame: _Frame) -> Iterator[str]:
    middle, bottom = _TOP + _HALF, _TOP + 2 * _HALF
    yield tag("line", class_="zero", x1=_LEFT, x2=frame.width - _RIGHT, y1=middle, y2=middle)
    for score in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield tag("text", text(f"{score:g}"), class_="tick", x=frame.x(score), y=bottom + 18, text_anchor="middle")
    for score in MARKS:
        x = frame.x(score)
        yield tag("line", class_="bound", x1=x, x2=x, y1=_TOP - 4, y2=bottom + 4)
        yield tag("text", text(f"{score:g}"), class_="mark", x=x, y=_TOP - 9, text_anchor="middle")


def _words(frame: _Frame, words: HistogramText) -> Iterator[str]:
    middle = frame.x(0.5)
    for kind, word, y in (("treated", words.treated, _TOP + 16), ("control", words.control, _TOP + 2 * _HALF - 8)):
        yield tag("text", text(word), class_=f"arm {kind}-word", x=middle, y=y, text_anchor="middle")
    y = _TOP + 2 * _HALF + 38
    yield tag("text", text(words.axis), class_="legend", x=middle, y=y, text_anchor="middle")
