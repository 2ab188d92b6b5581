"""The relations that live in Parquet: promoted sets, views of environments, staged versions, what router.yml names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from ciq.ingest.manifest import current
from ciq.router.footer import Footer, read_footer
from ciq.router.settings import Settings
from ciq.router.statement import Relation, Statement

Key = tuple[str, str]
"""A schema and a name."""


@dataclass(frozen=True)
class Lake:
    """``files`` by qualified name. A Lake is of one moment: make it anew when ``signature`` has changed."""

    files: dict[Key, Path]
    signature: tuple[tuple[str, int, int, int], ...]
    search_path: tuple[str, ...]

    def candidates(self, relation: Relation) -> list[Key]:
        """The relations that a name means, the first of the search path first."""
        schemas = (relation.schema,) if relation.schema else self.search_path
        return [(schema, relation.name) for schema in schemas if (schema, relation.name) in self.files]

    def footer(self, key: Key) -> Footer:
        """The file's footer, read once."""
        if key not in self._footers:
            self._footers[key] = read_footer(self.files[key])
        return self._footers[key]

    def figures(self, statement: Statement, keys: Mapping[Relation, Key]) -> dict[str, float]:
        """The MB and million rows that DuckDB reads for a statement whose relations are all here.

        None where a file can't be read.
        """
        scans = statement.scans
        try:
            parts = [self.footer(keys[scan.relation]).read(statement.columns, scan.filters) for scan in scans]
        except (OSError, ValueError):
            return {}
        return {"duckdb_mb": sum(size for size, _ in parts), "duckdb_mrow": sum(rows for _, rows in parts) / 1e6}

    def unreadable(self, sql: str, *, pages: bool) -> str | None:
        """Which file that a text may name can't be read as Parquet now, its ``pages`` too if asked, and why not."""
        text = sql.casefold()
        for path in dict.fromkeys(path for (_, name), path in self.files.items() if name.casefold() in text):
            try:
                read_footer(path)
                if pages:
                    _read_through(path)
            except (OSError, ValueError, pa.ArrowException) as error:
                return f"{path}: {error}"
        return None

    @cached_property
    def _footers(self) -> dict[Key, Footer]:
        return {}


def _read_through(path: Path) -> None:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for _ in file.iter_batches():
            pass


def find(project: Path, settings: Settings) -> Lake:
    """The lake as it is now."""
    project = project.resolve()
    files: dict[Key, Path] = {}
    for path in sorted((project / "data" / "processed").glob("*/causal_ready.parquet")):
        files["features", path.parent.name] = path
        files["api", f"{path.parent.name}_causal_ready"] = path
    for path in sorted((project / "data" / "processed").glob("*/views/[!.]*.parquet")):
        schema, _, name = path.stem.partition(".")
        files[schema, name] = path
    for folder in sorted((project / "data" / "staged").glob("*/")):
        if manifest := current(project, folder.name):
            files["staged", folder.name] = project / manifest.parquet
    for name, place in settings.relations.items():
        schema, _, table = name.rpartition(".")
        if (project / place).is_file():
            files[schema or "public", table] = project / place
    seen = {path: signed for path in dict.fromkeys(files.values()) if (signed := _signed(path))}
    there = {key: path for key, path in files.items() if path in seen}
    return Lake(there, tuple(seen.values()), settings.defaults.search_path)


def _signed(path: Path) -> tuple[str, int, int, int] | None:
    """What tells one file from another in its place; None where it has gone since it was listed."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return (str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)
