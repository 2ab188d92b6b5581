"""What can be asked of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from ciq.contract import Contract
from ciq.frames.models import Models
from ciq.frames.refusal import refuse_unfit
from ciq.frames.staging import stage


@dataclass(frozen=True)
class Diagnostics:
    """All figures of one frame, columns as in the models of the same names.

    ``terms``: a row per term of the propensity model. ``scores``: a row per cleaned row in the frame's order, with
    ``ps_hat`` and the weights ``w_ate``, ``w_att``, ``w_atc`` and ``w_ato``. ``overlap``: each figure by its name.
    ``balance``: a row per number, level and missing indicator, in name order. ``segments``: a row per value
    of each declared segment. ``calibration``: ten bins of equal count
    by score, in sample and out of fold.
    """

    terms: pa.Table
    scores: pa.Table
    overlap: dict[str, float]
    balance: pa.Table
    segments: pa.Table
    calibration: pa.Table


def diagnostics(frame: Any, contract: Contract) -> Diagnostics:
    """Fit, score and measure ``frame`` once.

    Raises DataRefused where the frame is not what the contract says, GateRefused where the propensity model has no
    maximum-likelihood fit: an empty arm, separation, a level in one arm only, a redundant covariate (unless
    ``propensity.collinear`` is drop). Overlap and balance are measured, not judged.
    """
    with _models(frame, contract) as built:
        return Diagnostics(
            terms=built.table("propensity", "rowid"),
            scores=built.scores(),
            overlap=_overlap(built),
            balance=built.table("balance", "covariate"),
            segments=built.table("segments", "segment, stratum"),
            calibration=built.table("calibration", "rowid"),
        )


def propensity(frame: Any, contract: Contract) -> pa.Table:
    """The rows with propensity score and weights: ``Diagnostics.scores``. Raises as :func:`diagnostics` does."""
    with _models(frame, contract) as built:
        return built.scores()


def overlap(frame: Any, contract: Contract) -> dict[str, float]:
    """The overlap figures by name: ``Diagnostics.overlap``. Raises as :func:`diagnostics` does."""
    with _models(frame, contract) as built:
        return _overlap(built)


def balance(frame: Any, contract: Contract) -> pa.Table:
    """The balance table: ``Diagnostics.balance``. Raises as :func:`diagnostics` does."""
    with _models(frame, contract) as built:
        return built.table("balance", "covariate")


@contextmanager
def _models(frame: Any, contract: Contract) -> Iterator[Models]:
    """The models over ``frame``, whose propensity model has a fit, for as long as the block runs."""
    with duckdb.connect() as connection:
        stage(connection, frame, contract)
        built = Models.of_staged(connection, contract)
        connection.execute("DROP TABLE given")
        refuse_unfit(contract, *built.arms(), built.rows("positivity"), built.rows("propensity"))
        yield built


def _overlap(built: Models) -> dict[str, float]:
    (row,) = built.rows("overlap")
    return row
