"""The project's diagnostics in any DuckDB, without SQLMesh's plans: each model built on demand, once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from ciq.blueprint.levels import refuse_many_levels
from ciq.blueprint.roles import propensity_spec, treated
from ciq.causal import sql
from ciq.causal.boosting import boosted
from ciq.causal.calibration import CALIBRATION_COLUMNS, calibration
from ciq.causal.propensity import TERM_COLUMNS, Engine, Row, propensity
from ciq.contract import Contract
from ciq.contract.model import Schedule
from ciq.frames.queries import queries

_BATCH_ROWS = 100_000


class Models:
    """The diagnostics of ``curated.<dataset>``, which lies in the DuckDB; asking for one builds what it reads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
        self._connection = connection
        # A frame is the population: its rows are taken as they are.
        contract = contract.model_copy(update={"schedule": Schedule()})
        self._contract = contract
        self._queries = queries(contract)
        self._curated = f"curated.{contract.name}"
        self._built: set[str] = set()
        self._python = {
            "boosted": self._boosted,
            "fits": self._fits,
            "calibration": self._calibration,
        }
        connection.execute("CREATE SCHEMA diagnostics")

    @classmethod
    def of_staged(cls, connection: duckdb.DuckDBPyConnection, contract: Contract) -> Models:
        """Those of ``staging.<dataset>``, which goes through the contract's ``clean`` steps first."""
        connection.execute("CREATE SCHEMA curated")
        built = cls(connection, contract)
        built._create(built._curated, built._queries.of("curated/dataset").sql)
        return built

    def rows(self, model: str) -> list[Row]:
        """The rows of ``diagnostics.<dataset>_<model>``."""
        self._build(model)
        cursor = self._connection.execute(f"FROM {self._name(model)}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def arms(self) -> tuple[int, int]:
        """How many rows there are, and how many of them are treated."""
        counts = exp.select(exp.Count(this=exp.Star()), exp.Sum(this=treated(self._contract)))
        ((rows, count),) = self._fetchall(counts.from_(self._curated))
        return rows, count

    def table(self, model: str, order: str) -> pa.Table:
        """The rows of ``diagnostics.<dataset>_<model>`` in the order of the column ``order``."""
        self._build(model)
        return self._connection.execute(f"SELECT * FROM {self._name(model)} ORDER BY {order}").to_arrow_table()  # noqa: S608

    def scores(self) -> pa.Table:
        """The scored rows in the frame's order."""
        self._build("scores")
        query = f"SELECT s.* FROM {self._name('scores')} AS s JOIN {self._curated} AS c USING (row_id) ORDER BY c.rowid"  # noqa: S608
        return self._connection.execute(query).to_arrow_table()

    def _name(self, model: str) -> str:
        return f"diagnostics.{self._contract.name}_{model}"

    def _build(self, model: str) -> None:
        if model in self._built:
            return
        self._built.add(model)
        if model in self._python:
            self._python[model]()
            return
        query = self._queries.of(f"diagnostics/{model}")
        for name in query.reads:
            self._build(name)
        self._create(self._name(model), query.sql)

    def _create(self, table: str, query: str) -> None:
        self._connection.execute(f"CREATE TABLE {table} AS {query}")

    def _insert(self, model: str, columns: dict[str, str], rows: Iterable[Row]) -> None:
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self._connection.execute(f"CREATE TABLE {self._name(model)} ({declared})")
        # DuckDB plans a statement with parameters anew for each row.
        known = list(rows)
        self._connection.register("known", pa.table({name: [row[name] for row in known] for name in columns}))
        self._connection.execute(f"INSERT INTO {self._name(model)} FROM known")
        self._connection.unregister("known")

    def _fetchall(self, query: exp.Query) -> list[tuple[Any, ...]]:
        return self._connection.execute(query.sql("duckdb", identify=True)).fetchall()

    def _batches(self, query: exp.Query) -> pa.RecordBatchReader:
        return self._connection.execute(query.sql("duckdb", identify=True)).to_arrow_reader(_BATCH_ROWS)

    def _fits(self) -> None:
        levels = self._levels("covariate", "level")
        engine, spec = Engine(self._fetchall, self._batches), propensity_spec(self._contract)
        refuse_many_levels(self._contract.name, spec, levels)
        self._insert("fits", TERM_COLUMNS, propensity(engine, self._curated, spec, levels))

    def _boosted(self) -> None:
        levels = self._levels("covariate", "level", "n")
        engine, spec = Engine(self._fetchall, self._batches), propensity_spec(self._contract)
        parts = list(boosted(engine, self._curated, spec, levels))
        self._connection.register("boosted", pa.concat_tables(parts))
        self._connection.execute(f"CREATE TABLE {self._name('boosted')} AS FROM boosted")
        self._connection.unregister("boosted")

    def _levels(self, *columns: str) -> list[tuple[Any, ...]]:
        self._build("positivity")
        return self._fetchall(exp.select(*columns).from_(self._name("positivity")).where("kind = 'level'"))

    def _calibration(self) -> None:
        rows = [
            *calibration("in_sample", *self._scored("scores", "ps_hat")),
            *calibration("out_of_fold", *self._scored("out_of_fold", "ps_oof")),
        ]
        self._insert("calibration", CALIBRATION_COLUMNS, rows)

    def _scored(self, model: str, column: str) -> tuple[Any, Any]:
        """The scores that a model has, and the treatment of their rows."""
        self._build(model)
        score = exp.column(column)
        query = exp.select(score, sql.number(exp.column("_treated"))).from_(self._name(model))
        e, t = self._batches(query.where(sql.observed(score.copy()))).read_all().columns
        return e.to_numpy(), t.to_numpy()
