"""The files of ``artifacts/<dataset>/``: the latest attempt, refused or not."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from ciq.causal.sql import WEIGHTINGS
from ciq.files import write_text
from ciq.pipeline import attempts
from ciq.report.facts import Facts, Language, Row
from ciq.report.page import DRAWINGS, drawings, page
from ciq.report.quality import quality_report
from ciq.report.record import dumps
from ciq.report.sentences import Sentences

_FORMULA = ("=", "+", "-", "@")
_BY_WEIGHTING = ("unadjusted", *WEIGHTINGS)
LOVE_COLUMNS = (
    "covariate",
    "type",
    "mean_treated",
    "mean_control",
    "raw_difference",
    "smd_unadjusted",
    "smd_unadjusted_att",
    *(f"smd_{weighting}" for weighting in WEIGHTINGS),
    *(f"variance_ratio_{weighting}" for weighting in _BY_WEIGHTING),
    *(f"ks_{weighting}" for weighting in _BY_WEIGHTING),
    "p_unadjusted",
    "p_weighted",
    "n_treated",
    "n_control",
    "ks_bound",
)


def write_artifacts(project: Path, facts: Facts) -> None:
    """Write the facts, the figures and the report; an attempt without balance figures leaves a table without rows."""
    folder = attempts.folder(project, facts.dataset)
    attempts.keep(project, facts)
    write_text(folder / "overlap_metrics.json", overlap_metrics(facts))
    write_text(folder / "love_metrics.csv", love_metrics(facts.balance))
    write_report(folder, facts, facts.language)


def write_report(folder: Path, facts: Facts, language: Language) -> None:
    """Write the documents for people, each whole; a drawing that this attempt has no figures for is taken away."""
    say = Sentences(language)
    drawn = drawings(facts, say)
    for name in DRAWINGS:
        if name in drawn:
            write_text(folder / name, drawn[name])
        else:
            (folder / name).unlink(missing_ok=True)
    write_text(folder / "quality_report.md", quality_report(facts, say))
    write_text(folder / "report.html", page(facts, say))


def overlap_metrics(facts: Facts) -> str:
    """The overlap figures, gates and provenance as JSON; what is not a finite number is null."""
    overlap = facts.overlap
    metrics: dict[str, Any] = {
        "dataset": facts.dataset,
        "verdict": facts.verdict,
        "estimand": facts.estimand,
        "contract_version": facts.contract_version,
        "source_version": facts.source_version,
        "sources": facts.sources,
        "snapshot": facts.snapshot,
        "population": facts.population,
        "problems": [str(problem) for problem in facts.problems],
        "overlap": overlap.get("overlap_share"),
        "tails": {"lt_0_01": overlap.get("tail_lt_001"), "gt_0_99": overlap.get("tail_gt_099")},
        **overlap,
        "gates": facts.gates,
        "positivity": facts.positivity,
        "segments": facts.segments,
        "leakage": facts.leakage,
        "availability": facts.availability,
    }
    return dumps(metrics)


def love_metrics(balance: tuple[Row, ...]) -> str:
    """The balance table as CSV, floats at full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(LOVE_COLUMNS)
    for row in sorted(balance, key=lambda row: str(row["covariate"])):
        writer.writerow([_cell(row[column]) for column in LOVE_COLUMNS])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    """Floats as repr; text that a spreadsheet would run as a formula with a quote in front."""
    if isinstance(value, float):
        return repr(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
