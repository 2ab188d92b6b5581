"""The SQLMesh project as ciq drives it: one data set a plan, so that no refusal holds up another."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp, generator
from sqlmesh import Context, Model
from sqlmesh.core.console import configure_console, get_console, set_console
from sqlmesh.core.environment import Environment
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.utils.concurrency import NodeExecutionFailedError
from sqlmesh.utils.errors import NodeAuditsErrors, PlanError, PythonModelEvalError, SQLMeshError

from ciq.blueprint.datasets import Dataset
from ciq.errors import CiqError, ConnectionRefused, Problem, UsageError
from ciq.pipeline.console import QuietConsole, Step
from ciq.pipeline.declared import made_of_columns
from ciq.pipeline.forks import tied
from ciq.pipeline.intervals import not_due, stale
from ciq.pipeline.views import PROD, export_environment
from ciq.postgres.trouble import explained, trouble
from ciq.publish.faces import Break
from ciq.publish.gateway import ALLOW_BREAKING
from ciq.publish.progress import watched_by
from ciq.publish.publication import Publication
from ciq.publish.review import breaks

Row = dict[str, Any]
POSTGRES = "postgres"
"""The gateway that published models go by."""

_REPORTED = ("histogram", "missing")
"""Diagnostics that no gate reads, for the report."""

# sqlglot remembers its generators' methods at first use; what was written before SQLMesh added its own
# expressions would keep it from writing a MODEL.
generator._DISPATCH_CACHE.clear()


@dataclass(frozen=True)
class AuditFailure:
    """An audit that stopped a plan: the model, the audit, and how many rows it returned."""

    model: str
    audit: str
    rows: int
    query: str


@dataclass(frozen=True)
class Promotion:
    """What became of one data set's plan; where it was not promoted, ``audits``, ``errors`` or ``error`` say why.

    ``not_due`` counts appended rows whose interval is not over.
    """

    promoted: bool
    changed: bool
    snapshot: str
    audits: tuple[AuditFailure, ...] = ()
    errors: tuple[str, ...] = ()
    error: CiqError | None = None
    not_due: int = 0


@contextmanager
def _explained() -> Iterator[None]:
    """SQLMesh's, DuckDB's and PostgreSQL's exceptions as ours, with the next step."""
    try:
        with explained():
            yield
    except duckdb.IOException as error:
        first = str(error).splitlines()[0]
        help_ = "close the other program that has the warehouse open, then try again"
        raise ConnectionRefused(
            Problem("E401", f"the warehouse can't be opened: {first}", Path("warehouse"), help=help_)
        ) from error
    except SQLMeshError as error:
        help_ = "`sqlmesh plan` shows the whole message"
        raise UsageError(
            Problem("E402", f"SQLMesh can't use this project: {error}", Path("config.yaml"), help=help_)
        ) from error


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """SQLMesh's syntax trees live as long as the plan: to search them for garbage is a seventh of a run."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def project_context(project: Path) -> Iterator[Context]:
    """The SQLMesh project, open and loaded. Raises ConnectionRefused where another process holds the warehouse.

    SQLMesh keeps adapters for the life of the process, by the path as config.yaml gives it, and closes the warehouse's
    only after a plan was applied; one left open would serve the next project's path of the same name.
    """
    (project / "warehouse").mkdir(exist_ok=True)
    with _explained():
        context = Context(paths=str(project), load=False)
    try:
        with _seldom_collected(), made_of_columns():
            with _explained(), tied():
                context.load()
            yield context
    finally:
        context.close()
        for adapter in context.engine_adapters.values():
            adapter.close()


@contextmanager
def open_warehouse(project: Path, step: Step = lambda name, done, total: None) -> Iterator[Warehouse]:
    """The project's warehouse, to promote data sets in. Raises ConnectionRefused where another process holds it."""
    before = get_console()
    console = QuietConsole(step)
    set_console(console)
    # SQLMesh's accepted_range asks `-1 is not None` of a negative bound.
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    try:
        with watched_by(step), project_context(project) as context:
            yield Warehouse(context, console)
    finally:
        set_console(before)


