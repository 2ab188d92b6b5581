"""A project of its own for each test: this repository's models with contracts and files of the test's choice."""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ciq.demo import house

ROOT = Path(__file__).parents[1]


@dataclass
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A project's folder, which is the working folder too."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def add(self, name: str, contract: str, raw: str | bytes, suffix: str = "csv") -> None:
        """Write a contract and its raw file."""
        (self.root / "contracts" / f"{name}.yaml").write_text(contract)
        self.raw(f"{name}.{suffix}", raw)

    def raw(self, name: str, content: str | bytes) -> None:
        """Write a raw file."""
        data = content.encode() if isinstance(content, str) else content
        (self.root / "data" / "raw" / name).write_bytes(data)

    def contract(self, name: str) -> Path:
        """The path of a contract."""
        return self.root / "contracts" / f"{name}.yaml"

    def ship(self, name: str, source: Path = ROOT) -> None:
        """Take a data set that the repository ships."""
        shutil.copy2(source / "contracts" / f"{name}.yaml", self.root / "contracts")
        for path in (source / "data" / "raw").glob(f"{name}.*"):
            shutil.copy2(path, self.root / "data" / "raw")

    def ciq(self, *arguments: str) -> Said:
        """A ciq command in this process."""
        from ciq.cli.main import main

        with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
            patch.setattr("sys.argv", ["ciq", *arguments])
            self.capsys.readouterr()
            main()
        said = self.capsys.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0, said.out, said.err)

    def built(self, model: str) -> list[dict[str, Any]]:
        """The rows of a model's newest physical table, promoted or refused."""
        schema, name = model.split(".")
        pattern = re.compile(rf"{name}__\d+")
        with duckdb.connect(str(self.root / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
            found = con.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? ORDER BY table_oid DESC",
                [f"sqlmesh__{schema}"],
            ).fetchall()
            table = next(table for (table,) in found if pattern.fullmatch(table))
            cursor = con.table(f'sqlmesh__{schema}."{table}"')
            return [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()]

    def physical(self, dataset: str) -> set[tuple[str, int]]:
        """The data set's physical tables, each with the number that DuckDB gave it when it was made."""
        with duckdb.connect(str(self.root / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
            found = con.execute(
                "SELECT table_name, table_oid FROM duckdb_tables() WHERE regexp_matches(table_name, ?)",
                [f"^{dataset}_"],
            ).fetchall()
        return set(found)

    def prod(self, query: str) -> list[tuple[Any, ...]]:
        """What a query on the prod views gives."""
        with duckdb.connect(str(self.root / "warehouse" / "warehouse.duckdb"), read_only=True) as con:
            return con.execute(query).fetchall()


def lay_out(root: Path) -> None:
    """The repository's models in ``root``, no contract and no file yet."""
    house.lay_out(ROOT, root)
    (root / "contracts").mkdir()
    (root / "data" / "raw").mkdir(parents=True)


def run_in(root: Path) -> int:
    """`ciq run` in a project, for fixtures that several tests share."""
    from ciq.cli.runs import run_datasets

    with contextlib.chdir(root):
        return run_datasets(Path(), ())


def sqlmesh_run(*, ignore_cron: bool = False) -> None:
    """`sqlmesh run`, in this process so that it shares a pretended clock and starts at once."""
    from ciq.pipeline.warehouse import project_context

    with project_context(Path()) as context:
        assert not context.run("prod", ignore_cron=ignore_cron).is_failure
