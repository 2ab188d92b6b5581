"""The ways out of poor overlap or balance, beside the attempt as it is."""

from __future__ import annotations

from dataclasses import dataclass

from ciq.report.facts import Facts, Row, covariates
from ciq.report.numbers import decimals, figure, is_finite, percent
from ciq.report.sentences import Sentences

_NONE = "–"  # noqa: RUF001


@dataclass(frozen=True)
class Way:
    """One line: what is done, and what it gives."""

    name: str
    rows: str
    overlap: str
    difference: str
    effective: str
    gates: str


def ways(facts: Facts, say: Sentences) -> list[Way]:
    """The attempt as it is, then the trim and the overlap weights, as far as they are ways; empty without advice."""
    if not (facts.advice and facts.overlap):
        return []
    found = (_as_it_is(facts, say), _trimmed(facts, say), _overlap_weights(facts, say))
    return [way for way in found if way]


def drivers(facts: Facts, say: Sentences) -> str:
    """The covariates in which the arms differ most; empty where there is none."""
    found = facts.advice.get("drivers") or []
    named = ", ".join(f"{driver['covariate']} ({decimals(driver['smd'], 2)})" for driver in found)
    return say("ways_drivers", covariates=named) if named else ""


def _as_it_is(facts: Facts, say: Sentences) -> Way:
    weighting = facts.estimand.lower()
    found = [abs(row[f"smd_{weighting}"]) for row in covariates(facts.balance) if is_finite(row[f"smd_{weighting}"])]
    figures = {
        "max_smd": max(found, default=None),
        **{f"ess_{arm}": facts.overlap.get(f"ess_{weighting}_{arm}") for arm in ("treated", "control")},
        "failing": [gate for gate in facts.gates if gate["verdict"] == "fail"],
        "verdict": facts.verdict,
    }
    return _way(say("ways_now", estimand=facts.estimand), facts.overlap | figures, say)


def _trimmed(facts: Facts, say: Sentences) -> Way | None:
    trim = facts.advice.get("trim")
    if not trim:
        return None
    bounds = {"low": decimals(trim["alpha"], 4), "high": decimals(1 - trim["alpha"], 4)}
    return _way(say("ways_trim", **bounds), trim, say)


def _overlap_weights(facts: Facts, say: Sentences) -> Way | None:
    weights = facts.advice.get("overlap_weights")
    if not weights:
        return None
    return _way(say("ways_ato"), facts.overlap | weights, say)


def _way(name: str, figures: Row, say: Sentences) -> Way:
    share, ess = figures.get("overlap_share"), [figures.get(f"ess_{arm}") for arm in ("treated", "control")]
    failing = ", ".join(say.gate(gate["gate"])[0] for gate in figures.get("failing", ()))
    judged = say("judged_fail") + f": {failing}" if failing else ""
    if not judged and "verdict" in figures:
        judged = say(f"judged_{figures['verdict']}")
    return Way(
        name=name,
        rows=say("ways_rows", rows=figure(figures["n"]), treated=figure(figures["n_treated"])),
        overlap=percent(share) if is_finite(share) else _NONE,
        difference=decimals(figures.get("max_smd")),
        effective=" + ".join(decimals(size, 0) for size in ess),
        gates=judged or _NONE,
    )
