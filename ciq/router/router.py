"""The router: decides where a statement runs, runs it there, and says what it did."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from ciq.errors import CiqError, Problem, UsageError
from ciq.postgres import resolve
from ciq.router import foregone
from ciq.router import lake as lakes
from ciq.router.catalog import Catalog
from ciq.router.decide import Context, Decision, Located, Spoken, choose, locate, refusal
from ciq.router.duckdb_engine import DuckDBEngine
from ciq.router.engine import Rows, StatementRefused, Unavailable, added, begun, planned
from ciq.router.intervals import as_texts
from ciq.router.log import Log
from ciq.router.names import names
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.result import Result
from ciq.router.settings import FILE, Settings, load_settings
from ciq.router.shapes import Shapes
from ciq.router.statement import ENGINES, Engine, Relation, Statement

_CACHE_BYTES = 8_000_000
_CATALOG_SECONDS = 30.0
_LOOK_SECONDS = 1.0


@dataclass
class _Known:
    """What the router knows of the world for a moment; before ``away_until`` it asks the server for no more of it."""

    lake: lakes.Lake
    duckdb: DuckDBEngine | None = None
    catalog: Catalog | None = None
    catalog_at: float = 0.0
    away_until: float = 0.0
    looked_at: float = 0.0
    decisions: OrderedDict[tuple[str, Context, Engine | None], Decision] = field(default_factory=OrderedDict)
    size: int = 0
    shapes: Shapes = field(default_factory=Shapes)


class Router:
    """Not for several threads at once; one Router a thread. ``write`` gives leave to write in ``pg_write_schemas``."""

    def __init__(self, project: Path, settings: Settings, write: bool = False) -> None:
        self._project = project.resolve()
        self.settings = settings
        self._write = write
        self._log = Log(self._project)
        self._added = added(self._project, settings)
        server = resolve(project)
        self._postgres = PostgresEngine(server, settings) if server else None
        # Without a server nothing is there; with one that does not answer, nothing is known of it.
        self._known = _Known(lakes.find(self._project, settings), catalog=None if server else Catalog())

    @classmethod
    def from_config(cls, path: str | Path = FILE, write: bool = False) -> Router:
        """The router of the project in which a router.yml stands, or would stand. Raises UsageError."""
        path = Path(path)
        return cls(path.parent, load_settings(path), write)

    def decide(self, sql: str, context: Context = "batch", engine: Engine | None = None) -> Decision:
        """Where a statement would run, and why; it refuses nothing itself, ``problem`` says what would be refused."""
        self._look_around()
        key = (sql, context, engine)
        decisions = self._known.decisions
        if key in decisions:
            decisions.move_to_end(key)
            return decisions[key]
        decision = decisions[key] = self._decide(sql, context, engine)
        self._known.size += 4 * len(sql)
        while self._known.size > _CACHE_BYTES and len(decisions) > 1:
            (dropped, *_), _ = decisions.popitem(last=False)
            self._known.size -= 4 * len(dropped)
        return decision

    def execute(self, sql: str, context: Context = "batch", engine: Engine | None = None) -> Result:
        """Run one statement where it belongs.

        Raises UsageError where policy refuses it, Unavailable where no engine can be reached, LimitExceeded for time
        outs and limits, StatementRefused with the engine's own words.
        """
        decision = self.decide(sql, context, engine)
        if decision.problem or decision.engine is None:
            self._log.add(decision, error_class="refused")
            raise UsageError(*([decision.problem] if decision.problem else []))
        start = time.perf_counter()
        try:
            return self._answered(decision, decision.engine, start)
        except CiqError as error:
            falls = isinstance(error, Unavailable) and self.settings.rules.allow_select_fallback
            other = decision.other if falls else None
            elapsed = time.perf_counter() - start
            self._log.add(decision, error_class=type(error).__name__, elapsed=elapsed)
            if decision.apart and isinstance(error, StatementRefused):
                raise _pointing(error, decision.apart) from error
            if other is None:
                raise
            answer = self._answered(decision, other, start)
            answer.fallback = error.problems[0].message
            return answer

    def _answered(self, decision: Decision, engine: Engine, start: float) -> Result:
        return Result(decision, engine, self._run(decision, engine), self._log, start)

    def cancel(self) -> None:
        """Stop what runs now, on its engine; may be called from another thread, and where nothing runs."""
        for engine in (self._known.duckdb, self._postgres, *self._added.values()):
            if engine:
                engine.cancel()

    def close(self) -> None:
        """Write the record; let go of DuckDB's memory, of the connection and of what router.yml adds."""
        self._log.write()
        self._let_go()
        for engine in self._added.values():
            engine.close()

    def _let_go(self) -> None:
        if self._known.duckdb:
            self._known.duckdb.close()
        if self._postgres:
            self._postgres.close()

    def _decide(self, sql: str, context: Context, asked: Engine | None) -> Decision:
        catalog = self._known.catalog
        engines = (*ENGINES, *self._added)
        statement = self._known.shapes.judged(sql, catalog, engines)
        spoke = [Spoken("kind", f"{statement.kind}{': ' + statement.reasons[0] if statement.reasons else ''}")]
        if problem := refusal(statement, self._write, self.settings, catalog):
            return Decision(statement, None, "refused", tuple(spoke), problem)
        wanted = asked or next(iter(statement.hints), None)
        if wanted and wanted not in engines:
            problem = Problem("R605", f"there is no engine {wanted}", help=f"there are {', '.join(engines)}")
            return Decision(statement, None, "refused", tuple(spoke), problem)
        if wanted:
            spoke.append(Spoken("asked" if asked else "hint", f"for {wanted}"))
        if statement.kind != "read":
            return _alone(statement, wanted, spoke)
        located = locate(statement, self._known.lake, catalog, self.settings.engines)
        if located.problem:
            return Decision(statement, None, "refused", tuple(spoke), located.problem)
        return self._place(statement, located, context, asked, spoke)

    def _place(
        self, statement: Statement, located: Located, context: Context, asked: Engine | None, spoke: list[Spoken]
    ) -> Decision:
        wanted = asked or next(iter(statement.hints), None)
        readers = (*statement.dialects, *(self._added if "pg" in statement.dialects else ()))
        able = [engine for engine in readers if engine in located.engines]
        where = ", ".join(sorted(located.engines)) or "no one engine"
        spoke.append(Spoken("located", f"in {where}; both grammars: {len(statement.dialects) == 2}"))
        syntax = " and ".join(statement.dialects)
        if not able or (wanted and wanted not in able):
            who = f"{wanted} can't" if wanted else "no engine can"
            message = f"{who} run it: its relations are in {where}, its syntax is for {syntax}"
            problem = Problem("R605" if able else "R606", message)
            return Decision(statement, None, "refused", tuple(spoke), problem)
        rule = ("asked" if asked else "hint") if wanted else "only there"
        if len(able) == 1:
            return Decision(statement, able[0], rule, tuple(spoke), pulled=located.pulled)
        measured = partial(self._measured, statement, located, able, wanted)
        chosen = choose(statement, context, self.settings, able, measured)
        if wanted:
            return Decision(statement, wanted, rule, tuple(spoke), None, chosen.costs, chosen.figures)
        spoke.append(Spoken(chosen.rule, chosen.says))
        alike = not statement.differs and chosen.engine in ENGINES
        other = next((engine for engine in ENGINES if engine in able and engine != chosen.engine), None)
        return Decision(
            statement,
            chosen.engine,
            chosen.rule,
            tuple(spoke),
            estimates=chosen.costs,
            figures=chosen.figures,
            other=other if alike else None,
            apart=other if statement.differs else None,
        )

    def _measured(
        self, statement: Statement, located: Located, able: Sequence[Engine], wanted: Engine | None
    ) -> Mapping[str, float]:
        """What the footers say of a read on DuckDB, the planner of one on PostgreSQL, and added engines of theirs.

        Where an engine is ``wanted`` the choice is no question, but the record is; else the planner is not asked what
        is foregone.
        """
        figures = self._known.lake.figures(statement, located.keys) if "duckdb" in able else {}
        if "pg" in able and self._postgres and time.monotonic() >= self._known.away_until:
            catalog = self._known.catalog
            known = foregone.figures(statement, catalog, self.settings.cost, figures) if catalog and not wanted else {}
            figures |= known or planned(self._postgres, statement.sql)
        for name in self._added.keys() & able:
            figures |= {f"{name}_{what}": value for what, value in planned(self._added[name], statement.sql).items()}
        return figures

    def _run(self, decision: Decision, engine: Engine) -> Rows:
        sql = decision.statement.sql
        if engine == "duckdb":
            rows = self._duckdb().read(sql, self._pulled(decision))
            return _as_postgres(sql, rows) if "pg" in decision.statement.dialects else rows
        if engine in self._added:
            return self._added[engine].read(sql)
        if self._postgres is None:
            help_ = "start the embedded one with `ciq pg start`, or name a server with PG_DSN"
            raise Unavailable(Problem("P501", "there is no PostgreSQL server", help=help_))
        run = self._postgres.write if decision.statement.kind == "write" else self._postgres.read
        return run(sql)

    def _pulled(self, decision: Decision) -> dict[Relation, pa.Table]:
        """PostgreSQL's relations that a query on DuckDB joins with, within the limit."""
        left = int(self.settings.defaults.pull_limit_mb * 1e6)
        bytewise = self._known.catalog is not None and self._known.catalog.bytewise
        tables: dict[Relation, pa.Table] = {}
        for relation in decision.pulled:
            if self._postgres is None:
                raise Unavailable(Problem("P501", f"there is no PostgreSQL server to read {relation} from"))
            table = tables[relation] = self._postgres.carried(decision.statement.sql, relation, bytewise, left)
            left -= table.nbytes
        return tables

    def _duckdb(self) -> DuckDBEngine:
        if self._known.duckdb is None:
            self._known.duckdb = DuckDBEngine(self._project, self.settings, self._known.lake)
        return self._known.duckdb

    def _look_around(self) -> None:
        """Look at the files and at the server's catalogue now and then, and forget what was decided before.

        With the catalogue all is forgotten, changed or not: tables grow, and a planner that was away has come back. A
        server that gives none is away for as long again as it was waited for: not at all where it refuses.
        """
        known, now = self._known, time.monotonic()
        if now - known.looked_at > _LOOK_SECONDS:
            known.looked_at = now
            lake = lakes.find(self._project, self.settings)
            if lake.signature != known.lake.signature:
                self._let_go()
                self._known = known = _Known(
                    lake, catalog=known.catalog, catalog_at=known.catalog_at, away_until=known.away_until, looked_at=now
                )
        stale = known.catalog is None or now - known.catalog_at > _CATALOG_SECONDS
        if self._postgres and stale and now >= known.away_until:
            try:
                catalog = self._postgres.catalog()
            except CiqError:
                gave_up = time.monotonic()
                known.away_until = gave_up + (gave_up - now)
                return
            known.decisions.clear()
            known.size, known.shapes = 0, Shapes()
            known.catalog, known.catalog_at = catalog, now


