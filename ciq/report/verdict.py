"""The head of the report: the verdict, the figures that come first, the gates and what else stopped the data set."""

from __future__ import annotations

from dataclasses import dataclass

from ciq.report.facts import Facts, Row, covariates
from ciq.report.numbers import decimals, figure, is_finite, percent
from ciq.report.sentences import Sentences
from ciq.rules import RULES, GateRule

_CAUSES = 40
_GRAVITY = {"fail": 0, "warn": 1, "pass": 2}
_SHARES = {
    "overlap_share",
    "segment_overlap",
    "tail_lt_001",
    "tail_gt_099",
    "equipoise",
    "ess_share",
    "max_weight_share",
}
_SIGNS = {">=": "≥", "<=": "≤"}
_GATE_IDS = {rule.id for rule in RULES.values() if isinstance(rule, GateRule)}


@dataclass(frozen=True)
class Gate:
    """A line of the table of gates; ``id`` is its name in the gates model."""

    id: str
    verdict: str
    name: str
    figure: str
    value: str
    bound: str
    subject: str
    advice: str


@dataclass(frozen=True)
class Key:
    """One of the figures at the top."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Cause:
    """A problem that is no gate's."""

    rule: str
    place: str
    message: str
    help: str


def summary(facts: Facts, say: Sentences) -> str:
    """How many gates fail, warn or hold, and after a refusal what stays published."""
    verdicts = [gate["verdict"] for gate in facts.gates]
    failed, warned = verdicts.count("fail"), verdicts.count("warn")
    if failed:
        counted = say("gates_failed", count=failed, all=len(verdicts))
    elif warned:
        counted = say("gates_warned", count=warned, all=len(verdicts))
    else:
        counted = say("gates_held" if verdicts else "before_gates", all=len(verdicts))
    if facts.verdict != "fail":
        return f"{say(f'said_{facts.verdict}')} {counted}"
    published = facts.published
    stays = say("stays_version", version=published["source_version"][:12]) if published else say("stays_none")
    return f"{counted} {stays}"


def headline(facts: Facts, say: Sentences) -> list[Key]:
    """The figures that come first."""
    found, overlap = [], facts.overlap
    if facts.rows is not None:
        found.append(Key(say("rows"), figure(facts.rows)))
    if overlap:
        found += [Key(say(arm), figure(overlap[f"n_{arm}"])) for arm in ("treated", "control")]
    found.append(Key(say("estimand"), facts.estimand, say(f"estimand_{facts.estimand}")))
    if is_finite(overlap.get("overlap_share")):
        found.append(Key(say("key_overlap"), percent(overlap["overlap_share"]), say("key_overlap_note")))
    raw, weighted = (worst_difference(facts, kind) for kind in ("unadjusted", facts.estimand.lower()))
    if raw and weighted:
        found.append(Key(say("key_balance"), weighted, say("key_balance_note", raw=raw)))
    return found


def worst_difference(facts: Facts, weighting: str) -> str:
    """The largest |SMD| under a weighting, or unadjusted; empty where there is none."""
    found = [abs(row[f"smd_{weighting}"]) for row in covariates(facts.balance) if is_finite(row[f"smd_{weighting}"])]
    return decimals(max(found)) if found else ""


def causes(facts: Facts) -> list[Cause]:
    """The problems beside the gates, which speak for themselves."""
    return [
        Cause(problem.rule, problem.place, problem.message, problem.help or "")
        for problem in facts.problems[:_CAUSES]
        if not (facts.gates and problem.rule in _GATE_IDS)
    ]


def gates(facts: Facts, say: Sentences) -> list[Gate]:
    """The gates, failing ones first."""
    return [_gate(gate, say) for gate in sorted(facts.gates, key=lambda gate: _GRAVITY[gate["verdict"]])]


def smd_bound(facts: Facts) -> float:
    """The |SMD| that the balance gate allows; 0.1 where the attempt ended before it."""
    return next((float(gate["threshold"]) for gate in facts.gates if gate["gate"] == "balance"), 0.1)


def _gate(gate: Row, say: Sentences) -> Gate:
    name, meaning = say.gate(gate["gate"])
    written = percent if gate["gate"] in _SHARES else figure
    cause = gate.get("follows_from")
    return Gate(
        id=gate["gate"],
        verdict=gate["verdict"],
        name=name,
        figure=meaning,
        value=written(gate["value"]) if is_finite(gate["value"]) else "–",  # noqa: RUF001
        bound=f"{_SIGNS[gate['comparison']]} {written(gate['threshold'])}",
        subject=say("follows", gate=say.gate(cause)[0]) if cause else gate["subject"] or "",
        advice="" if cause else say.mend(gate["gate"]),
    )
