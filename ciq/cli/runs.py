"""``ciq run`` and ``ciq ingest``: what is said of each data set, and the exit code of all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ciq.cli.output import cause, progress, refused, result, warning
from ciq.contract import Contract, load_all
from ciq.errors import CiqError, Problem, UsageError
from ciq.ingest import Landed, current, strays
from ciq.pipeline.processed import causal_ready, published
from ciq.pipeline.recorded import recorded
from ciq.pipeline.run import Outcome, land
from ciq.postgres.server import OFF
from ciq.publish.gateway import started
from ciq.report.population import population


def run_datasets(project: Path, names: Iterable[str]) -> int:
    """Run the named data sets, or all; 0 where each is published, else the gravest refusal's code."""
    contracts, chosen, code = _chosen(project, names)
    if started(project) is None and os.environ.get("PG_DSN") != OFF:
        cause("nothing goes to PostgreSQL: set PG_DSN, or `pip install 'ciq[embedded]'`; everything else is done")
    with progress() as tell:
        for outcome in recorded(project, contracts, chosen, tell):
            code = max(code, _say(project, outcome))
    return code


def ingest_datasets(project: Path, names: Iterable[str]) -> int:
    """Stage the named data sets, or all; 0 where each is staged, else the gravest refusal's code."""
    contracts, chosen, code = _chosen(project, names)
    with progress() as tell:
        for name in chosen:
            try:
                landed = land(project, contracts, name, tell)
            except CiqError as error:
                code = max(code, refused(error))
                stays = "what was staged stays" if current(project, name) else "nothing of it is staged"
                result(f"{name}: refused; {stays}", ok=False, dataset=name, state="refused")
            else:
                _say_landed(name, landed)
    return code


def _chosen(project: Path, names: Iterable[str]) -> tuple[Mapping[str, Contract], list[str], int]:
    """The contracts, the data sets asked for, and 1 where data/raw holds a file that no contract claims."""
    contracts = load_all(project / "contracts")
    if not contracts:
        help_ = "write one YAML file a data set there"
        raise UsageError(Problem("E404", "there is no contract", Path("contracts"), help=help_))
    chosen = list(dict.fromkeys(names)) or sorted(contracts)
    unknown = [name for name in chosen if name not in contracts]
    if unknown:
        help_ = f"the data sets are {', '.join(sorted(contracts))}"
        raise UsageError(
            *(Problem("E405", f"no contract is named {name}", Path("contracts"), help=help_) for name in unknown)
        )
    problems = strays(project, contracts)
    for problem in problems:
        cause(problem)
    return contracts, chosen, 1 if problems else 0


def _say_landed(name: str, landed: Landed) -> None:
    state, manifest = "staged" if landed.changed else "unchanged", landed.manifest
    for problem in landed.set_aside:
        warning(problem)
    told = f"{name}: {state}, {manifest.rows:,} rows, version {manifest.version[:12]}"
    if manifest.rejects:
        counts = ", ".join(f"{rule} {count:,}" for rule, count in manifest.rejected.items())
        told += f"; set aside in {manifest.rejects}: {counts}"
    facts: dict[str, Any] = {"rows": manifest.rows, "version": manifest.version, "rejected": manifest.rejected}
    result(told, ok=True, dataset=name, state=state, rejects=manifest.rejects, **facts)


def _say(project: Path, outcome: Outcome) -> int:
    name = outcome.dataset
    if outcome.error:
        code = refused(outcome.error)
        stamp = published(project, name)
        stays = f"version {stamp.ciq_source_version[:12]} stays published" if stamp else "nothing of it is published"
        told = f"{name}: refused; {stays}; see artifacts/{name}/report.html"
        result(told, ok=False, dataset=name, state=outcome.result)
        return code
    for problem in outcome.warnings:
        warning(problem)
    if outcome.facts is None:
        result(f"{name}: nothing new", dataset=name, state=outcome.result)
    else:
        rows, verdict, parquet = outcome.facts.overlap["n"], outcome.facts.verdict, causal_ready(project, name)
        told = f"{name}: {outcome.result}, {verdict}, {rows:,} rows, {parquet}"
        if described := population(outcome.facts):
            told += f"; {described}"
        if outcome.not_due:
            told += f"; {outcome.not_due:,} newer rows wait until their interval is over"
        result(
            told,
            dataset=name,
            not_due=outcome.not_due,
            state=outcome.result,
            verdict=verdict,
            rows=rows,
            population=outcome.facts.population,
            parquet=parquet.as_posix(),
        )
    return 0
