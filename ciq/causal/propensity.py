"""The propensity model of one table: what is observed, the fit, and the terms that scores are computed from.

Where the rows lie is the caller's business: an :class:`Engine` asks and streams for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlglot import exp

from ciq.causal import sql
from ciq.causal.aggregates import Aggregates, FoldedAggregates
from ciq.causal.design import MISSING, Cell, Term, terms
from ciq.causal.fit import Design, Fit, logistic
from ciq.causal.folds import Folded, FoldedStream, without_folds
from ciq.causal.stream import Stream

Row = dict[str, Any]
TERM_COLUMNS = {
    "fold": "int",
    "term": "text",
    "kind": "text",
    "covariate": "text",
    "level": "text",
    "with_covariate": "text",
    "with_level": "text",
    "centre": "double",
    "coefficient": "double",
    "status": "text",
    "detail": "text",
    "passes": "int",
    "gradient": "double",
    "converged": "boolean",
}
"""What a row of the fitted terms holds, and its SQL types."""

_NAMED = 5


@dataclass(frozen=True)
class Spec:
    """What the model is made of: the 0/1 ``treatment``, ``numbers``, ``factors``, squares and pairs that interact.

    Trees (``gradient_boosting``) have no coefficients: :mod:`ciq.causal.boosting` scores the rows.
    ``method``: whether the rows are streamed through or summed by the engine's SQL; the fit is the same. ``folds``: how
    many fits there are besides, each without the rows of one fold by their ``row_id``; none where it is 0.
    """

    treatment: str
    numbers: Sequence[str]
    factors: Sequence[str]
    squares: Sequence[str]
    method: Literal["auto", "streaming", "sql"] = "auto"
    interactions: Sequence[Sequence[str]] = ()
    folds: int = 0
    learner: Literal["logistic", "gradient_boosting"] = "logistic"


@dataclass(frozen=True)
class Engine:
    """How to ask the database: all rows of a query, or its rows as Arrow record batches, read as they are used.

    ``batches`` is None where the engine can't hand out batches.
    """

    fetchall: Callable[[exp.Query], list[tuple[Any, ...]]]
    batches: Callable[[exp.Query], Iterable[Any]] | None


def propensity(engine: Engine, table: str, spec: Spec, levels: Iterable[tuple[str, str]]) -> list[Row]:
    """Fit the model to ``table`` and return one row a term, as diagnostics.<dataset>_fits has them.

    Fold 0 is the fit to all rows; the fits without one fold follow where that one converged. ``levels`` are pairs of
    factor and observed level, in any order; those of other columns are passed over. Terms of trees have no coefficient.
    Raises ValueError where the table has no rows.
    """
    observed = _levels(spec, levels)
    centres, missing = _observed(engine, table, spec)
    if spec.learner == "gradient_boosting":
        columns = [Term("intercept"), *terms(spec.numbers, {}, (), ())]
        columns += [Term("level", factor, level) for factor, found in observed.items() for level in found]
        return [_row(0, term, centres.get(term, 0.0), None, "boosted") for term in columns]
    cells = _cells(engine, table, spec)
    columns = terms(spec.numbers, observed, spec.squares, missing, spec.interactions, cells)
    rows = _Rows(engine, table, spec, columns, centres, missing)
    fit = logistic(rows.design())
    fits = {0: fit}
    if fit.converged and spec.folds:
        fits |= without_folds(rows.folded(), fit, spec.folds)
    return [row for fold, one in fits.items() for row in _rows(fold, columns, observed, centres, one)]


def _levels(spec: Spec, levels: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The levels of each factor in sort order, a missing one last, so that it is never the reference."""
    found: dict[str, list[str]] = {name: [] for name in spec.factors}
    for covariate, level in levels:
        if covariate in found:
            found[covariate].append(level)
    return {name: sorted(seen, key=lambda level: (level == MISSING, level)) for name, seen in found.items()}


def _observed(engine: Engine, table: str, spec: Spec) -> tuple[dict[Term, float], list[str]]:
    """The mean of each number and square over its observed rows, and the numbers that have missing values."""
    means = [*(Term("number", name) for name in spec.numbers), *(Term("square", name) for name in spec.squares)]
    averages = [exp.Avg(this=sql.continuous(term)) for term in means]
    counts = [exp.Count(this=sql.column(name)) for name in spec.numbers]
    query = exp.select(exp.Count(this=exp.Star()), *averages, *counts).from_(table)
    ((rows, *figures),) = engine.fetchall(query)
    centres = {term: mean or 0.0 for term, mean in zip(means, figures[: len(means)], strict=True)}
    missing = [name for name, n in zip(spec.numbers, figures[len(means) :], strict=True) if n < rows]
    return centres, missing


