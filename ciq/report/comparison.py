"""Two attempts side by side as Markdown: for a terminal, and for the comment on a change under review."""

from __future__ import annotations

from ciq.report.facts import Facts, Row
from ciq.report.markdown import table
from ciq.report.numbers import decimals, figure, is_finite
from ciq.report.sentences import Sentences
from ciq.report.verdict import Gate, gates

_COVARIATES = 20


def comparison(first: Facts, second: Facts, names: tuple[str, str], say: Sentences) -> str:
    """The gates of both, then the covariates whose weighted difference changed most."""
    sections = [
        f"## {first.dataset}: {names[0]} → {names[1]}",
        _verdicts(first, second, say),
        table((say("figure"), *names), _figures(first, second, say)),
        _gates(first, second, names, say),
        _balance(first, second, names, say),
    ]
    return "\n\n".join(section for section in sections if section)


def _verdicts(first: Facts, second: Facts, say: Sentences) -> str:
    return f"**{say('verdict')}: {_change(first.verdict, second.verdict, say)}**"


def _change(before: str, after: str, say: Sentences) -> str:
    """A verdict, or how it changed; an empty one is of a gate that was not there."""
    said = [say(f"judged_{verdict}") if verdict else "–" for verdict in (before, after)]  # noqa: RUF001
    return said[0] if before == after else " → ".join(said)


def _figures(first: Facts, second: Facts, say: Sentences) -> list[tuple[str, ...]]:
    counted: list[tuple[str, ...]] = [
        (say("rows"), *(figure(facts.overlap.get("n")) for facts in (first, second))),
        (say("treated"), *(figure(facts.overlap.get("n_treated")) for facts in (first, second))),
        (say("estimand"), first.estimand, second.estimand),
    ]
    return [row for row in counted if row[1] or row[2]]


def _gates(first: Facts, second: Facts, names: tuple[str, str], say: Sentences) -> str:
    before, after = ({gate.name: gate for gate in gates(facts, say)} for facts in (first, second))
    rows = [_gate_row(before.get(name), after.get(name), say) for name in dict.fromkeys([*after, *before])]
    return table((say("gate"), *names, say("must_be"), say("verdict")), rows) if rows else ""


def _gate_row(before: Gate | None, after: Gate | None, say: Sentences) -> tuple[str, ...]:
    either = after or before
    if either is None:
        raise ValueError("a gate of neither attempt")
    values = (gate.value if gate else "" for gate in (before, after))
    changed = _change(before.verdict if before else "", after.verdict if after else "", say)
    return (either.name, *values, either.bound, changed)


def _balance(first: Facts, second: Facts, names: tuple[str, str], say: Sentences) -> str:
    before, after = (_differences(facts) for facts in (first, second))
    both = [name for name in after if name in before]

    def moved(name: str) -> tuple[float, str]:
        return (-abs(after[name] - before[name]), name)

    chosen = [name for name in sorted(both, key=moved)[:_COVARIATES] if moved(name)[0]]
    rows = [(name, decimals(before[name]), decimals(after[name])) for name in chosen]
    head = (f"{say('covariate')}, {say('smd_weighted', estimand=second.estimand)}", *names)
    return table(head, rows) if rows else ""


def _differences(facts: Facts) -> dict[str, float]:
    weighted = f"smd_{facts.estimand.lower()}"

    def difference(row: Row) -> float | None:
        value = row[weighted]
        return value if is_finite(value) else None

    found = ((row["covariate"], difference(row)) for row in facts.balance)
    return {name: value for name, value in found if value is not None}
