"""The quality report in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ciq.report.facts import Facts, Row

_VERDICTS = {
    "pass": "Every gate holds: the data set is published.",
    "warn": "Published, with warnings.",
    "fail": "Refused: the last good version stays.",
}


def quality_report(facts: Facts) -> str:
    """The report of one attempt."""
    sections = [
        f"# {facts.dataset}: {facts.verdict}",
        _VERDICTS[facts.verdict],
        facts.description or "",
        _table(("What", "Value"), _provenance(facts)),
        _refusal(facts),
        _gates(facts),
        _overlap(facts),
        _balance(facts),
        _single_arm_levels(facts),
        _mends(facts),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def figure(value: Any) -> str:
    """A figure for people: four significant digits, counts whole."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    return figure(value).replace("|", "\\|").replace("\n", " ")


def _provenance(facts: Facts) -> list[tuple[str, Any]]:
    sources = ", ".join(f"{source['path']} ({source['sha256'][:12]})" for source in facts.sources)
    return [
        ("Estimand", facts.estimand),
        ("Rows", facts.rows),
        ("Sources", sources),
        ("Source version", facts.source_version),
        ("Contract version", facts.contract_version),
        ("SQLMesh snapshot", facts.snapshot),
    ]


def _refusal(facts: Facts) -> str:
    return (
        "\n".join(["## Why it was refused", "", *(f"- {_cell(text)}" for text in facts.problems)])
        if facts.problems
        else ""
    )


def _gates(facts: Facts) -> str:
    if not facts.gates:
        return ""
    rows = (
        (g["gate"], g["value"], f"{g['comparison']} {figure(g['threshold'])}", g["verdict"], g["subject"])
        for g in facts.gates
    )
    return "## Gates\n\n" + _table(("Gate", "Figure", "Must be", "Verdict", "Because of"), rows)


def _overlap(facts: Facts) -> str:
    if not facts.overlap:
        return ""
    return "## Overlap\n\n" + _table(("Figure", "Value"), facts.overlap.items())


def _balance(facts: Facts) -> str:
    if not facts.balance:
        return ""
    weighted = f"smd_{facts.estimand.lower()}"

    def by_size(row: Row) -> float:
        return -abs(float(row["smd_unadjusted"] or 0.0))

    columns = ("covariate", "type", "mean_treated", "mean_control", "smd_unadjusted", weighted)
    rows = ([row[column] for column in columns] for row in sorted(facts.balance, key=by_size))
    head = ("Covariate", "Type", "Mean treated", "Mean control", "SMD raw", f"SMD {facts.estimand}")
    note = (
        "SMD over the unweighted standard deviation: pooled for raw, ATE and ATO, of the treated for ATT, "
        "of the untreated for ATC."
    )
    return f"## Balance\n\n{_table(head, rows)}\n\n{note}"


def _single_arm_levels(facts: Facts) -> str:
    single = [row for row in facts.positivity if not (row["n_treated"] and row["n_control"])]
    if not single:
        return ""
    rows = ((r["covariate"], r["level"], r["n_treated"], r["n_control"]) for r in single)
    return "## Levels that exist in one arm only\n\n" + _table(("Covariate", "Level", "Treated", "Control"), rows)


def _mends(facts: Facts) -> str:
    rows = [(column, step, count) for column, steps in facts.mends.items() for step, count in steps.items()]
    return "## Mended by the contract's clean steps\n\n" + _table(("Column", "Step", "Rows"), rows) if rows else ""
