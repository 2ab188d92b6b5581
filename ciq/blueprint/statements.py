"""The queries of the SQL models for one contract, rendered outside a SQLMesh project: the same text, any DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlglot import exp
from sqlmesh.core import constants
from sqlmesh.core.dialect import MacroDef, MacroFunc, parse
from sqlmesh.core.macros import MacroEvaluator

import ciq
from ciq.blueprint.datasets import Dataset
from ciq.blueprint.variables import decided, staged_rows

_PACKAGE = Path(ciq.__file__).parent
# In a wheel the models lie inside the package, in a checkout beside it.
_MODELS = next(folder for folder in (_PACKAGE / "house" / "models", _PACKAGE.parent / "models") if folder.is_dir())


def staging(dataset: Dataset) -> exp.Query:
    """The query of ``staging.<dataset>``: the staged version as it lies on the disk, typed by the contract."""
    values = {**decided(dataset.contract), "staged_rows": staged_rows(dataset)}
    return statement(values, "staging/dataset")


def statement(values: Mapping[str, exp.Expr], model: str) -> exp.Query:
    """The query of ``model``, a file of models/ without its suffix such as ``diagnostics/balance``.

    ``values`` is what the contract decides (:func:`ciq.blueprint.variables.decided`). Tables keep
    their models' names: ``curated.<dataset>``, ``diagnostics.<dataset>_scores``.
    """
    text, definitions, query = _parsed(model)
    evaluator = MacroEvaluator(dialect="duckdb")
    # SQLMesh writes out every variable for each name that it puts together: only those that the model names.
    known = {**values, "in_interval": exp.true()}
    named = {name: value for name, value in known.items() if f"@{name}" in text or f"@{{{name}}}" in text}
    evaluator.locals[constants.SQLMESH_BLUEPRINT_VARS] = named
    for definition in definitions:
        if isinstance(definition, MacroDef | MacroFunc):
            evaluator.evaluate(definition)
    rendered = evaluator.transform(query.copy())
    assert isinstance(rendered, exp.Query)
    return rendered


@cache
def _parsed(model: str) -> tuple[str, list[exp.Expr], exp.Expr]:
    """The file's text, what it defines, and its query."""
    text = (_MODELS / f"{model}.sql").read_text(encoding="utf-8")
    _, *definitions, query = parse(text, default_dialect="duckdb")
    return text, definitions, query
