"""``quality_report.md``: the facts as Markdown."""

from __future__ import annotations

from typing import Any

from ciq.report import tables, verdict, ways
from ciq.report.facts import Facts
from ciq.report.markdown import plain, table
from ciq.report.population import described
from ciq.report.sentences import Sentences


def quality_report(facts: Facts, say: Sentences) -> str:
    """The report of one attempt."""
    sections = [
        f"# {facts.dataset}: {say(f'judged_{facts.verdict}')}",
        say(f"said_{facts.verdict}"),
        plain(facts.description or ""),
        plain(described(facts, say)),
        table((say("what"), say("value")), _provenance(facts, say)),
        _refusal(facts, say),
        _gates(facts, say),
        _ways(facts, say),
        _overlap(facts, say),
        _balance(facts, say),
        _levels(facts, say),
        _segments(facts, say),
        _leakage(facts, say),
        _missing(facts, say),
        _mends(facts, say),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _section(title: str, *blocks: str) -> str:
    return "\n\n".join([f"## {title}", *(block for block in blocks if block)])


def _provenance(facts: Facts, say: Sentences) -> list[tuple[str, Any]]:
    sources = ", ".join(f"{source['path']} ({source['sha256'][:12]})" for source in facts.sources)
    return [
        (say("estimand"), facts.estimand),
        (say("rows"), facts.rows),
        (say("raw_file"), sources),
        (say("staged"), facts.source_version),
        (say("contract"), say("version", version=facts.contract_version)),
        (say("snapshot"), facts.snapshot),
    ]


def _refusal(facts: Facts, say: Sentences) -> str:
    problems = "\n".join(f"- {plain(str(problem))}" for problem in facts.problems)
    return _section(say("causes"), problems) if problems else ""


def _gates(facts: Facts, say: Sentences) -> str:
    if not facts.gates:
        return ""
    rows = (
        (gate.id, gate.figure, gate.value, gate.bound, say(f"judged_{gate.verdict}"), gate.subject)
        for gate in verdict.gates(facts, say)
    )
    head = tuple(say(key) for key in ("gate", "what", "figure", "must_be", "verdict", "because"))
    return _section(say("gates"), table(head, rows))


def _ways(facts: Facts, say: Sentences) -> str:
    rows = [
        (way.name, way.rows, way.overlap, way.difference, way.effective, way.gates) for way in ways.ways(facts, say)
    ]
    head = tuple(say(key) for key in ("way", "rows", "key_overlap", "key_balance", "ways_effective", "gates"))
    return _section(say("ways"), say("ways_note"), table(head, rows), plain(ways.drivers(facts, say))) if rows else ""


def _overlap(facts: Facts, say: Sentences) -> str:
    if not facts.overlap:
        return ""
    figures = table((say("figure"), say("value")), tables.overlap(facts, say))
    return _section(say("overlap"), figures, _calibration(facts, say))


def _calibration(facts: Facts, say: Sentences) -> str:
    if not facts.calibration:
        return ""
    head = ("bin", "rows", "mean_score", "treated_share", "mean_score_oof", "treated_share_oof")
    rows = (
        (row.number, row.rows, row.score, row.share, row.score_oof, row.share_oof) for row in tables.calibration(facts)
    )
    return "\n\n".join([say("calibration_note"), table(tuple(say(key) for key in head), rows)])


def _balance(facts: Facts, say: Sentences) -> str:
    if not facts.balance:
        return ""
    head = (
        *(say(key) for key in ("covariate", "mean_treated", "mean_control", "smd_raw")),
        *(say(key, estimand=facts.estimand) for key in ("smd_weighted", "variance_ratio", "ks")),
    )
    rows = (
        (row.covariate, row.mean_treated, row.mean_control, row.raw, row.weighted, row.ratio, row.ks)
        for row in tables.balance(facts)
    )
    rest = tables.rest(len(facts.balance), "love_metrics.csv", say)
    return _section(say("balance"), table(head, rows), rest, tables.ks_bound(facts, say), say(tables.convention(facts)))


def _levels(facts: Facts, say: Sentences) -> str:
    rows = [(row.covariate, row.level, row.treated, row.control) for row in tables.levels(facts)]
    head = tuple(say(key) for key in ("covariate", "level", "treated", "control"))
    return _section(say("positivity"), say("positivity_note"), table(head, rows)) if rows else ""


def _segments(facts: Facts, say: Sentences) -> str:
    rows = [(row.segment, row.treated, row.control, row.overlap, row.smd) for row in tables.segments(facts)]
    head = tuple(say(key) for key in ("segment", "treated", "control", "key_overlap", "segment_worst"))
    return _section(say("segments"), say("segments_note"), table(head, rows)) if rows else ""


def _leakage(facts: Facts, say: Sentences) -> str:
    rows = [(row.covariate, row.auc, row.correlation, row.outcome, row.late) for row in tables.leakage(facts)]
    head = tuple(say(key) for key in ("covariate", "auc_treatment", "correlation", "told_outcome", "known_late"))
    return _section(say("leakage"), say("leakage_note"), table(head, rows)) if rows else ""


def _missing(facts: Facts, say: Sentences) -> str:
    rows = [(row.name, row.rows, row.treated, row.control) for row in tables.missing(facts)]
    head = tuple(say(key) for key in ("column", "rows", "treated", "control"))
    return _section(say("missing"), say("missing_note"), table(head, rows)) if rows else ""


def _mends(facts: Facts, say: Sentences) -> str:
    mended, warned = tables.mends(facts), tables.warnings(facts)
    blocks = [
        table((say("column"), say("step"), say("rows")), mended) if mended else "",
        table((say("warned"), say("rows")), warned) if warned else "",
        plain(tables.rejected(facts, say)),
        plain(tables.dropped(facts, say)),
    ]
    return _section(say("mends"), *blocks) if any(blocks) else ""
