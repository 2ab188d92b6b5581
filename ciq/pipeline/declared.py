"""The empty table that SQLMesh makes of a model before it fills it, from the columns that the model declares.

SQLMesh renders the model's query for that, and reads it where nothing is declared or in a dry run alone. To render what
nobody reads is a seventh of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlmesh import Model
from sqlmesh.core.snapshot.evaluator import MaterializableStrategy


class _Declared:
    """A model of which nobody reads the query."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def ctas_query(self, **_: Any) -> None:
        """Left out."""


@contextmanager
def made_of_columns() -> Iterator[None]:
    """Tables are made of declared columns meanwhile, no query being rendered for that."""
    create = MaterializableStrategy.create

    def of_columns(
        self: Any, table_name: str, model: Model, is_table_deployable: bool, *rest: Any, **options: Any
    ) -> None:
        dry_run = options.get("dry_run", True) or not is_table_deployable
        made_of = model if dry_run or not model.annotated else _Declared(model)
        create(self, table_name, made_of, is_table_deployable, *rest, **options)

    MaterializableStrategy.create = of_columns
    try:
        yield
    finally:
        MaterializableStrategy.create = create
