"""A small project on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ciq.ingest.manifest import Manifest
from ciq.ingest.provenance import staged_rows

TYPES = {"id": "int64", "treated": "int8", "x": "float64", "g": "category"}
GOOD = b"id,treated,x,g\n1,0,1.5,a\n2,1,2.5,b\n3,1,,a\n"


class Project:
    """A project folder with raw files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.raw = root / "data" / "raw"
        self.raw.mkdir(parents=True)

    def put(self, content: bytes, name: str = "d.csv") -> Path:
        path = self.raw / name
        path.write_bytes(content)
        return path

    def rows(self, manifest: Manifest, select: str = "*") -> list[tuple[Any, ...]]:
        """``select`` of what a version holds, and of where each row came from, in order."""
        rows: list[tuple[Any, ...]] = self.table(manifest, select).fetchall()
        return rows

    def table(self, manifest: Manifest, select: str = "*") -> duckdb.DuckDBPyRelation:
        """The same as a relation, whose connection lives as long."""
        staged = staged_rows(self.root, manifest).sql("duckdb")
        return duckdb.connect().sql(f"SELECT {select} FROM (SELECT * FROM ({staged}) ORDER BY _file, _row)")  # noqa: S608

    def staged(self) -> dict[str, bytes]:
        folder = self.root / "data" / "staged"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
