"""Failing gates and audits as problems: what was found, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ciq.contract import Contract
from ciq.errors import Problem
from ciq.pipeline.warehouse import AuditFailure
from ciq.report.facts import Facts, Row
from ciq.report.numbers import figure
from ciq.rules import RULES, GateRule

RULE_OF_GATE = {rule.gate: rule for rule in RULES.values() if isinstance(rule, GateRule)}
"""The rule that a gate's verdict is told by."""

_ARMS = {"treated": "treated", "control": "untreated"}


def gate_problems(facts: Facts, place: Path, verdict: str) -> list[Problem]:
    """A problem for each gate with ``verdict`` that no other failing gate explains; what to do is among its help.

    What the ways out would give is said once, with the first gate that trimming may mend.
    """
    causes = [gate for gate in facts.gates if gate["verdict"] == verdict and not gate["follows_from"]]
    first = next((gate["gate"] for gate in causes if RULE_OF_GATE[gate["gate"]].trim), None)
    return [_problem(facts, gate, place, _ways(facts) if gate["gate"] == first else ()) for gate in causes]


def _problem(facts: Facts, gate: Row, place: Path, ways: Iterable[str]) -> Problem:
    rule = RULE_OF_GATE[gate["gate"]]
    bound = "at least" if gate["comparison"] == ">=" else "at most"
    value = figure(gate["value"])
    found = f"{facts.dataset}: {rule.title.lower()}: {gate['gate']} {f'is {value}' if value else 'has no figure'}"
    message = f"{found}, must be {bound} {figure(gate['threshold'])}"
    if gate["gate"] == "balance":
        message += f" (|SMD|, {facts.estimand})"
    if gate["subject"]:
        message += f": {gate['subject']}"
    return Problem(rule.id, message, place, help="; ".join([rule.mend, *ways]))


def _ways(facts: Facts) -> Iterator[str]:
    """The ways out and what each would give."""
    trim, weights, drivers = (facts.advice.get(key) for key in ("trim", "overlap_weights", "drivers"))
    if trim:
        bounds = f"{trim['alpha']:.4f} <= e <= {1 - trim['alpha']:.4f}"
        kept = f"{figure(trim['n'])} of {figure(trim['of'])} rows, {figure(trim['n_treated'])} treated"
        yield f"trimming to {bounds} keeps {kept} (Crump et al. 2009)"
    if trim and "verdict" in trim:
        share, judged = figure(trim["overlap_share"]), _judged(trim["failing"]) or f"the gates say {trim['verdict']}"
        yield f"fitted again to these, overlap_share is {share} and {_carried(trim)}: {judged}"
        yield f"`ciq trim {facts.dataset}` makes them a data set of their own"
    if weights:
        judged = _judged(weights["failing"]) or "no other gate fails"
        yield f"with estimand ATO {_carried(weights)}: {judged}"
    if drivers:
        yield "the arms differ most in " + ", ".join(f"{one['covariate']} ({one['smd']:.2f})" for one in drivers)


def _carried(figures: Row) -> str:
    worst = "unknown" if figures["max_smd"] is None else f"{figures['max_smd']:.3f}"
    ess = " and ".join(f"{figures[f'ess_{arm}']:,.0f} {said}" for arm, said in _ARMS.items())
    return f"the largest |SMD| is {worst} with an effective sample of {ess} rows"


def _judged(failing: list[Row]) -> str:
    """What would still fail, and because of what."""
    return f"{', '.join(map(_named, failing))} would still fail" if failing else ""


def _named(gate: Row) -> str:
    return f"{gate['gate']} ({gate['subject']})" if gate["subject"] else str(gate["gate"])


def audit_problem(contract: Contract, failure: AuditFailure) -> Problem:
    """An audit other than a gate: the cleaned rows don't hold what the contract says."""
    rows = "1 row" if failure.rows == 1 else f"{figure(failure.rows)} rows"
    return Problem(
        "G320",
        f"{failure.model}: audit {failure.audit} found {rows}",
        contract.path,
        help=f"{RULES['G320'].mend} They are: {failure.query}",
    )
