"""Failing gates and audits as problems: what was found, what was expected, what to do."""

from __future__ import annotations

from pathlib import Path

from ciq.contract import Contract
from ciq.errors import Problem
from ciq.pipeline.warehouse import AuditFailure
from ciq.report.facts import Facts, Row
from ciq.report.numbers import figure
from ciq.rules import RULES, GateRule

_RULE_OF_GATE = {rule.gate: rule for rule in RULES.values() if isinstance(rule, GateRule)}


def gate_problems(facts: Facts, place: Path, verdict: str) -> list[Problem]:
    """A problem for each gate with ``verdict`` that no other failing gate explains; what to do is among its help."""
    causes = (gate for gate in facts.gates if gate["verdict"] == verdict and not gate["follows_from"])
    return [_problem(facts, gate, place) for gate in causes]


def _problem(facts: Facts, gate: Row, place: Path) -> Problem:
    rule = _RULE_OF_GATE[gate["gate"]]
    bound = "at least" if gate["comparison"] == ">=" else "at most"
    found = f"{facts.dataset}: {rule.title.lower()}: {gate['gate']} is {figure(gate['value'])}"
    message = f"{found}, must be {bound} {figure(gate['threshold'])}"
    if gate["gate"] == "balance":
        message += f" (|SMD|, {facts.estimand})"
    if gate["subject"]:
        message += f": {gate['subject']}"
    trim = _trim(facts.overlap) if rule.trim else ""
    return Problem(rule.id, message, place, help="; ".join(text for text in (rule.mend, trim) if text))


def _trim(overlap: Row) -> str:
    alpha = overlap.get("crump_alpha")
    if not alpha:
        return ""
    kept, rows, treated = (figure(overlap[name]) for name in ("crump_kept", "n", "crump_kept_treated"))
    bounds = f"{alpha:.4f} <= e <= {1 - alpha:.4f}"
    return f"trimming to {bounds} keeps {kept} of {rows} rows, {treated} treated (Crump et al. 2009)"


def audit_problem(contract: Contract, failure: AuditFailure) -> Problem:
    """An audit other than a gate: the cleaned rows don't hold what the contract says."""
    rows = "1 row" if failure.rows == 1 else f"{figure(failure.rows)} rows"
    return Problem(
        "G320",
        f"{failure.model}: audit {failure.audit} found {rows}",
        contract.path,
        help=f"{RULES['G320'].mend} They are: {failure.query}",
    )
