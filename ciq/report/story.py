"""Attempts at several data sets side by side, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ciq.report.facts import Facts
from ciq.report.numbers import figure, is_finite, percent
from ciq.report.sentences import Sentences
from ciq.report.verdict import worst_difference

_NONE = "–"  # noqa: RUF001


def side_by_side(attempts: Sequence[Facts], say: Sentences) -> Iterable[str]:
    """A line a figure, a column an attempt, the verdict last."""
    rows = [("", *(facts.dataset for facts in attempts)), *_figures(attempts, say)]
    rows.append((say("verdict"), *(say(f"verdict_{facts.verdict}") for facts in attempts)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(attempts) + 1)]
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "   ".join([first.ljust(widths[0]), *cells]).rstrip()


def _figures(attempts: Sequence[Facts], say: Sentences) -> Iterable[tuple[str, ...]]:
    shares = {"of_overlap_share": "overlap_share", "of_tail_lt_001": "tail_lt_001", "of_equipoise": "equipoise"}
    yield (say("rows"), *(figure(facts.rows) or _NONE for facts in attempts))
    for sentence, name in shares.items():
        values = [facts.overlap.get(name) for facts in attempts]
        yield (say(sentence), *(percent(value) if is_finite(value) else _NONE for value in values))
    worst = [worst_difference(facts, facts.estimand.lower()) or _NONE for facts in attempts]
    yield (f"{say('key_balance')}, {attempts[0].estimand}", *worst)
