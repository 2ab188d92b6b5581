"""The blueprint variables: every piece of SQL that differs from one data set to the next.

Models hold the logic; the lists of columns that a contract decides come in here as SQL, already written, so that a
snapshot in SQLMesh's state is whole and a later ``sqlmesh run`` needs neither the contract nor this package's code.
Only what changes data goes in: an edited range or description leaves these values as they are. Types stand in the
queries as casts, because SQLMesh takes a model whose query is the same for a change that its readers needn't mind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sqlglot import exp

from ciq.blueprint.balanced import balanced
from ciq.blueprint.cells import MOST, cells
from ciq.blueprint.datasets import Dataset, inputs_version, staged
from ciq.blueprint.figures import figures
from ciq.blueprint.roles import alias, numbers, outcome, population, treated, typed
from ciq.blueprint.scoring import fitted, scorable, scorable_by_fold, score
from ciq.blueprint.unpivoted import (
    covariate_values,
    dated_values,
    factor_values,
    segment_scores,
    weighted_numbers,
)
from ciq.blueprint.window import window_begins
from ciq.causal import sql
from ciq.causal.figures import crump_alpha
from ciq.contract import Contract
from ciq.contract.clean import cleaned
from ciq.postgres import resolve
from ciq.publish.publication import publication_spec

EXACT_VALUES = 2_000_000
"""Values of all numbers together up to which their distributions are taken one by one: a gigabyte to sort."""

BINS = 16_384
"""On each side of a number's centre."""


def of_project(project: Path) -> Sequence[dict[str, exp.Expr]]:
    """Those of each staged data set, in name order, put together once for all models; whoever takes one copies it.

    Raises ContractError where a contract is invalid.
    """
    return _of_version(project, inputs_version(project))


@lru_cache(maxsize=1)
def _of_version(project: Path, version: str) -> Sequence[dict[str, exp.Expr]]:
    return [variables(dataset) for dataset in staged(project)]


def variables(dataset: Dataset) -> dict[str, exp.Expr]:
    """Name to SQL for one data set."""
    contract = dataset.contract
    return {
        "enabled": exp.true(),
        "cron": exp.convert(contract.schedule.cron),
        "staged_rows": staged_rows(dataset),
        "in_interval": _in_interval(contract),
        "windowed": exp.convert(contract.schedule.window is not None),
        "time": sql.column(contract.time_col) if contract.time_col else exp.null(),
        "window_begins": window_begins(contract),
        "publishes": exp.true() if resolve(Path()) else exp.false(),
        "publication": exp.convert(
            publication_spec(contract, "appended" if contract.appends else dataset.manifest.version)
        ),
        **decided(contract),
    }


