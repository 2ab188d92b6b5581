"""The project's models over one frame: built on demand, each once, in a DuckDB in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from ciq.blueprint.roles import propensity_spec, treated
from ciq.blueprint.statements import statement
from ciq.causal import sql
from ciq.causal.overlap import SORTED_COLUMNS, sorted_figures
from ciq.causal.propensity import TERM_COLUMNS, Engine, Row, propensity
from ciq.contract import Contract
from ciq.frames.refusal import refuse_unfit
from ciq.frames.staging import stage

_BATCH_ROWS = 100_000


class Models:
    """The tables of one data set; asking for one builds what it reads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
        self._connection = connection
        self._contract = contract
        self._built: set[str] = set()
        self._python = {"propensity": self._propensity, "overlap_sorted": self._overlap_sorted}

    def table(self, model: str, order: str) -> pa.Table:
        """The rows of ``diagnostics.<dataset>_<model>`` in the order of the column ``order``."""
        self._build(model)
        return self._connection.execute(f"SELECT * FROM {self._name(model)} ORDER BY {order}").to_arrow_table()  # noqa: S608

    def scores(self) -> pa.Table:
        """The scored rows in the frame's order."""
        self._build("scores")
        curated = f"curated.{self._contract.name}"
        query = f"SELECT s.* FROM {self._name('scores')} AS s JOIN {curated} AS c USING (row_id) ORDER BY c.rowid"  # noqa: S608
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
        query = statement(self._contract, f"diagnostics/{model}")
        for table in query.find_all(exp.Table):
            if table.db == "diagnostics":
                self._build(table.name.removeprefix(f"{self._contract.name}_"))
        self._create(self._name(model), query)

    def _create(self, table: str, query: exp.Query) -> None:
        self._connection.execute(exp.Create(this=exp.to_table(table), kind="TABLE", expression=query).sql("duckdb"))

    def _insert(self, model: str, columns: dict[str, str], rows: Iterable[Row]) -> None:
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self._connection.execute(f"CREATE TABLE {self._name(model)} ({declared})")
        into = f"INSERT INTO {self._name(model)} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        self._connection.executemany(into, [[row[name] for name in columns] for row in rows])

    def _fetchall(self, query: exp.Query) -> list[tuple[Any, ...]]:
        return self._connection.execute(query.sql("duckdb", identify=True)).fetchall()

    def _batches(self, query: exp.Query) -> pa.RecordBatchReader:
        return self._connection.execute(query.sql("duckdb", identify=True)).to_arrow_reader(_BATCH_ROWS)

    def _propensity(self) -> None:
        self._build("positivity")
        curated, spec = f"curated.{self._contract.name}", propensity_spec(self._contract)
        levels = self._fetchall(exp.select("covariate", "level", "n", "n_treated").from_(self._name("positivity")))
        observed = [(covariate, level) for covariate, level, *_ in levels]
        terms = propensity(Engine(self._fetchall, self._batches), curated, spec, observed)
        arms = exp.select(exp.Count(this=exp.Star()), exp.Sum(this=treated(self._contract))).from_(curated)
        ((rows, count),) = self._fetchall(arms)
        refuse_unfit(self._contract, rows, count, levels, terms)
        self._insert("propensity", TERM_COLUMNS, terms)

    def _overlap_sorted(self) -> None:
        self._build("scores")
        query = exp.select("ps_hat", sql.number(exp.column("_treated"))).from_(self._name("scores"))
        e, t = (column.to_numpy() for column in self._batches(query).read_all().columns)
        self._insert("overlap_sorted", SORTED_COLUMNS, [sorted_figures(e, t)])


@contextmanager
def models(frame: Any, contract: Contract) -> Iterator[Models]:
    """The models over ``frame`` for as long as the block runs. Raises as :func:`ciq.frames.diagnostics` does."""
    with duckdb.connect() as connection:
        stage(connection, frame, contract)
        built = Models(connection, contract)
        for schema in ("curated", "diagnostics"):
            connection.execute(f"CREATE SCHEMA {schema}")
        built._create(f"curated.{contract.name}", statement(contract, "curated/dataset"))
        connection.execute("DROP TABLE given")
        yield built
