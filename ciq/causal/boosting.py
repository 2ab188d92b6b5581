"""Propensity scores by gradient-boosted trees: each row is scored by trees that have not seen its fold.

Trees find squares, interactions and the meaning of a missing value by themselves, and they remember the rows they were
grown on; a score of such a row says nothing of overlap. So there are only scores out of fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from ciq.causal import sql
from ciq.causal.propensity import Engine, Spec

Matrix = NDArray[np.float64]
BOOSTED_COLUMNS = {"row_id": "text", "fold": "int", "ps_hat": "double"}
"""What a row of :func:`boosted` holds, and its SQL types."""

LEVELS = 254  # that the learner can tell apart; rarer ones are one more together
SETTINGS = {"max_iter": 500, "learning_rate": 0.1, "max_depth": 3, "early_stopping": True, "random_state": 0}
FEW = {"max_iter": 30, "early_stopping": False}
LEAST_ARM = 50  # rows of the smaller arm; of fewer, too few are left to tell when to stop


def boosted(engine: Engine, table: str, spec: Spec, levels: Iterable[tuple[str, str, int]]) -> Iterator[pa.Table]:
    """The rows of ``table`` with their fold and score, as diagnostics.<dataset>_boosted has them, part by part.

    ``levels`` are factor, level and number of rows. Rows are read in the order of ``row_id`` and covariates by name, so
    that the order of neither matters. In memory are the rows outside of one fold, twice while a tenth of them is taken
    aside to tell when to stop: some 17 bytes for each row and covariate. Where these rows are all of one arm, its
    share, 0 or 1, is the score. Raises ValueError where the engine hands out no batches.
    """
    rows = _Rows(engine, table, spec, levels)
    for fold in range(1, spec.folds + 1):
        treated, x = rows.outside(fold)
        predict = _grown(x, treated, rows.categorical)
        del treated, x
        for row_id, part in rows.inside(fold):
            scores = predict(part)
            yield pa.table(
                [row_id, pa.array(np.full(len(scores), fold, dtype=np.int32)), scores], list(BOOSTED_COLUMNS)
            )


def _grown(x: Matrix, treated: NDArray[np.float64], categorical: list[bool]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    arms = np.unique(treated)
    if len(arms) < 2:
        return lambda part: np.full(len(part), arms[0] if len(arms) else 0.5)
    settings = SETTINGS if min(treated.sum(), (1 - treated).sum()) >= LEAST_ARM else SETTINGS | FEW
    learner = HistGradientBoostingClassifier(categorical_features=categorical, **settings).fit(x, treated)
    return lambda part: learner.predict_proba(part)[:, 1]


class _Rows:
    """The covariates as numbers, levels as codes and what is missing as NaN."""

    def __init__(self, engine: Engine, table: str, spec: Spec, levels: Iterable[tuple[str, str, int]]) -> None:
        if engine.batches is None:
            raise ValueError("gradient boosting needs an engine that hands out batches")
        self._stream, self._fetchall, self._table, self._spec = engine.batches, engine.fetchall, table, spec
        self._names = sorted([*spec.numbers, *spec.factors])
        self._codes = _codes(spec, levels)
        self._fold = sql.fold(exp.column("row_id"), spec.folds)
        self.categorical = [name in self._codes for name in self._names]

    def outside(self, fold: int) -> tuple[NDArray[np.float64], Matrix]:
        """Treatment (n,) and covariates (n, p) of all rows but those of ``fold``."""
        where = self._fold.copy().neq(fold)
        ((rows,),) = self._fetchall(exp.select(exp.Count(this=exp.Star())).from_(self._table).where(where))
        x, treated, start = np.empty((len(self._names), rows)), np.empty(rows), 0
        for labels, part in self._read(sql.number(sql.column(self._spec.treatment)), where):
            end = start + len(labels)
            treated[start:end], x[:, start:end], start = labels.to_numpy(), part, end
        return treated, x.T

    def inside(self, fold: int) -> Iterator[tuple[pa.Array, Matrix]]:
        """The ids and covariates of the rows of ``fold``."""
        found = self._read(exp.column("row_id"), self._fold.copy().eq(fold))
        return ((row_id, part.T) for row_id, part in found)

    def _read(self, label: exp.Expr, where: exp.Expr) -> Iterator[tuple[pa.Array, Matrix]]:
        values = [
            sql.level(sql.column(name)) if name in self._codes else sql.number(sql.column(name)) for name in self._names
        ]
        named = [exp.alias_(value, f"x{position}") for position, value in enumerate(values)]
        query = exp.select(exp.alias_(label, "label"), *named).from_(self._table).where(where).order_by("row_id")
        for batch in self._stream(query):
            part = np.empty((len(self._names), batch.num_rows))
            for row, name, column in zip(part, self._names, batch.columns[1:], strict=True):
                if name in self._codes:
                    column = pc.fill_null(pc.index_in(column, value_set=self._codes[name]), len(self._codes[name]))
                row[:] = column.to_numpy(zero_copy_only=False)
            yield batch.column(0), part


def _codes(spec: Spec, levels: Iterable[tuple[str, str, int]]) -> dict[str, pa.Array]:
    """The levels of each factor that have a code of their own: the most frequent ones, in name order."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in spec.factors}
    for covariate, level, rows in levels:
        if covariate in counts:
            counts[covariate][level] = rows
    return {
        name: pa.array(sorted(sorted(found, key=lambda level: (-found[level], level))[:LEVELS]), pa.string())
        for name, found in counts.items()
    }
