"""What environments show, as Parquet for readers: by name, whole, and no longer than it is shown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ciq.pipeline.views import export, export_environment


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    """Two environments, as SQLMesh names their views."""
    memory = duckdb.connect()
    for schema in ("features", "diagnostics", "features__dev", "diagnostics__dev"):
        memory.execute(f"CREATE SCHEMA {schema}")
        if schema.startswith("features"):
            memory.execute(f"CREATE VIEW {schema}.study AS SELECT '{schema}' AS shown")
        else:
            memory.execute(f"CREATE VIEW {schema}.study_gates AS SELECT '{schema}' AS shown")
    return memory


def written(project: Path) -> dict[str, str]:
    """The files, and what each shows."""
    with duckdb.connect() as memory:
        paths = sorted((project / "data" / "processed" / "study" / "views").iterdir())
        return {path.name: memory.read_parquet(str(path)).fetchall()[0][0] for path in paths}


def test_prod_has_its_figures_and_dev_all(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(warehouse, tmp_path, "study")
    export_environment(warehouse, tmp_path, "dev")
    names = ("diagnostics.study_gates", "diagnostics__dev.study_gates", "features__dev.study")
    assert written(tmp_path) == {f"{name}.parquet": name.partition(".")[0] for name in names}


def test_what_is_not_shown_any_more_goes(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    export(warehouse, tmp_path, "study")
    export_environment(warehouse, tmp_path, "dev")
    warehouse.execute("DROP SCHEMA diagnostics__dev CASCADE")
    warehouse.execute("DROP SCHEMA features__dev CASCADE")
    export_environment(warehouse, tmp_path, "other")
    assert list(written(tmp_path)) == ["diagnostics.study_gates.parquet"]
    warehouse.execute("DROP VIEW diagnostics.study_gates")
    export(warehouse, tmp_path, "study")
    assert written(tmp_path) == {}
