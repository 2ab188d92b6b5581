"""``ciq run``: ingest, plan, export, one data set after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ciq.blueprint.datasets import Dataset
from ciq.contract import Contract
from ciq.errors import CiqError, GateRefused, Problem
from ciq.ingest import Landed, Manifest, SourceFile, ingest
from ciq.ingest.sources import claimed
from ciq.interrupts import held_back
from ciq.pipeline import latest, views
from ciq.pipeline.artifacts import write_artifacts
from ciq.pipeline.processed import Stamp, causal_ready, publish, published
from ciq.report.facts import Facts
from ciq.report.population import population

if TYPE_CHECKING:
    from ciq.pipeline.warehouse import Promotion, Warehouse

Progress = Callable[[str, int, int], None]
"""Told what is under way, how much of it is done and how much there is."""


@dataclass(frozen=True)
class Outcome:
    """What a run did with one data set; ``error`` is set where it was refused, ``warnings`` where it was not.

    ``not_due`` counts appended rows that wait until their interval is over.
    """

    dataset: str
    result: Literal["published", "unchanged", "refused"]
    facts: Facts | None = None
    warnings: tuple[Problem, ...] = ()
    error: CiqError | None = None
    not_due: int = 0


def run(
    project: Path,
    contracts: Mapping[str, Contract],
    names: Iterable[str],
    progress: Progress,
    shown: Callable[[Manifest], bool] = lambda manifest: True,
) -> Iterable[Outcome]:
    """Take each named data set as far as it gets; one that is refused doesn't hold up the others.

    ``shown`` tells whether consumers read this very version already, as far as there is anything that they read.
    Raises ConnectionRefused or UsageError where the project itself can't be used.
    """
    done: list[Manifest] = []
    began_with = latest.sources(project)
    for together in _rounds(contracts, names):
        to_plan: list[tuple[Contract, Landed]] = []
        for name in together:
            try:
                landed = land(project, contracts, name, progress)
            except CiqError as error:
                facts = _refused_at_ingest(project, contracts, contracts[name], error)
                write_artifacts(project, facts)
                yield Outcome(name, "refused", facts, error=error)
                continue
            known = not contracts[name].appends and latest.is_done(project, landed.manifest)
            if known and shown(landed.manifest):
                yield Outcome(name, "unchanged")
            else:
                to_plan.append((contracts[name], landed))
        if to_plan:
            yield from _plan(project, to_plan, progress, done)
    if done:
        latest.record(project, done, began_with)


def _rounds(contracts: Mapping[str, Contract], names: Iterable[str]) -> tuple[list[str], list[str]]:
    """What is read from files, then what is trimmed from it by the scores of this very run."""
    named = list(names)
    trimmed = [name for name in named if contracts[name].source.trim]
    return [name for name in named if name not in trimmed], trimmed


def land(project: Path, contracts: Mapping[str, Contract], name: str, progress: Progress) -> Landed:
    """Stage a data set from its files, or from the one that it is trimmed from. Raises as these do."""
    if contracts[name].source.trim:
        from ciq.pipeline import trimmed

        return trimmed.land(project, contracts, name)
    return ingest(project, contracts, name, partial(progress, f"reading {name}"))


def _plan(
    project: Path, datasets: list[tuple[Contract, Landed]], progress: Progress, done: list[Manifest]
) -> Iterable[Outcome]:
    """The outcomes; the versions that are in place now are added to ``done``."""
    progress("starting SQLMesh", 0, 0)
    # SQLMesh takes seconds to import, and loads pandas later: only what plans pays for it.
    with held_back():
        import pandas  # noqa: F401

        from ciq.pipeline.warehouse import open_warehouse
    with open_warehouse(project, progress) as warehouse:
        for contract, landed in datasets:
            outcome = _promote(project, warehouse, contract, landed.manifest)
            outcome = replace(outcome, warnings=(*landed.set_aside, *outcome.warnings))
            if outcome.result != "refused":
                done.append(landed.manifest)
            yield outcome


def _promote(project: Path, warehouse: Warehouse, contract: Contract, manifest: Manifest) -> Outcome:
    from ciq.pipeline.advice import advised

    promotion = warehouse.promote(Dataset(contract, manifest))
    facts = _facts(project, contract, manifest, promotion, warehouse)
    facts = advised(facts, contract, warehouse.cursor)
    error = None if promotion.promoted else _refusal(project, contract, facts, promotion)
    if error:
        facts = replace(facts, problems=error.problems)
        write_artifacts(project, facts)
        return Outcome(contract.name, "refused", facts, error=error)
    stamp = Stamp(
        ciq_dataset=contract.name,
        ciq_contract_version=contract.version,
        ciq_source_version=manifest.version,
        ciq_snapshot=promotion.snapshot,
        ciq_estimand=contract.estimand,
        ciq_population=population(facts),
    )
    changed = published(project, contract.name) != stamp or (contract.appends and promotion.changed)
    if changed:
        publish(warehouse.cursor, project, stamp)
    views.export(warehouse.cursor, project, contract.name)
    facts = replace(facts, published=_published(project, contract.name, warehouse.faces(contract.name)))
    write_artifacts(project, facts)
    from ciq.pipeline.refusals import gate_problems

    warnings = tuple(gate_problems(facts, _place(project, contract, facts), "warn"))
    result: Literal["published", "unchanged"] = "published" if changed else "unchanged"
    return Outcome(contract.name, result, facts, warnings, not_due=promotion.not_due)


def _facts(project: Path, contract: Contract, manifest: Manifest, promotion: Promotion, warehouse: Warehouse) -> Facts:
    def rows(kind: str) -> tuple[dict[str, object], ...]:
        return tuple(warehouse.rows(f"diagnostics.{contract.name}_{kind}"))

    return Facts(
        dataset=contract.name,
        description=contract.description,
        contract_version=contract.version,
        estimand=contract.estimand,
        source_version=manifest.version,
        sources=tuple(_source(source) for source in manifest.sources),
        snapshot=promotion.snapshot,
        rows=manifest.rows,
        scores=warehouse.table(f"diagnostics.{contract.name}_scores"),
        population={**asdict(manifest.trim), "n": manifest.rows} if manifest.trim else {},
        contract_path=_contract_path(project, contract),
        language=contract.report.language,
        staged=manifest.parquet,
        published=_published(project, contract.name),
        mends=manifest.mends,
        warnings=manifest.warnings,
        rejected=manifest.rejected,
        rejects=manifest.rejects,
        dropped=manifest.dropped,
        overlap=next(iter(rows("overlap")), {}),
        gates=rows("gates"),
        balance=rows("balance"),
        positivity=rows("positivity"),
        segments=rows("segments"),
        histogram=rows("histogram"),
        calibration=rows("calibration"),
        missing=rows("missing"),
        leakage=rows("leakage"),
        availability=rows("availability"),
    )


def _source(source: SourceFile) -> dict[str, Any]:
    return {name: getattr(source, name) for name in ("path", "sha256", "bytes", "rows", "rejected")}


def _published(project: Path, dataset: str, views: Sequence[str] = ()) -> dict[str, Any] | None:
    """What is published now, as the report tells it; ``views`` show it in PostgreSQL."""
    stamp = published(project, dataset)
    if stamp is None:
        return None
    path = causal_ready(project, dataset).relative_to(project).as_posix()
    return {
        "path": path,
        "source_version": stamp.ciq_source_version,
        "contract_version": stamp.ciq_contract_version,
        "snapshot": stamp.ciq_snapshot,
        "views": list(views),
    }


def _contract_path(project: Path, contract: Contract) -> str:
    path = contract.path
    return (path.relative_to(project) if path.is_relative_to(project) else path).as_posix()


def _refusal(project: Path, contract: Contract, facts: Facts, promotion: Promotion) -> CiqError:
    from ciq.pipeline.refusals import audit_problem, gate_problems

    if promotion.error:
        return promotion.error
    problems = gate_problems(facts, _place(project, contract, facts), "fail")
    # What the gates' own audits say is said by the gates, unless a gate is missing.
    said = f"diagnostics.{contract.name}_gates" if problems else None
    problems += [audit_problem(contract, failure) for failure in promotion.audits if failure.model != said]
    problems += [
        Problem("G321", f"{contract.name}: {message}", contract.path, help="`sqlmesh plan` shows the whole message")
        for message in promotion.errors
    ]
    return GateRefused(*problems)


def _place(project: Path, contract: Contract, facts: Facts) -> Path:
    """The raw file where there is one, else the contract: where a reader starts to look."""
    if len(facts.sources) == 1 and not facts.population:
        return Path(facts.sources[0]["path"])
    return contract.path


def _refused_at_ingest(project: Path, contracts: Mapping[str, Contract], contract: Contract, error: CiqError) -> Facts:
    sources = []
    for path in filter(Path.is_file, claimed(project, contracts, contract.name)):
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        sources.append({"path": path.relative_to(project).as_posix(), "sha256": sha256, "bytes": path.stat().st_size})
    return Facts(
        dataset=contract.name,
        description=contract.description,
        contract_version=contract.version,
        estimand=contract.estimand,
        source_version=None,
        sources=tuple(sources),
        snapshot=None,
        rows=None,
        contract_path=_contract_path(project, contract),
        language=contract.report.language,
        published=_published(project, contract.name),
        problems=error.problems,
    )