def decided(contract: Contract) -> dict[str, exp.Expr]:
    """What the contract alone decides, wherever its rows are."""
    return {
        "dataset": exp.to_identifier(contract.name),
        "population": exp.to_identifier(population(contract)),
        "columns": _tuple(sql.column(name) for name in contract.types),
        "typed": _tuple(alias(typed(contract, name), name) for name in contract.types),
        "cleaned": _tuple(alias(cleaned(contract, name, sql.column(name)), name) for name in contract.types),
        "row_id": _row_id(contract),
        "occurrence": _occurrence(contract),
        "treated": treated(contract),
        "outcome": outcome(contract),
        "outcome_name": exp.convert(contract.outcome_col),
        "factor_values": factor_values(contract),
        "cells": cells(contract),
        "most_cells": exp.convert(MOST),
        "fitted": _tuple(fitted(contract)),
        "scorable": scorable(contract),
        "scorable_by_fold": scorable_by_fold(contract),
        "score": score(contract),
        "is_logistic": exp.convert(contract.propensity.learner == "logistic"),
        "gates_less_one": exp.convert(28 if contract.propensity.learner == "logistic" else 24),
        **balanced(contract),
        "gaps": exp.Array(expressions=[*_gaps(contract)]),
        "weighted_numbers": weighted_numbers(contract),
        "exact_rows": exp.convert(EXACT_VALUES // max(len(numbers(contract)), 1)),
        "bins": exp.convert(BINS),
        "segment_scores": segment_scores(contract),
        "covariate_values": covariate_values(contract),
        "dated_values": dated_values(contract),
        "outputs": _tuple(alias(typed(contract, name), name) for name in contract.published_cols),
        "estimand": exp.to_identifier(contract.estimand.lower()),
        "of_estimand": exp.column("weighting").eq(contract.estimand.lower()),
        "crump_alpha": crump_alpha(exp.to_table(f"diagnostics.{contract.name}_scores")),
        **figures(),
        **_gate_thresholds(contract),
    }


def _gate_thresholds(contract: Contract) -> dict[str, exp.Expr]:
    gates = contract.gates
    return {
        "overlap_share_at_least": exp.convert(gates.overlap_share),
        "tail_mass_at_most": exp.convert(gates.tail_mass),
        "equipoise_at_least": exp.convert(gates.equipoise.warn),
        "smd_warn": exp.convert(gates.smd.warn),
        "smd_fail": exp.convert(gates.smd.fail),
        "smd_small_sample_fail": exp.convert(gates.smd.small_sample_fail),
        "min_level_rows": exp.convert(gates.min_level_rows),
        "collinear_verdict": exp.convert("fail" if contract.propensity.collinear == "refuse" else "warn"),
        "balance_on": exp.convert(contract.balance.on),
        "leak_auc": exp.convert(contract.leakage.auc),
        "leak_correlation": exp.convert(contract.leakage.correlation),
        "leak_treatment_verdict": exp.convert(contract.leakage.treatment),
        "leak_outcome_verdict": exp.convert(contract.leakage.outcome),
    }


def _tuple(expressions: Iterable[exp.Expr]) -> exp.Tuple:
    return exp.Tuple(expressions=list(expressions))


def _row_id(contract: Contract) -> exp.Expr:
    """md5 of the key, or of the source file and the row where the contract has no key."""
    parts: list[exp.Expr] = []
    for name in contract.key:
        value: exp.Expr = sql.column(name)
        kind = contract.type_of(name).kind
        if kind == "datetime":
            epoch = exp.cast(exp.convert("1970-01-01"), "timestamp")
            value = exp.DateDiff(this=value, expression=epoch, unit=exp.var("microsecond"))
        text = exp.cast(value, "text")
        # Text may hold the separator: its length in front keeps ('a|b', 'c') apart from ('a', 'b|c').
        parts += [exp.cast(exp.Length(this=text), "text"), text.copy()] if kind == "text" else [text]
    parts = parts or [exp.column("_source"), exp.cast(exp.column("_row"), "text")]
    return exp.MD5(this=exp.ConcatWs(expressions=[exp.convert("|"), *parts]))


def staged_rows(dataset: Dataset) -> exp.Expr:
    """The staged file; where files bring new intervals, the parts that the manifest counts when the query runs."""
    rows = exp.Anonymous(this="READ_PARQUET", expressions=[exp.convert(dataset.manifest.parquet)])
    if not dataset.manifest.numbered:
        return _numbered(rows, dataset.manifest.sources[0].sha256)
    if not dataset.contract.appends:
        return rows
    read = exp.Table(this=exp.Anonymous(this="READ_JSON", expressions=[exp.convert(manifest_of_parts(dataset))]))
    sources = exp.select("UNNEST(sources) AS source").from_(read)
    counted = exp.select("source.sha256 AS sha256", "ROW_NUMBER() OVER (ORDER BY source.path) - 1 AS place").from_(
        sources.subquery("s")
    )
    query = (
        exp.select("p.* REPLACE (CAST(c.place AS INT) AS _file)")
        .from_(exp.Table(this=rows, alias=exp.TableAlias(this=exp.to_identifier("p"))))
        .join(counted.subquery("c"), on="c.sha256 = p._source")
    )
    return exp.Subquery(this=query)


def _numbered(rows: exp.Anonymous, sha256: str) -> exp.Expr:
    """The rows of a file that holds one source, with where they came from."""
    rows.append("expressions", exp.Kwarg(this=exp.var("file_row_number"), expression=exp.true()))
    number = exp.Add(this=exp.column("file_row_number"), expression=exp.Literal.number(1))
    origin = {"_source": exp.convert(sha256), "_file": exp.Literal.number(0), "_row": number}
    named = [exp.alias_(value, name) for name, value in origin.items()]
    return exp.Subquery(this=exp.select("*", *named).from_(exp.Table(this=rows)))


def manifest_of_parts(dataset: Dataset) -> str:
    """Where the manifest of an appended data set's parts stands, whatever lands later."""
    return str(PurePosixPath(dataset.manifest.parquet).with_name("manifest.json"))


def _in_interval(contract: Contract) -> exp.Expr:
    """Which rows a run takes: all of them, or those of its intervals where files bring new ones."""
    if not contract.appends or not contract.time_col:
        return exp.true()
    start, end = (exp.Var(this=f"@{bound}_dt") for bound in ("start", "end"))
    return exp.Between(this=sql.column(contract.time_col), low=start, high=end)


def _occurrence(contract: Contract) -> exp.Expr:
    """1 for the row that stands for its key: the last by file and row where duplicates are collapsed."""
    if not contract.clean.deduplicate:
        return exp.Literal.number(1)
    return exp.Window(
        this=exp.RowNumber(),
        partition_by=[sql.column(name) for name in contract.clean.deduplicate.by],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column(name), desc=True) for name in ("_file", "_row")]),
    )


def _gaps(contract: Contract) -> Iterable[exp.Expr]:
    """A struct of missing values per arm for each published column."""
    for name in contract.published_cols:
        value = exp.Is(this=sql.column(name, "x"), expression=exp.null())

        def missing(arm: int, value: exp.Expr = value) -> exp.Expr:
            where = exp.and_(value.copy(), treated(contract).eq(arm))
            return exp.Count(this=exp.Case(ifs=[exp.If(this=where, true=exp.convert(1))]))

        fields = {"name": exp.convert(name), "missing_treated": missing(1), "missing_control": missing(0)}
        yield sql.struct(fields)