def _cells(engine: Engine, table: str, spec: Spec) -> set[Cell]:
    """The levels that occur together, of the categoricals that interact."""
    found: set[Cell] = set()
    for one, other in spec.interactions:
        if one in spec.factors and other in spec.factors:
            pair = exp.select(sql.level(sql.column(one)), sql.level(sql.column(other))).from_(table).distinct()
            found |= {(one, level, other, second) for level, second in engine.fetchall(pair)}
    return found


class _Rows:
    """The design matrix and the treatment, streamed where the engine can, else summed by the engine."""

    def __init__(
        self,
        engine: Engine,
        table: str,
        spec: Spec,
        columns: list[Term],
        centres: dict[Term, float],
        missing: list[str],
    ) -> None:
        self._engine, self._table, self._spec = engine, table, spec
        self._columns, self._centres = columns, centres
        self._treated = exp.alias_(sql.number(sql.column(spec.treatment)), "treated")
        self._fold = sql.fold(exp.column("row_id"), spec.folds) if spec.folds else exp.convert(0)
        # A number without gaps comes as it is and is centred when it is copied: a third of the CPU of a pass.
        self._plain = [term in centres and term.covariate not in missing for term in columns]

    def design(self) -> Design:
        """The rows for the fit to all of them."""
        if self._summed:
            return Aggregates(self._engine.fetchall, self._query([self._treated], self._values()))
        return Stream(lambda: ((x, labels[0]) for x, labels in self._batches(self._treated)))

    def folded(self) -> Folded:
        """The rows and the fold of each."""
        if self._summed:
            return FoldedAggregates(self._engine.fetchall, self._query([self._treated], self._values()), self._fold)
        fold = exp.alias_(sql.number(self._fold), "fold")
        return FoldedStream(lambda: self._batches(self._treated, fold))

    @property
    def _summed(self) -> bool:
        return self._spec.method == "sql" or self._engine.batches is None

    def _values(self) -> list[exp.Expr]:
        return [sql.design_column(term, self._centres) for term in self._columns]

    def _query(self, labels: Sequence[exp.Expr], values: Iterable[exp.Expr]) -> exp.Select:
        return exp.select(*labels, *(exp.alias_(value, f"x{i}") for i, value in enumerate(values))).from_(self._table)

    def _batches(self, *labels: exp.Expr) -> Iterator[tuple[Any, Any]]:
        """Pairs of a matrix (n, columns) and the labels (labels, n)."""
        stream = self._engine.batches
        assert stream
        pairs = list(zip(self._columns, self._plain, strict=True))
        shifts = [self._centres[term] if plain else 0.0 for term, plain in pairs]
        values = [sql.continuous(term) if plain else sql.design_column(term, self._centres) for term, plain in pairs]
        for batch in stream(self._query(labels, values)):
            arrays = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
            x = np.empty((len(values), batch.num_rows))
            for row, value, shift in zip(x, arrays[len(labels) :], shifts, strict=True):
                np.subtract(value, shift, out=row)
            yield x.T, np.array(arrays[: len(labels)])


def _rows(
    fold: int, columns: list[Term], levels: dict[str, list[str]], centres: dict[Term, float], fit: Fit
) -> Iterator[Row]:
    """One row a term, the reference levels among them."""

    def row(term: Term, coefficient: float, status: str, detail: str | None = None) -> Row:
        return _row(fold, term, centres.get(term, 0.0), coefficient, status, detail) | {
            "passes": fit.passes,
            "gradient": fit.gradient,
            "converged": fit.converged,
        }

    yield row(Term("intercept"), fit.intercept, "fitted")
    for position, term in enumerate(columns):
        status, detail = "fitted", None
        if position in fit.constant:
            status = "constant"
        elif position in fit.collinear:
            status, detail = "collinear", _few([columns[i].name for i in fit.collinear[position]])
        elif position in fit.separated:
            status = "separated"
        yield row(term, float(fit.coefficients[position]), status, detail)
    for factor, found in levels.items():
        status = "reference" if len(found) > 1 else "constant"
        yield from (row(Term("level", factor, level), 0.0, status) for level in found[:1])


def _few(names: list[str]) -> str:
    """The names, of many only the first: the levels of a factor may be thousands."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _row(
    fold: int, term: Term, centre: float, coefficient: float | None, status: str, detail: str | None = None
) -> Row:
    """What is said of a term, before any word of a fit."""
    return {
        "fold": fold,
        "term": term.name,
        "kind": term.kind,
        "covariate": term.covariate,
        "level": term.level,
        "with_covariate": term.other and term.other.covariate,
        "with_level": term.other and term.other.level,
        "centre": centre,
        "coefficient": coefficient,
        "status": status,
        "detail": detail,
        "passes": 0,
        "gradient": None,
        "converged": True,
    }
