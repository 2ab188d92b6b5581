"""Whether a run has anything to do, told without SQLMesh: by what went in last time and by its state file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ciq.blueprint.datasets import inputs_version
from ciq.files import write_text
from ciq.ingest import Manifest
from ciq.pipeline.processed import published

_RECORD = Path("warehouse") / "latest.json"
_DOCUMENTS = ("love_metrics.csv", "quality_report.md", "report.html", "report.json")
_SQLMESH = ("models", "audits", "macros", "python_models", "signals")


def is_done(project: Path, manifest: Manifest) -> bool:
    """Whether this very version was published from today's project and nobody has planned since."""
    record = _read(project)
    stamp = published(project, manifest.dataset)
    return (
        record.get("project") == _project_version(project)
        and record.get("state") == _state(project)
        and record.get("published", {}).get(manifest.dataset) == manifest.version
        and stamp is not None
        and stamp.ciq_source_version == manifest.version
        and _described(project, manifest.dataset) == manifest.version
    )


def record(project: Path, manifests: Iterable[Manifest], began_with: str) -> None:
    """Remember what was published, now that SQLMesh's state is at rest.

    Nothing is remembered where ``sources`` are no longer what the run ``began_with``: what was edited meanwhile is the
    next run's to judge.
    """
    if sources(project) != began_with:
        return
    earlier, version = _read(project), _project_version(project)
    known = earlier.get("published", {}) if earlier.get("project") == version else {}
    facts = {
        "project": version,
        "state": _state(project),
        "published": known | {manifest.dataset: manifest.version for manifest in manifests},
    }
    write_text(project / _RECORD, json.dumps(facts, indent=2) + "\n")


def _read(project: Path) -> dict[str, Any]:
    return _json(project / _RECORD)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _described(project: Path, dataset: str) -> str | None:
    """The version that the artifacts describe; None for a refused attempt."""
    folder = project / "artifacts" / dataset
    if not all((folder / name).is_file() for name in _DOCUMENTS):
        return None
    facts = _json(folder / "overlap_metrics.json")
    version = facts.get("source_version")
    return version if isinstance(version, str) and facts.get("verdict") != "fail" else None


def _state(project: Path) -> list[list[int]]:
    """Size and time of the state and the warehouse: any plan or run by hand changes them."""
    files = sorted((project / "warehouse").glob("*.duckdb*"))
    return [[path.stat().st_size, path.stat().st_mtime_ns] for path in files]


def sources(project: Path) -> str:
    """A hash of what people write: configuration, contracts and SQLMesh's files."""
    digest = hashlib.sha256()
    folders = ("contracts", *_SQLMESH)
    files = [project / "config.yaml", *(path for folder in folders for path in sorted((project / folder).rglob("*")))]
    for path in files:
        if path.is_file() and path.suffix in {".sql", ".py", ".yaml", ".yml"}:
            digest.update(f"{path.relative_to(project)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _project_version(project: Path) -> str:
    return hashlib.sha256(f"{inputs_version(project)} {sources(project)}".encode()).hexdigest()
