"""The tables of the report: chosen, ordered and written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ciq.report.facts import Facts, Row
from ciq.report.love import Difference
from ciq.report.numbers import decimals, figure, is_finite, percent
from ciq.report.sentences import Sentences
from ciq.report.verdict import smd_bound

SHOWN = 100
"""Rows of a table or a love plot at the most; the files beside the report have the rest."""


@dataclass(frozen=True)
class BalanceLine:
    """One covariate, level or missing indicator."""

    covariate: str
    mean_treated: str
    mean_control: str
    raw: str
    weighted: str
    beyond: bool
    ratio: str
    ks: str


@dataclass(frozen=True)
class CalibrationLine:
    """A bin of equal count by score: its mean score and treated share, in sample and out of fold."""

    number: str
    rows: str
    score: str
    share: str
    score_oof: str
    share_oof: str


@dataclass(frozen=True)
class LevelLine:
    """A level of a categorical or segment, or a cell of two; ``verdict`` is of one in a single arm, else empty."""

    covariate: str
    level: str
    treated: str
    control: str
    verdict: str


@dataclass(frozen=True)
class SegmentLine:
    """A value of a segment: rows per arm, its own overlap share, and the covariate that differs most in it."""

    segment: str
    treated: str
    control: str
    overlap: str
    smd: str


@dataclass(frozen=True)
class MissingLine:
    """A column with missing values: how many rows, and which share of each arm."""

    name: str
    rows: str
    treated: str
    control: str


@dataclass(frozen=True)
class LeakageLine:
    """What a covariate, or its being missing, tells by itself, and in how many rows it was known too late."""

    covariate: str
    auc: str
    correlation: str
    outcome: str
    late: str


def balance(facts: Facts) -> list[BalanceLine]:
    """The balance table, the largest raw difference first."""
    bound, weighting = smd_bound(facts), facts.estimand.lower()
    return [_balance_line(row, weighting, bound) for row in _by_size(facts)]


def differences(facts: Facts) -> list[Difference]:
    """The rows of the love plot, in the order of the balance table."""
    weighted = f"smd_{facts.estimand.lower()}"
    return [Difference(row["covariate"], row["smd_unadjusted"], row[weighted]) for row in _by_size(facts)]


def _by_size(facts: Facts) -> list[Row]:
    def size(row: Row) -> tuple[float, str]:
        raw = row["smd_unadjusted"]
        return (-abs(raw) if is_finite(raw) else 0.0, row["covariate"])

    return sorted(facts.balance, key=size)[:SHOWN]


def _balance_line(row: Row, weighting: str, bound: float) -> BalanceLine:
    weighted = row[f"smd_{weighting}"]
    return BalanceLine(
        covariate=row["covariate"],
        mean_treated=decimals(row["mean_treated"]),
        mean_control=decimals(row["mean_control"]),
        raw=decimals(row["smd_unadjusted"]),
        weighted=decimals(weighted),
        beyond=not is_finite(weighted) or abs(weighted) > bound,
        ratio=decimals(row[f"variance_ratio_{weighting}"]),
        ks=decimals(row[f"ks_{weighting}"]),
    )


def ks_bound(facts: Facts, say: Sentences) -> str:
    """How far KS may be off, rounded up, as a sentence; empty where it is exact."""
    bound = max((row.get("ks_bound") or 0.0 for row in facts.balance), default=0.0)
    if not bound:
        return ""
    unit = 10.0 ** math.floor(math.log10(bound))
    return say("ks_bound", bound=f"{math.ceil(bound / unit) * unit:.1g}")


def overlap(facts: Facts, say: Sentences) -> list[tuple[str, str]]:
    """The overlap figures, each with what it is."""
    weighting = facts.estimand.lower()
    named: list[tuple[str, str, Callable[[float], str]]] = [
        ("overlap_share", "overlap_share", percent),
        ("tail_lt_001", "tail_lt_001", percent),
        ("tail_gt_099", "tail_gt_099", percent),
        ("equipoise", "equipoise", percent),
        ("common_support_share", "common_support_share", percent),
        ("auc", "auc", decimals),
        ("auc_oof", "auc_oof", decimals),
        ("brier", "brier", decimals),
        ("brier_oof", "brier_oof", decimals),
        ("ece10", "ece10", decimals),
        ("ece10_oof", "ece10_oof", decimals),
        ("ess_treated", f"ess_{weighting}_treated", lambda value: decimals(value, 1)),
        ("ess_control", f"ess_{weighting}_control", lambda value: decimals(value, 1)),
        ("max_weight_share", f"max_weight_share_{weighting}", percent),
    ]
    found = ((key, facts.overlap.get(name), written) for key, name, written in named)
    return [
        (say(f"of_{key}", estimand=facts.estimand), written(value)) for key, value, written in found if is_finite(value)
    ]


def calibration(facts: Facts) -> list[CalibrationLine]:
    """The bins, the lowest scores first; out of fold a bin of the same rank, not of the same rows."""
    found = {(row["scores"], row["bin"]): row for row in facts.calibration}

    def written(scores: str, number: int, figure_of: str) -> str:
        value = found.get((scores, number), {}).get(figure_of)
        return decimals(value) if is_finite(value) else ""

    return [
        CalibrationLine(
            number=figure(number),
            rows=figure(row["n"]),
            score=decimals(row["score_mean"]),
            share=decimals(row["treated_share"]),
            score_oof=written("out_of_fold", number, "score_mean"),
            share_oof=written("out_of_fold", number, "treated_share"),
        )
        for (scores, number), row in sorted(found.items())
        if scores == "in_sample"
    ]


def levels(facts: Facts) -> list[LevelLine]:
    """The levels, those in one arm only first."""

    def order(row: Row) -> tuple[bool, str, str]:
        return (_in_both(row), row["covariate"], row["level"])

    failed = any(gate["gate"] == "positivity" and gate["verdict"] == "fail" for gate in facts.gates)

    def verdict(row: Row) -> str:
        if _in_both(row):
            return ""
        return "fail" if failed and row.get("kind", "level") == "level" else "warn"

    return [
        LevelLine(
            covariate=row["covariate"],
            level=row["level"],
            treated=figure(row["n_treated"]),
            control=figure(row["n_control"]),
            verdict=verdict(row),
        )
        for row in sorted(facts.positivity, key=order)[:SHOWN]
    ]


def segments(facts: Facts) -> list[SegmentLine]:
    """The values of the segments, those with the least overlap first."""

    def order(row: Row) -> tuple[float, str, str]:
        return (row["overlap_share"], row["segment"], row["stratum"])

    return [
        SegmentLine(
            segment=f"{row['segment']} = {row['stratum']}",
            treated=figure(row["n_treated"]),
            control=figure(row["n_control"]),
            overlap=percent(row["overlap_share"]),
            smd=f"{row['worst']} {decimals(row['max_smd'])}" if is_finite(row["max_smd"]) else "",
        )
        for row in sorted(facts.segments, key=order)[:SHOWN]
    ]


def _in_both(row: Row) -> bool:
    return bool(row["n_treated"] and row["n_control"])


def leakage(facts: Facts) -> list[LeakageLine]:
    """What each covariate tells by itself, those first that tell most of the treatment."""
    late = {row["covariate"]: row["n"] for row in facts.availability}

    def written(value: float | None) -> str:
        return decimals(value) if value is not None and is_finite(value) else ""

    return [
        LeakageLine(
            covariate=row["covariate"],
            auc=written(row["auc_treatment"]),
            correlation=written(row["correlation_treatment"]),
            outcome=written(row["r2_outcome"] if row["auc_outcome"] is None else row["auc_outcome"]),
            late=figure(late.get(row["covariate"])),
        )
        for row in sorted(facts.leakage, key=lambda row: (-(row["auc_treatment"] or 0), row["covariate"]))[:SHOWN]
    ]


def missing(facts: Facts) -> list[MissingLine]:
    """The columns with missing values, those with most of them first."""

    def share(row: Row, arm: str) -> str:
        return percent(row[f"missing_{arm}"] / row[f"n_{arm}"]) if row[f"n_{arm}"] else "–"  # noqa: RUF001

    found = sorted((row for row in facts.missing if row["missing"]), key=lambda row: (-row["missing"], row["name"]))
    return [
        MissingLine(row["name"], figure(row["missing"]), share(row, "treated"), share(row, "control"))
        for row in found[:SHOWN]
    ]


def mends(facts: Facts) -> list[tuple[str, str, str]]:
    """Column, step of ``clean`` and how many rows it changed."""
    return [(column, step, figure(rows)) for column, steps in facts.mends.items() for step, rows in steps.items()]


def warnings(facts: Facts) -> list[tuple[str, str]]:
    """Each rule of the contract that only warns, and how many rows break it."""
    return [(rule, figure(rows)) for rule, rows in facts.warnings.items()]


def rejected(facts: Facts, say: Sentences) -> str:
    """How much was set aside, and where, as a sentence."""
    counts = ", ".join(f"{rule} {figure(count)}" for rule, count in facts.rejected.items())
    return say("rejected", counts=counts, file=str(facts.rejects)) if counts else ""


def dropped(facts: Facts, say: Sentences) -> str:
    """The columns of the files that were left out, as a sentence."""
    return say("dropped", columns=", ".join(facts.dropped)) if facts.dropped else ""


def convention(facts: Facts) -> str:
    """The sentence that says how the SMD is defined under the declared estimand."""
    return {"ATT": "convention_treated", "ATC": "convention_control"}.get(facts.estimand, "convention_pooled")


def rest(rows: int, file: str, say: Sentences) -> str:
    """Where the rows are that a table or plot leaves out."""
    return say("rest", count=figure(rows - SHOWN), file=file) if rows > SHOWN else ""
