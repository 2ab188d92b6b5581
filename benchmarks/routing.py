"""Regret: 60 mixed statements as routed, against the better engine for each, before and after ``ciq sql tune``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measure import measured, module
from benchmarks.scratch import Scratch
from benchmarks.table import Row

ENGINES = ("pg", "duckdb")
ROUTED = {"new": "new texts", "numbers": "new numbers", "seen": "texts seen before"}
"""Whether the decision is made in the time that is measured, whole or for other numbers, or was made before."""

MORE = 5
"""Milliseconds that a statement may take more, whatever the ratio."""


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """One job; its figures are the least of several tries, whatever ``pairs``. The largest table has half the rows."""
    said = json.loads(measured(*module("routing_job", str(scratch.folder / "routing"), str(scratch.rows // 2))).out)
    for when in ("before", "after"):
        for way in ROUTED:
            yield from _regret(when, said[when], way)
        yield _chosen(when, said[when])
        for engine in ENGINES:
            for way in ROUTED:
                yield _bad_half(when, engine, said[when], way)


def _regret(when: str, statements: list[dict[str, float]], way: str) -> Iterator[Row]:
    what = f"routing, {when} tune, {ROUTED[way]}"
    pairs = [(each[way], _best(each)) for each in statements]
    total, least = (sum(times) for times in zip(*pairs, strict=True))
    yield Row(
        f"{what}: total of {len(pairs)}",
        f"{total:.0f} ms, best {least:.0f} ms",
        "at most 1.1x",
        f"{total / least:.2f}x",
    )
    over = [(routed / best, routed - best) for routed, best in pairs]
    ratio, more = max((pair for pair in over if pair[1] > MORE), default=max(over))
    yield Row(f"{what}: worst", f"{more:.1f} ms more", f"4x, or {MORE} ms more", f"{ratio:.1f}x")


def _chosen(when: str, statements: list[dict[str, float]]) -> Row:
    chosen, least = (sum(times) for times in zip(*((each["chosen"], _best(each)) for each in statements), strict=True))
    return Row(f"routing, {when} tune: its engines alone", f"{chosen:.0f} ms", "at most 1.1x", f"{chosen / least:.2f}x")


def _bad_half(when: str, engine: str, statements: list[dict[str, float]], way: str) -> Row:
    """An engine alone on the half of the statements where it is worst against the other.

    No routing can be faster than the better engine of each, whose time has no decision in it.
    """
    (other,) = set(ENGINES) - {engine}
    half = sorted(statements, key=lambda each: each[other] / each[engine])[: len(statements) // 2]
    alone, routed = (sum(each[time] for each in half) for time in (engine, way))
    best = sum(_best(each) for each in half)
    figure = f"{alone:.0f} ms, routed {routed:.0f} ms, best {best:.0f} ms"
    ratio = f"{alone / routed:.1f}x, best {alone / best:.1f}x"
    return Row(f"routing, {when} tune, {ROUTED[way]}: {engine} alone on its bad half", figure, "3x", ratio)


def _best(statement: dict[str, float]) -> float:
    return min(statement[engine] for engine in ENGINES)
