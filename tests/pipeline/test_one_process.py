"""Two projects in one process: SQLMesh keeps warehouses by their relative path, and these have the same one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from whole_project import lay_out

from ciq.errors import UsageError
from ciq.pipeline.warehouse import open_warehouse


@pytest.mark.parametrize("model", ["", "MODEL (name features.broken, kind NO_SUCH_KIND); SELECT 1 AS one"])
def test_each_project_has_its_own_warehouse(tmp_path: Path, model: str) -> None:
    """Also after a project that could not be loaded, or in which nothing was applied."""
    for name in ("first", "second"):
        root = tmp_path / name
        root.mkdir()
        lay_out(root)
        if model and name == "first":
            (root / "models" / "broken.sql").write_text(model)
        refused = pytest.raises(UsageError) if model and name == "first" else contextlib.nullcontext()
        with contextlib.chdir(root), refused, open_warehouse(root) as warehouse:
            warehouse.cursor.execute(f"CREATE TABLE made_in_{name} AS SELECT 1 AS one")
            assert (root / "warehouse" / "warehouse.duckdb").is_file()
            assert [table for (table,) in warehouse.cursor.execute("SHOW TABLES").fetchall()] == [f"made_in_{name}"]
