"""``report.json``: the facts of one attempt as JSON, from which every document can be written again."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ciq.errors import Problem
from ciq.report.facts import Facts

FORMAT = 1
"""Raised when a key of report.json changes its meaning or goes away."""

SCHEMA = Path(__file__).with_name("report.schema.json")
"""The JSON Schema of report.json."""


def to_json(facts: Facts) -> str:
    """The facts as indented JSON; what is not a finite number is null."""
    record = {"format": FORMAT, "verdict": facts.verdict} | asdict(facts)
    record["problems"] = [_problem(problem) for problem in facts.problems]
    return dumps(record)


def from_json(text: str) -> Facts:
    """The facts of :func:`to_json`. Raises ValueError, KeyError or TypeError for anything else."""
    record = json.loads(text)
    if record["format"] != FORMAT:
        raise ValueError(f"format {record['format']} is not {FORMAT}")
    known = {field.name for field in fields(Facts)}
    found: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name in known
    }
    found["problems"] = tuple(
        Problem(**(problem | {"path": Path(problem["path"]) if problem["path"] else None}))
        for problem in record["problems"]
    )
    return Facts(**found)


def dumps(record: Any) -> str:
    """Indented JSON with a newline at its end; what is not a finite number is null."""
    return json.dumps(_finite(record), indent=2, ensure_ascii=False, allow_nan=False, default=str) + "\n"


def _problem(problem: Problem) -> dict[str, Any]:
    return asdict(problem) | {"path": problem.path and problem.path.as_posix()}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
