"""A design that the database sums itself: the Newton step in plain SQL, for engines whose rows should not travel.

X'WX is a sum per pair of columns, so the cost grows with the square of their number; streaming doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from sqlglot import exp

from ciq.causal import sql
from ciq.causal.fit import Design, Matrix, Scale, Sums, Vector, standardised

FetchAll = Callable[[exp.Query], list[tuple[Any, ...]]]

_TREATED, _ETA, _LEFT, _WEIGHT = (exp.column(name) for name in ("treated", "eta", "score", "weight"))
_SUMS_A_QUERY = 2_000
_FAR = 700.0  # log odds beyond which EXP leaves the doubles


class Aggregates:
    """The rows of ``query`` as a design: ``treated`` (0 or 1), then one double a column of the matrix."""

    def __init__(self, fetchall: FetchAll, query: exp.Select) -> None:
        self._fetchall = fetchall
        self._query = query
        self._columns = [exp.column(name) for name in query.named_selects[1:]]

    def scale(self) -> Scale:
        """Sums, sums of products and largest absolute values."""
        columns = self._columns
        sums = [exp.Count(this=exp.Star()), _sum(_TREATED), *map(_sum, columns)]
        reach = [exp.Max(this=exp.Abs(this=column.copy())) for column in columns]
        rows, treated, *rest = self._asked([*sums, *reach, *_products(columns)], self._query)
        if not rows:
            raise ValueError("no rows to fit")
        p = len(columns)
        total, reached = np.array(rest[:p], dtype=float), np.array(rest[p : 2 * p], dtype=float)
        return standardised(int(rows), int(treated), total, _symmetric(p, rest[2 * p :]), reached)

    def sample(self) -> Design | None:
        """None: each engine samples in its own way."""
        return None

    def sums(self, facts: Scale, kept: list[int], beta: Vector) -> Sums:
        """The Newton step's sums at ``beta``."""
        ones, size = sql.double(1.0), len(beta)
        columns = [ones, *(exp.column(f"z{i}") for i in range(len(kept)))]
        scores = [_sum(_times(column, _LEFT)) for column in columns]
        products = _products(columns, _WEIGHT)
        likelihood, *rest = self._asked([_sum(_likelihood()), *scores, *products], self._scored(facts, kept, beta))
        score, hessian = np.array(rest[:size], dtype=float), _symmetric(size, rest[size:])
        return Sums(float(likelihood) / facts.rows, score / facts.rows, hessian / facts.rows)

    def _scored(self, facts: Scale, kept: list[int], beta: Vector) -> exp.Select:
        """Treatment, standardised columns, log odds, score and weight of each row."""
        names = [f"z{i}" for i in range(len(kept))]
        eta: exp.Expr = sql.double(float(beta[0]))
        standard = exp.select(_TREATED).from_(self._query.subquery("design"))
        for name, position, slope in zip(names, kept, beta[1:], strict=True):
            centred = exp.paren(
                exp.Sub(this=self._columns[position].copy(), expression=sql.double(facts.mean[position]))
            )
            standard = standard.select(
                exp.alias_(exp.Div(this=centred, expression=sql.double(facts.deviation[position])), name)
            )
            eta = exp.Add(this=eta, expression=_times(sql.double(float(slope)), exp.column(name)))
        held = exp.Greatest(this=exp.Least(this=eta, expressions=[sql.double(_FAR)]), expressions=[sql.double(-_FAR)])
        logits = exp.select("*", exp.alias_(held, "eta")).from_(standard.subquery("standard"))
        chances = exp.select("*", exp.alias_(sql.expit(_ETA), "e")).from_(logits.subquery("logits"))
        e = exp.column("e")
        score = exp.Sub(this=_TREATED.copy(), expression=e)
        weight = _times(e, exp.paren(exp.Sub(this=sql.double(1.0), expression=e.copy())))
        return exp.select("*", exp.alias_(score, "score"), exp.alias_(weight, "weight")).from_(
            chances.subquery("chances")
        )

    def _asked(self, figures: Sequence[exp.Expr], rows: exp.Select) -> list[Any]:
        """One row of figures, in several queries where they are many."""
        answer: list[Any] = []
        for start in range(0, len(figures), _SUMS_A_QUERY):
            part = [exp.alias_(figure, f"s{i}") for i, figure in enumerate(figures[start : start + _SUMS_A_QUERY])]
            ((*found,),) = self._fetchall(exp.select(*part).from_(rows.subquery("rows")))
            answer += found
        return answer


class FoldedAggregates:
    """The same rows with the ``fold`` of each: a query for each fold and pass."""

    def __init__(self, fetchall: FetchAll, query: exp.Select, fold: exp.Expr) -> None:
        self._fetchall, self._query, self._fold = fetchall, query, fold

    def without(self, facts: Scale, kept: list[int], betas: Mapping[int, Vector]) -> dict[int, Sums]:
        """For each fold the sums at its beta over all other rows, as means over the number of all rows."""
        return {
            fold: Aggregates(self._fetchall, self._query.where(self._fold.copy().neq(fold))).sums(facts, kept, beta)
            for fold, beta in betas.items()
        }


def _sum(value: exp.Expr) -> exp.Expr:
    return exp.Sum(this=value.copy())


def _times(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Mul(this=left.copy(), expression=right.copy())


def _products(columns: Iterable[exp.Expr], weight: exp.Expr | None = None) -> list[exp.Expr]:
    """The sum over each pair of columns, each with itself too."""
    pairs = (_times(left, right) for left, right in combinations_with_replacement(columns, 2))
    return [_sum(_times(pair, weight) if weight else pair) for pair in pairs]


def _symmetric(size: int, upper: Sequence[Any]) -> Matrix:
    """The matrix of ``size`` whose upper triangle, row by row, is ``upper``."""
    matrix: Matrix = np.zeros((size, size))
    matrix[np.triu_indices(size)] = np.array(upper, dtype=float)
    return np.triu(matrix, 1).T + matrix


def _likelihood() -> exp.Expr:
    """t eta - ln(1 + e^eta), without overflow."""
    decay = exp.Exp(this=exp.Neg(this=exp.Abs(this=_ETA.copy())))
    positive = exp.Greatest(this=_ETA.copy(), expressions=[sql.double(0.0)])
    log = exp.Ln(this=exp.Add(this=sql.double(1.0), expression=decay))
    return exp.Sub(this=exp.Sub(this=_times(_TREATED, _ETA), expression=positive), expression=log)