class Warehouse:
    """An open SQLMesh project."""

    def __init__(self, context: Context, console: QuietConsole) -> None:
        self._context = context
        self._console = console
        self._plan_snapshots: dict[str, Snapshot] = {}

    def promote(self, dataset: Dataset) -> Promotion:
        """Plan and apply what has changed of ``dataset`` in prod: its models, what they read and what reads them.

        Where files bring new intervals, those that are due are taken too, and those that were built from other rows
        than are staged now are built again.
        """
        name, appends = dataset.contract.name, dataset.contract.appends
        selected = [f"+features.{name}+", *(f"diagnostics.{name}_{figure}" for figure in _REPORTED)]
        promotion = self._apply(name, select_models=selected, run=appends)
        if not (appends and promotion.promoted):
            return promotion
        until = self._built_until(f"staging.{name}")
        if days := stale(self.cursor, dataset, until):
            promotion = self._apply(name, restate_models=[f"staging.{name}"], start=days[0], end=days[1])
        return replace(promotion, not_due=not_due(self.cursor, dataset, until))

    def _apply(self, dataset: str, **what: Any) -> Promotion:
        with _explained():
            plan = self._context.plan_builder("prod", skip_tests=True, **what).build()
            self._plan_snapshots = {snapshot.name: snapshot for snapshot in plan.context_diff.snapshots.values()}
            self._must_hold(plan.context_diff.snapshots.values())
            changed = bool(plan.context_diff.has_changes or plan.requires_backfill)
            snapshot = self._snapshot(f"features.{dataset}").fingerprint.to_version()
            if broken := self._breaks(dataset):
                error = UsageError(*(one.problem() for one in broken))
                return Promotion(False, changed, snapshot, error=error)
            try:
                self._context.apply(plan)
            except (PlanError, NodeExecutionFailedError, CiqError) as error:
                return Promotion(False, changed, snapshot, *self._failures(error))
        return Promotion(True, changed, snapshot)

    def faces(self, dataset: str) -> list[str]:
        """The views in PostgreSQL that show the data set once its plan is applied."""
        return sorted(f"{each.schema}.{each.table}" for each in self._publications(dataset))

    def rows(self, model: str) -> list[Row]:
        """The rows of a model in the last plan, promoted or refused; empty where it was not built."""
        with _explained():
            return self._rows(self.table(model))

    def table(self, model: str) -> str:
        """The physical table, or view, of a model in the last plan."""
        return str(self._snapshot(model).table_name(is_deployable=True))

    def _rows(self, table: str) -> list[Row]:
        try:
            cursor = self.cursor.execute(exp.select("*").from_(table).sql("duckdb", identify=True))
        except duckdb.CatalogException:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor on the warehouse, for exports."""
        cursor: duckdb.DuckDBPyConnection = self._context.engine_adapter.cursor
        return cursor

    def _must_hold(self, snapshots: Iterable[Snapshot]) -> None:
        """Refuse where the state calls built what the warehouse does not have: SQLMesh would put empty tables there."""
        built = (snapshot for snapshot in snapshots if snapshot.is_model and snapshot.intervals)
        missing = [snapshot for snapshot in built if not self._exists(snapshot)]
        if missing:
            name, gateway = missing[0].name.replace('"', ""), missing[0].model_gateway
            place = "PostgreSQL" if gateway == POSTGRES else "the warehouse"
            message = f"SQLMesh's state has {name} as built, but {place} does not have it"
            store = "PostgreSQL's data" if gateway == POSTGRES else "warehouse/warehouse.duckdb"
            help_ = (
                f"put {store} back, or delete warehouse/state.duckdb too: "
                "the next `ciq run` then builds everything from data/staged"
            )
            raise UsageError(Problem("E407", message, Path("warehouse"), help=help_))

    def _built_until(self, model: str) -> datetime:
        """The end of the last interval that was built, in UTC."""
        known = self._context.state_reader.get_snapshots([self._snapshot(model).snapshot_id])
        ends = [end for snapshot in known.values() for _, end in snapshot.intervals]
        return datetime.fromtimestamp(max(ends, default=0) / 1000, UTC).replace(tzinfo=None)

    def _exists(self, snapshot: Snapshot) -> bool:
        adapters = self._context.engine_adapters
        adapter = adapters.get(snapshot.model_gateway, self._context.engine_adapter)
        return bool(adapter.table_exists(snapshot.table_name()))

    def _snapshot(self, model: str) -> Snapshot:
        return self._plan_snapshots[self._context.get_model(model, raise_if_missing=True).fqn]

    def _breaks(self, dataset: str) -> list[Break]:
        """What applying would break of the data set's faces; nothing where that is allowed."""
        if POSTGRES not in self._context.engine_adapters or os.environ.get(ALLOW_BREAKING) == "1":
            return []
        return breaks(self._context.engine_adapters[POSTGRES].cursor, self._publications(dataset).values())

    def _publications(self, dataset: str) -> dict[Publication, Model]:
        """What of the last plan goes to PostgreSQL for the data set, and the model of each."""
        models = [snapshot.model for snapshot in self._plan_snapshots.values() if snapshot.is_model]
        every = {Publication.of(m.custom_materialization_properties): m for m in models if m.gateway == POSTGRES}
        return {publication: model for publication, model in every.items() if publication.dataset == dataset}

    def _failures(self, error: Exception) -> tuple[tuple[AuditFailure, ...], tuple[str, ...], CiqError | None]:
        """The audits that failed, what else went wrong, and ciq's own refusal where one of the models raised it."""
        own = error if isinstance(error, CiqError) else trouble(error.__cause__) or error.__cause__
        audits: list[AuditFailure] = []
        others: list[str] = []
        for failure in self._console.failures:
            model = str(getattr(failure.node, "snapshot_name", failure.node)).replace('"', "").split(".", 1)[-1]
            cause = trouble(failure.__cause__) or failure.__cause__
            if isinstance(cause, PythonModelEvalError):
                cause = cause.__context__  # SQLMesh makes a traceback's text of what a Python model raised.
            if isinstance(cause, CiqError):
                own = cause
            elif isinstance(cause, NodeAuditsErrors):
                audits += [AuditFailure(model, e.audit_name, e.count, e.sql()) for e in cause.errors]
            else:
                others.append(f"{model}: {cause or failure}")
        if isinstance(own, CiqError):
            return tuple(audits), tuple(others), own
        return tuple(audits), tuple(others or ([] if audits else [str(error)])), None


def review(project: Path, environment: str | None) -> None:
    """SQLMesh's own plan review on the terminal, prompts and all; then what the environment shows, as Parquet."""
    configure_console()
    with project_context(project) as context, _explained():
        try:
            context.plan(environment)
        except EOFError as error:
            help_ = "run it where it can ask you, or let `ciq run` apply the plan"
            raise UsageError(Problem("E406", "the review asks questions and nobody answers", help=help_)) from error
        if environment and (name := Environment.sanitize_name(environment)) != PROD:
            export_environment(context.engine_adapter.cursor, project, name)
