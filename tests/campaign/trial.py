"""Data through ingest, the project's models and the gates, and what was said of them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from staged_models import facts, staged_models

from campaign.studies import Study
from ciq.blueprint.datasets import Dataset
from ciq.contract import load
from ciq.errors import CiqError, Problem
from ciq.ingest import ingest
from ciq.pipeline.advice import advised
from ciq.pipeline.refusals import gate_problems


@dataclass(frozen=True)
class Judged:
    """The problems that refused a data set, those that warned, the rows of its diagnostics by name, and the advice."""

    refused: dict[str, Problem]
    warned: dict[str, Problem]
    rows: Callable[[str], list[dict[str, Any]]]
    advice: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What was said of a study."""

    study: Study
    judged: Judged

    @property
    def right(self) -> bool:
        """A clean study is published, a defective one is refused by its own rule."""
        return self.study.rule in self.judged.refused if self.study.rule else not self.judged.refused


def verdicts(studies: Iterable[Study]) -> Iterator[Verdict]:
    """Judge the studies one after the other."""
    return (Verdict(study, judge(study.name, study.contract, study.table)) for study in studies)


def judge(name: str, text: str, table: pa.Table) -> Judged:
    """What is said of ``table`` under the contract ``text``."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        root = Path(folder)
        for made in ("contracts", "data/raw"):
            (root / made).mkdir(parents=True)
        path = root / "contracts" / f"{name}.yaml"
        path.write_text(text)
        pq.write_table(table, root / "data" / "raw" / f"{name}.parquet")
        contract = load(path)
        try:
            manifest = ingest(root, {name: contract}, name).manifest
        except CiqError as error:
            return Judged({problem.rule: problem for problem in error.problems}, {}, lambda last: [], {})
        connection = duckdb.connect()
        dataset = Dataset(contract, manifest)
        rows = staged_models(connection, dataset).rows
    measured = facts(dataset, f"diagnostics.{name}_scores", rows("overlap")[0])
    measured = replace(measured, balance=tuple(rows("balance")), gates=tuple(rows("gates")))
    told = advised(measured, contract, connection)
    refused, warned = (
        {problem.rule: problem for problem in gate_problems(told, path, verdict)} for verdict in ("fail", "warn")
    )
    return Judged(refused, warned, rows, told.advice)
