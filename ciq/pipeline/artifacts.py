"""The files of ``artifacts/<dataset>/``: the latest attempt, refused or not."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from ciq.causal.sql import WEIGHTINGS
from ciq.files import write_text
from ciq.report.facts import Facts, Row
from ciq.report.quality import quality_report

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
)


def write_artifacts(project: Path, facts: Facts) -> None:
    """Write the three files, each whole; an attempt without balance figures leaves a table without rows."""
    folder = project / "artifacts" / facts.dataset
    write_text(folder / "overlap_metrics.json", overlap_metrics(facts))
    write_text(folder / "love_metrics.csv", love_metrics(facts.balance))
    write_text(folder / "quality_report.md", quality_report(facts))


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
        "problems": facts.problems,
        "overlap": overlap.get("overlap_share"),
        "tails": {"lt_0_01": overlap.get("tail_lt_001"), "gt_0_99": overlap.get("tail_gt_099")},
        **overlap,
        "gates": facts.gates,
        "positivity": facts.positivity,
    }
    return json.dumps(_finite(metrics), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
