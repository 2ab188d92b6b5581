"""The project's own models on an in-memory DuckDB, without plans: seconds for what takes SQLMesh minutes.

The files are parsed and their macros expanded by SQLMesh itself; Python models run as they are. What a plan adds
(fingerprints, snapshots, audits, promotion) is left out: verdicts are read from the gates model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from sqlglot import exp
from sqlmesh.core import constants
from sqlmesh.core.dialect import MacroDef, MacroFunc, parse
from sqlmesh.core.engine_adapter.duckdb import DuckDBEngineAdapter
from sqlmesh.core.macros import MacroEvaluator
from sqlmesh.core.model import model as python_model
from sqlmesh.utils.metaprogramming import import_python_file

from ciq.blueprint.datasets import Dataset, code_version
from ciq.blueprint.roles import propensity_spec
from ciq.blueprint.variables import variables

LAYERS = ("staging", "curated", "diagnostics")
Rows = list[dict[str, Any]]


class Models:
    """The models of a project's folder, parsed once."""

    def __init__(self, project: Path) -> None:
        paths = [path for layer in LAYERS for path in sorted((project / "models" / layer).glob("*.sql"))]
        self._sql = [parse(path.read_text(), default_dialect="duckdb") for path in paths]
        import_python_file(project / "models" / "python_models.py", project)
        self._python = [found for found in python_model.get_registry().values() if "@{dataset}" in found.name]

    def build(self, dataset: Dataset) -> Callable[[str], Rows]:
        """Every model of a data set; what is returned gives a diagnostics model's rows by its last name."""
        name = dataset.contract.name
        con = duckdb.connect()
        for layer in LAYERS:
            con.execute(f"CREATE SCHEMA {layer}")
        steps: dict[str, Callable[[], None]] = {}
        reads: dict[str, set[str]] = {}
        given = variables(dataset)
        for statements in self._sql:
            model, query = _expanded(statements, name, given)
            reads[model] = {f"{table.db}.{table.name}" for table in query.find_all(exp.Table) if table.db}
            steps[model] = _query(con, model, query)
        for found in self._python:
            model = found.name.replace("@{dataset}", name)
            reads[model] = {read.replace("@{dataset}", name) for read in found.kwargs["depends_on"]}
            steps[model] = _call(con, model, found, dataset)
        for model in TopologicalSorter(reads).static_order():
            steps[model]()
        return lambda last: _rows(con, f"diagnostics.{name}_{last}")


def _expanded(statements: list[exp.Expr], dataset: str, given: dict[str, exp.Expr]) -> tuple[str, exp.Query]:
    evaluator = MacroEvaluator("duckdb")
    head, *definitions, query = statements
    # As in the project, only what a model asks for: the macros write out every variable for each name they make.
    asked = {"dataset", *(name.name for part in head.find_all(MacroFunc) for name in part.find_all(exp.Column))}
    known = {name: value for name, value in given.items() if name in asked}
    evaluator.locals[constants.SQLMESH_BLUEPRINT_VARS] = known
    for definition in definitions:
        assert isinstance(definition, MacroDef)
        evaluator.evaluate(definition)
    template = next(part.args["value"] for part in head.expressions if part.name == "name")
    named = str(template.sql("duckdb")).replace("@{dataset}", dataset)
    expanded = evaluator.transform(query.copy())
    assert isinstance(expanded, exp.Query)
    return named.replace("@dataset", dataset), expanded


def _query(con: duckdb.DuckDBPyConnection, model: str, query: exp.Query) -> Callable[[], None]:
    return lambda: con.execute(f"CREATE TABLE {model} AS {query.sql('duckdb', identify=True)}") and None


def _call(con: duckdb.DuckDBPyConnection, model: str, found: Any, dataset: Dataset) -> Callable[[], None]:
    spec = json.dumps(asdict(propensity_spec(dataset.contract)))
    given = {"dataset": dataset.contract.name, "spec": spec, "code": code_version()}

    class Context:
        engine_adapter = DuckDBEngineAdapter(lambda: con.cursor())
        blueprint_var = staticmethod(given.get)
        resolve_table = staticmethod(str)

    def step() -> None:
        frame: pd.DataFrame = found.func(Context(), None, None, None)
        types = {
            column: exp.DataType.build(kind, dialect="duckdb").sql("duckdb")
            for column, kind in found.kwargs["columns"].items()
        }
        columns = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in types.items())
        con.execute(f"CREATE TABLE {model} AS SELECT {columns} FROM frame")  # noqa: S608
        del frame

    return step


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> Rows:
    cursor = con.execute(f"FROM {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
