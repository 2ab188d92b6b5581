"""The queries of the SQL models for one contract, rendered outside a SQLMesh project: the same text, any DuckDB."""

from __future__ import annotations

from pathlib import Path

from sqlglot import exp
from sqlmesh.core import constants
from sqlmesh.core.dialect import MacroDef, MacroFunc, parse
from sqlmesh.core.macros import MacroEvaluator

import ciq
from ciq.blueprint.variables import decided
from ciq.contract import Contract

_PACKAGE = Path(ciq.__file__).parent
# In a wheel the models lie inside the package, in a checkout beside it.
_MODELS = next(folder for folder in (_PACKAGE / "house" / "models", _PACKAGE.parent / "models") if folder.is_dir())


def statement(contract: Contract, model: str) -> exp.Query:
    """The query of ``model``, a file of models/ without its suffix such as ``diagnostics/balance``.

    Tables keep their models' names: ``curated.<dataset>``, ``diagnostics.<dataset>_scores``.
    """
    text = (_MODELS / f"{model}.sql").read_text(encoding="utf-8")
    _, *statements = parse(text, default_dialect="duckdb")
    evaluator = MacroEvaluator(dialect="duckdb")
    # SQLMesh writes out every variable for each name that it puts together: only those that the model names.
    values = {**decided(contract), "in_interval": exp.true()}
    named = {name: value for name, value in values.items() if f"@{name}" in text or f"@{{{name}}}" in text}
    evaluator.locals[constants.SQLMESH_BLUEPRINT_VARS] = named
    for definition in statements:
        if isinstance(definition, MacroDef | MacroFunc):
            evaluator.evaluate(definition)
    query = evaluator.transform(statements[-1])
    assert isinstance(query, exp.Query)
    return query
