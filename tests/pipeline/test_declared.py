"""The empty tables of models, made of the columns that these declare."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from sqlmesh.core.dialect import parse
from sqlmesh.core.engine_adapter import EngineAdapter, create_engine_adapter
from sqlmesh.core.model import SqlModel, load_sql_based_model
from sqlmesh.core.snapshot.evaluator import FullRefreshStrategy, MaterializableStrategy

from ciq.pipeline.declared import made_of_columns

DECLARED = "MODEL (name s.m, kind FULL, columns (a INT, b TEXT)); SELECT a, b FROM source"
UNDECLARED = "MODEL (name s.m, kind FULL); SELECT a, b FROM source"
UNREADABLE = "MODEL (name s.m, kind FULL, columns (a INT)); SELECT a FROM nowhere"


@pytest.fixture
def adapter() -> Iterator[EngineAdapter]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE source (a BIGINT, b DATE)")
        adapter = create_engine_adapter(lambda: connection, "duckdb")
        yield adapter
        adapter.close()


def made(adapter: EngineAdapter, model: str, *, deployable: bool = True, dry_run: bool = False) -> list[str]:
    """The types of the columns of the table that is made."""
    FullRefreshStrategy(adapter).create(
        table_name="made",
        model=load_sql_based_model(parse(model, default_dialect="duckdb"), dialect="duckdb"),
        is_table_deployable=deployable,
        render_kwargs={},
        skip_grants=False,
        dry_run=dry_run,
    )
    return [str(kind) for kind in adapter.columns("made").values()]


def test_a_query_that_nobody_reads_is_not_rendered(adapter: EngineAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    render = SqlModel.ctas_query
    monkeypatch.setattr(SqlModel, "ctas_query", lambda self, **how: rendered.append(self.name) or render(self, **how))
    with made_of_columns():
        assert made(adapter, DECLARED) == ["INT", "TEXT"]
    assert rendered == []
    adapter.drop_table("made")
    assert made(adapter, DECLARED) == ["INT", "TEXT"]
    assert rendered == ["s.m"]


def test_without_columns_the_table_has_those_of_the_query(adapter: EngineAdapter) -> None:
    with made_of_columns():
        assert made(adapter, UNDECLARED) == ["BIGINT", "DATE"]


@pytest.mark.parametrize("place", [{"dry_run": True}, {"deployable": False}])
def test_a_dry_run_is_of_the_query(adapter: EngineAdapter, place: dict[str, bool]) -> None:
    with made_of_columns(), pytest.raises(duckdb.CatalogException, match="nowhere"):
        made(adapter, UNREADABLE, **place)


def test_sqlmesh_is_left_as_it_was() -> None:
    before = MaterializableStrategy.create
    with made_of_columns():
        assert MaterializableStrategy.create is not before
    assert MaterializableStrategy.create is before
