"""Attempts of the past and of other environments, by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlglot import exp

from ciq.errors import ConnectionRefused, Problem, UsageError
from ciq.files import write_text
from ciq.report.facts import Facts
from ciq.report.record import from_json, to_json

_WAREHOUSE = Path("warehouse") / "warehouse.duckdb"
_MODELS = ("overlap", "gates", "balance", "positivity", "histogram", "missing")
_SHORT = 12


def folder(project: Path, dataset: str) -> Path:
    """Where the latest attempt at a data set is described."""
    return project / "artifacts" / dataset


def keep(project: Path, facts: Facts) -> None:
    """Record the attempt as the latest one, and as the latest with its staged version."""
    write_text(folder(project, facts.dataset) / "report.json", to_json(facts))
    if facts.source_version:
        write_text(_versions(project, facts.dataset) / f"{facts.source_version[:_SHORT]}.json", to_json(facts))


def latest(project: Path, dataset: str) -> Facts:
    """The latest attempt. Raises UsageError where none is recorded."""
    path = folder(project, dataset) / "report.json"
    if not path.is_file():
        help_ = f"`ciq run {dataset}` makes it"
        raise UsageError(Problem("E440", f"there is no report of {dataset} yet", path.parent, help=help_))
    return _read(path)


def recorded(project: Path) -> list[str]:
    """The data sets that have a report."""
    return sorted(path.parent.name for path in (project / "artifacts").glob("*/report.json"))


def named(project: Path, dataset: str, name: str) -> Facts:
    """The attempt with the staged version that begins with ``name``, or what the environment ``name`` shows.

    Raises UsageError where there is neither, ConnectionRefused where another process holds the warehouse.
    """
    folder_ = _versions(project, dataset)
    versions = sorted(path.stem for path in folder_.glob("*.json"))
    found = [version for version in versions if version.startswith(name[:_SHORT]) or name == version]
    if len(found) == 1:
        return _read(folder_ / f"{found[0]}.json")
    environments = _environments(project, dataset)
    if name in environments:
        return _shown(project, dataset, environments[name])
    known = ", ".join([*sorted(environments), *versions]) or "none yet"
    message = f"{dataset} has neither an environment nor one version named {name}"
    raise UsageError(Problem("E442", message, help=f"environments and versions are: {known}"))


def _versions(project: Path, dataset: str) -> Path:
    return folder(project, dataset) / "versions"


def _read(path: Path) -> Facts:
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        help_ = "`ciq run` writes it anew"
        raise UsageError(
            Problem("E441", f"this is no report of this version of ciq: {error}", path, help=help_)
        ) from error


def _environments(project: Path, dataset: str) -> dict[str, str]:
    """Environment to the schema of its diagnostics, of those that show the data set."""
    query = "SELECT DISTINCT schema_name FROM duckdb_views() WHERE view_name = ?"
    found = [str(row["schema_name"]) for row in _rows(project, query, f"{dataset}_gates")]
    named = {schema: schema.removeprefix("diagnostics").removeprefix("__") or "prod" for schema in found}
    return {name: schema for schema, name in named.items() if schema.startswith("diagnostics")}


def _shown(project: Path, dataset: str, schema: str) -> Facts:
    """What an environment's views hold, told as of the latest attempt's contract."""

    def rows(model: str) -> tuple[dict[str, Any], ...]:
        view = exp.table_(f"{dataset}_{model}", db=schema, quoted=True)
        return tuple(_rows(project, exp.select("*").from_(view).sql("duckdb")))

    figures: dict[str, Any] = {model: rows(model) for model in _MODELS}
    figures["overlap"] = next(iter(figures["overlap"]), {})
    nothing: dict[str, Any] = {
        "source_version": None,
        "snapshot": None,
        "rows": None,
        "staged": None,
        "published": None,
    }
    return replace(latest(project, dataset), problems=(), **nothing, **figures)


def _rows(project: Path, query: str, *values: str) -> list[dict[str, Any]]:
    import duckdb

    path = project / _WAREHOUSE
    if not path.is_file():
        return []
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            cursor = connection.execute(query, list(values))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except duckdb.IOException as error:
        first = str(error).splitlines()[0]
        help_ = "close the other program that has the warehouse open, then try again"
        raise ConnectionRefused(Problem("E401", f"the warehouse can't be opened: {first}", path, help=help_)) from error
