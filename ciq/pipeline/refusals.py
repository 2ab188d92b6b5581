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

_APART = 0.1  # a raw |SMD| under this is no difference to speak of (Austin 2009)


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
    ways = (_trim(facts.overlap), _overlap_weights(facts), _drivers(facts)) if rule.trim else ()
    return Problem(rule.id, message, place, help="; ".join(text for text in (rule.mend, *ways) if text))


def _trim(overlap: Row) -> str:
    alpha = overlap.get("crump_alpha")
    if not alpha:
        return ""
    kept, rows, treated = (figure(overlap[name]) for name in ("crump_kept", "n", "crump_kept_treated"))
    bounds = f"{alpha:.4f} <= e <= {1 - alpha:.4f}"
    return f"trimming to {bounds} keeps {kept} of {rows} rows, {treated} treated (Crump et al. 2009)"


def _overlap_weights(facts: Facts) -> str:
    """What the same scores give under ATO, which weights every row by how open its treatment was."""
    found = [abs(row["smd_ato"]) for row in facts.balance if row["smd_ato"] is not None]
    ess = [facts.overlap.get(f"ess_ato_{arm}") for arm in ("treated", "control")]
    if facts.estimand == "ATO" or not found or None in ess:
        return ""
    carried = " and ".join(f"{size:,.0f} {arm}" for size, arm in zip(ess, ("treated", "untreated"), strict=True))
    return f"estimand ATO has a largest |SMD| of {max(found):.3f} and an effective sample of {carried} rows"


def _drivers(facts: Facts) -> str:
    """The covariates in which the arms differ most before any weighting."""
    worst: dict[str, float] = {}
    for row in facts.balance:
        worst[row["parent"]] = max(worst.get(row["parent"], 0.0), abs(row["smd_unadjusted"] or 0.0))
    apart = [name for name in sorted(worst, key=lambda name: (-worst[name], name)) if worst[name] > _APART][:3]
    return f"the arms differ most in {', '.join(f'{name} ({worst[name]:.2f})' for name in apart)}" if apart else ""


def audit_problem(contract: Contract, failure: AuditFailure) -> Problem:
    """An audit other than a gate: the cleaned rows don't hold what the contract says."""
    rows = "1 row" if failure.rows == 1 else f"{figure(failure.rows)} rows"
    return Problem(
        "G320",
        f"{failure.model}: audit {failure.audit} found {rows}",
        contract.path,
        help=f"{RULES['G320'].mend} They are: {failure.query}",
    )