def _as_postgres(sql: str, rows: Rows) -> Rows:
    """Rows whose columns have the names that PostgreSQL would give them; intervals are texts."""
    schema, batches = rows
    schema = pa.schema(
        [
            pa.field(name, pa.string() if pa.types.is_interval(column.type) else column.type)
            for column, name in zip(schema, names(sql, schema.names), strict=True)
        ]
    )
    return schema, begun(_each(batches, schema))


def _each(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Generator[pa.RecordBatch]:
    """Each batch with another schema; whoever lets go of this lets go of them."""
    try:
        yield
        for batch in batches:
            yield pa.RecordBatch.from_arrays([as_texts(column) for column in batch.columns], schema=schema)
    finally:
        batches.close()  # type: ignore[attr-defined]


def _pointing(error: StatementRefused, engine: Engine) -> StatementRefused:
    """A refusal that names the engine that may read the statement otherwise."""
    help_ = f"{engine} has its relations too, and may read it: ask for it by --engine {engine} or /* engine:{engine} */"
    return StatementRefused(*(replace(problem, help=problem.help or help_) for problem in error.problems))


def _alone(statement: Statement, wanted: Engine | None, spoke: list[Spoken]) -> Decision:
    """What is no proved read is PostgreSQL's alone."""
    if wanted not in (None, "pg"):
        problem = Problem("R605", f"{wanted} runs proved reads only: {'; '.join(statement.reasons)}")
        return Decision(statement, None, "refused", tuple(spoke), problem)
    return Decision(statement, "pg", statement.kind, tuple(spoke))
