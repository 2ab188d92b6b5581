"""Cost coefficients for this machine, from what the record says of how long statements took."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from yaml import YAMLError

from ciq.errors import Problem, UsageError
from ciq.files import write_text
from ciq.record import opened
from ciq.router.decide import TERMS, estimated
from ciq.router.settings import Cost, read_settings
from ciq.router.statement import ENGINES, Engine
from ciq.router.yaml_entry import with_entry

FEWEST = 8
"""Calls of one engine with figures that a fit takes."""

_LEAST = 0.01
"""Milliseconds that any call is taken to have cost."""

_ROUNDS = 3
_QUERY = """
SELECT fingerprint, engine, elapsed, estimates FROM ciq.queries
WHERE error_class IS NULL AND fallback IS NULL AND elapsed IS NOT NULL AND estimates IS NOT NULL
ORDER BY queried_at DESC LIMIT 20000
"""
_FIGURES = {name for names in TERMS.values() for name in names}


@dataclass(frozen=True)
class Call:
    """One call in the record; ``milliseconds`` on ``engine``; ``figures`` are those of the decision."""

    fingerprint: str
    engine: Engine
    milliseconds: float
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Fit:
    """``error`` is the median of the larger ratio of estimate and time, before and after, by engine.

    ``total`` and ``p90`` are milliseconds, of the statements that ran on both engines, as the old and as the new
    coefficients would choose; None where no statement did.
    """

    before: Cost
    after: Cost
    calls: Mapping[Engine, int]
    error: Mapping[Engine, tuple[float, float]]
    total: tuple[float, float] | None = None
    p90: tuple[float, float] | None = None


def calls(project: Path) -> list[Call]:
    """The calls in the record that have the figures of their engine. Raises ConnectionRefused."""
    with opened(project) as book:
        rows = book.rows(_QUERY)
    return [
        Call(row["fingerprint"], row["engine"], row["elapsed"] * 1000, figures)
        for row in rows
        if row["engine"] in TERMS
        and 0 <= row["elapsed"] < inf
        and _are_whole(figures := _mapping(row["estimates"]), TERMS[row["engine"]])
    ]


def fit(before: Cost, log: Iterable[Call]) -> Fit:
    """Coefficients of least squares, relative to time and estimate, none below 0.

    An engine with too few calls, or calls too much alike, keeps its own, and so does a figure that was always 0.
    All is kept where statements that ran on both engines would take longer in total.
    """
    log = list(log)
    by_engine = {engine: [call for call in log if call.engine == engine] for engine in ENGINES}
    values = before.model_dump()
    for engine, terms in TERMS.items():
        some = by_engine[engine]
        names = tuple(name for name in terms if any(call.figures[name] for call in some))
        if _tells(some, names):
            values.update(zip((f"{engine}_base", *names), _least(some, names), strict=True))
    after = Cost(**values)
    error = {engine: (_error(before, some), _error(after, some)) for engine, some in by_engine.items() if some}
    counts = {engine: len(some) for engine, some in by_engine.items()}
    chosen = [_chosen(cost, log) for cost in (before, after)]
    if not chosen[0]:
        return Fit(before, after, counts, error)
    total = (float(np.sum(chosen[0])), float(np.sum(chosen[1])))
    p90 = (float(np.quantile(chosen[0], 0.9)), float(np.quantile(chosen[1], 0.9)))
    return Fit(before, after if total[1] <= total[0] else before, counts, error, total, p90)


def write(path: Path, cost: Cost) -> None:
    """Put the coefficients into a router.yml and leave the rest of it as it is.

    Raises UsageError where the file is written in a way that leaves no place for them.
    """
    cost = Cost(**{name: float(f"{value:.4g}") for name, value in cost.model_dump().items()})
    line = f"cost: {json.dumps(cost.model_dump())}"
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    try:
        written = with_entry(text, "cost", line)
        if read_settings(written, path) != read_settings(text, path).model_copy(update={"cost": cost}):
            raise UsageError
    except (UsageError, YAMLError):
        raise UsageError(Problem("C102", "no place is found for the coefficients", path, help=f"add {line}")) from None
    write_text(path, written)


def _tells(some: list[Call], names: tuple[str, ...]) -> bool:
    """Whether calls are enough, and different enough, to tell each coefficient from the others."""
    if len(some) < FEWEST:
        return False
    columns = _columns(some, names)
    return int(np.linalg.matrix_rank(columns / columns.max(axis=0))) > len(names)


def _columns(some: list[Call], names: tuple[str, ...]) -> Any:
    """One row a call: 1 and the figures."""
    return np.array([[1.0, *(call.figures[name] for name in names)] for call in some])


def _least(some: list[Call], names: tuple[str, ...]) -> list[float]:
    """By least squares, each call weighed anew by its time and what was estimated of it the round before.

    Weighed by its time alone, a call that took ten times its estimate would count less than one that took half of it,
    and every estimate would be too low.
    """
    from sklearn.linear_model import LinearRegression

    times = np.array([max(call.milliseconds, _LEAST) for call in some])
    model = LinearRegression(fit_intercept=False, positive=True)
    figures, estimates = _columns(some, names), times
    for _ in range(_ROUNDS):
        scale = np.sqrt(times * np.maximum(estimates, _LEAST))
        model.fit(figures / scale[:, None], times / scale)
        estimates = figures @ model.coef_
    return [float(value) for value in model.coef_]


def _error(cost: Cost, some: list[Call]) -> float:
    ratios = [max(estimated(cost, call.engine, call.figures), 1e-6) / max(call.milliseconds, 1e-6) for call in some]
    return float(np.median([max(ratio, 1 / ratio) for ratio in ratios]))


def _chosen(cost: Cost, log: list[Call]) -> list[float]:
    """The median time of each statement that ran on both engines, on the engine that ``cost`` would choose."""
    statements: dict[str, dict[Engine, list[Call]]] = {}
    for call in log:
        statements.setdefault(call.fingerprint, {}).setdefault(call.engine, []).append(call)
    both = [by for by in statements.values() if {"pg", "duckdb"} <= by.keys()]
    times = []
    for by in both:
        figures = by["pg"][0].figures
        if not figures.keys() >= _FIGURES:
            continue
        engine = min(ENGINES, key=lambda engine: estimated(cost, engine, figures))
        times.append(float(np.median([call.milliseconds for call in by[engine]])))
    return times


def _are_whole(figures: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Whether all that an engine's time is estimated from is there, as numbers."""
    values = [figures.get(name) for name in names]
    return all(isinstance(value, int | float) and 0 <= value < inf for value in values)


def _mapping(value: Any) -> Mapping[str, float]:
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}
