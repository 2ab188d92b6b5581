"""Regret: 60 mixed statements as routed, against the better engine for each, before and after ``ciq sql tune``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measure import measured, module
from benchmarks.scratch import Scratch
from benchmarks.table import Row


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """One job; each figure in it is a median already, whatever ``pairs``. The largest table has half the rows."""
    said = json.loads(measured(*module("routing_job", str(scratch.folder / "routing"), str(scratch.rows // 2))).out)
    alone: dict[str, list[float]] = said["alone"]
    best = [min(times) for times in zip(*alone.values(), strict=True)]
    for when in ("before", "after"):
        yield from _regret(f"routing, {when} tune", said[when], best)
    yield from _bad_halves(alone, said["after"])


def _regret(what: str, routed: list[float], best: list[float]) -> Iterator[Row]:
    total, least = sum(routed), sum(best)
    yield Row(
        f"{what}: total of {len(best)}", f"{total:.0f} ms, best {least:.0f} ms", "at most 1.1x", f"{total / least:.2f}x"
    )
    over = [(ours / theirs, ours - theirs) for ours, theirs in zip(routed, best, strict=True)]
    ratio, more = max((pair for pair in over if pair[1] > 5), default=max(over))
    yield Row(f"{what}: worst", f"{more:.1f} ms more", "4x, or 5 ms more", f"{ratio:.1f}x")


def _bad_halves(alone: dict[str, list[float]], routed: list[float]) -> Iterator[Row]:
    """Each engine on the half of the statements where it is worst against the other."""
    for engine, times in alone.items():
        (other,) = (values for name, values in alone.items() if name != engine)
        order = sorted(range(len(times)), key=lambda at: other[at] / times[at])
        half = order[: len(order) // 2]
        ratio = sum(times[at] for at in half) / sum(routed[at] for at in half)
        yield Row(
            f"routing: {engine} alone on its bad half", f"{sum(times[at] for at in half):.0f} ms", "3x", f"{ratio:.1f}x"
        )
