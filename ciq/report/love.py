"""The love plot: each covariate's standardised mean difference before and after weighting (Love 2004; cobalt)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ciq.report.drawing import picture, shown, tag, text

_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100)
_AT_LEAST = 0.25
_RADIUS = 5.0
_TOP, _BOTTOM, _SIDE = 40.0, 30.0, 14.0
_COMPACT_UNDER = 500
_LABEL_SIGNS = 34


@dataclass(frozen=True)
class Difference:
    """One covariate: its name and its SMD, raw and weighted; None where there is none."""

    name: str
    raw: float | None
    weighted: float | None


@dataclass(frozen=True)
class LoveText:
    """The words of the plot."""

    title: str
    description: str
    raw: str
    weighted: str


@dataclass(frozen=True)
class _Frame:
    """Where things lie: ``left`` to ``right`` hold ``low`` to ``high``."""

    width: int
    label: float
    left: float
    right: float
    low: float
    high: float
    row: float
    track: float

    @property
    def compact(self) -> bool:
        return self.width < _COMPACT_UNDER

    def x(self, smd: float) -> float:
        return self.left + (smd - self.low) / (self.high - self.low) * (self.right - self.left)


def love_plot(rows: Sequence[Difference], bound: float, words: LoveText, width: int, name: str = "love") -> str:
    """The plot as SVG, ``width`` pixels wide, rows in the order given, lines at plus and minus ``bound``.

    Raw differences are rings, weighted ones discs. Under 500 pixels each name stands above its row.
    """
    labels = _labels(rows)
    frame = _frame(rows, labels, bound, width)
    height = _TOP + frame.row * len(rows) + _BOTTOM
    body = [
        *_ground(frame, bound, height),
        *_legend(frame, words),
        *(mark for at, row in enumerate(rows) for mark in _row(frame, row, labels[at], bound, _TOP + frame.row * at)),
    ]
    return picture(width, height, words.title, words.description, name, body)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers within ``low`` and ``high``, ``most`` at the most, 0 among them."""
    step = next((step for step in _STEPS if (high - low) / step <= most - 1), (high - low) / 2)
    return [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _frame(rows: Sequence[Difference], labels: Sequence[str], bound: float, width: int) -> _Frame:
    found = [smd for row in rows for smd in (row.raw, row.weighted) if smd is not None and math.isfinite(smd)]
    least = max(_AT_LEAST, 1.5 * bound)
    compact = width < _COMPACT_UNDER
    label = max(map(_wide, labels), default=0.0)
    return _Frame(
        width=width,
        label=label,
        left=_SIDE if compact else label + _SIDE,
        right=width - _SIDE,
        low=min([-least, *found]),
        high=max([least, *found]),
        row=38.0 if compact else 24.0,
        track=27.0 if compact else 12.0,
    )


def _ground(frame: _Frame, bound: float, height: float) -> Iterator[str]:
    top, bottom = _TOP - 6, height - _BOTTOM + 4
    left, right = frame.x(-bound), frame.x(bound)
    yield tag("rect", class_="band", x=left, y=top, width=right - left, height=bottom - top)
    for smd in ticks(frame.low, frame.high, 6 if frame.compact else 10):
        kind = "zero" if abs(smd) < 1e-9 else "grid"
        yield tag("line", class_=kind, x1=frame.x(smd), x2=frame.x(smd), y1=top, y2=bottom)
        yield tag("text", text(_tick(smd)), class_="tick", x=frame.x(smd), y=bottom + 16, text_anchor="middle")
    for x in (left, right):
        yield tag("line", class_="bound", x1=x, x2=x, y1=top, y2=bottom)


def _tick(smd: float) -> str:
    value = f"{abs(smd):.2f}".rstrip("0").rstrip(".")
    return f"−{value}" if smd < -1e-9 else value  # noqa: RUF001


def _legend(frame: _Frame, words: LoveText) -> Iterator[str]:
    y = 14.0
    x = frame.left + _RADIUS
    for kind, word in (("raw", words.raw), ("weighted", words.weighted)):
        yield tag("circle", class_=kind, cx=x, cy=y - 4, r=_RADIUS)
        yield tag("text", text(word), class_="legend", x=x + 12, y=y)
        x += 40 + _wide(word)


def _wide(word: str) -> float:
    """How wide a word may be in pixels, in the widest of the usual fonts; East Asian signs are wider still."""
    return sum(13.0 if ord(sign) > 0x2E80 else 8.4 for sign in word)


def _labels(rows: Sequence[Difference]) -> list[str]:
    """The names of the rows, each its own: those that look alike when cut are counted."""
    labels = [_label(row.name) for row in rows]
    alike, seen = Counter(labels), Counter[str]()
    for at, label in enumerate(labels):
        seen[label] += 1
        if alike[label] > 1:
            labels[at] = f"{label} ({seen[label]})"
    return labels


def _label(name: str) -> str:
    """A name with its middle left out where it is long: levels differ at their end."""
    whole = shown(name, max(len(name), _LABEL_SIGNS))
    half = _LABEL_SIGNS // 2
    return whole if len(whole) <= _LABEL_SIGNS else f"{whole[:half]}…{whole[1 - half :]}"


def _row(frame: _Frame, row: Difference, label: str, bound: float, top: float) -> Iterator[str]:
    y = top + frame.track
    yield tag("line", class_="track", x1=frame.left, x2=frame.right, y1=y, y2=y)
    if frame.compact:
        yield tag("text", text(label), class_="name", x=frame.left, y=top + 13)
    else:
        yield tag("text", text(label), class_="name", x=frame.label, y=y + 4, text_anchor="end")
    raw, weighted = (smd if smd is not None and math.isfinite(smd) else None for smd in (row.raw, row.weighted))
    if raw is not None and weighted is not None:
        yield tag("line", class_="moved", x1=frame.x(raw), x2=frame.x(weighted), y1=y, y2=y)
    if raw is not None:
        yield tag("circle", class_="raw", cx=frame.x(raw), cy=y, r=_RADIUS)
    if weighted is not None:
        kind = "weighted beyond" if abs(weighted) > bound else "weighted"
        yield tag("circle", class_=kind, cx=frame.x(weighted), cy=y, r=_RADIUS)
