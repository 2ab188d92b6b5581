"""The record of one landing: what was read, what it became, and what was judged."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ciq.contract import pii
from ciq.contract.magnitude import squared
from ciq.contract.model import Contract

READER_VERSION = "3"
"""Part of every version key: raised whenever the same bytes would land as other values, or would be refused."""

ASIDE = ".aside-"
"""How everything begins that is not whole yet; what a killed run leaves of it is removed by the next one."""

_CURRENT = "manifest.json"


@dataclass(frozen=True)
class SourceFile:
    """One raw file: ``path`` relative to the project, sha256 in hex, size in bytes, data records.

    ``columns`` are the names in its header, and ``types`` their engine types where the format has such; ``rejected``
    counts the records that were set aside. Where the file is a part of its own, ``violations`` are theirs by rule.
    """

    path: str
    sha256: str
    bytes: int
    rows: int
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] | None = None
    rejected: int = 0
    violations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Trimmed:
    """Where trimmed rows come from: those with alpha <= e <= 1 - alpha among the ``rows`` of a version of ``of``.

    ``scores`` is the table of the warehouse that has their e.
    """

    of: str
    of_version: str
    scores: str
    alpha: float
    rows: int


@dataclass(frozen=True)
class Manifest:
    """One landed version of a data set.

    ``version`` is the hex key that names the Parquet file; ``parquet`` is relative to the project; ``sources`` are in
    order of name; ``reading`` is the key of what their values depend on beside them, ``judged`` that of the judging
    fields; ``mends`` counts changed rows by column and step; ``warnings`` counts rows in breach of each rule that only
    warns; ``dropped`` are extra columns that were left out. ``rejected`` counts the violations by rule whose rows were
    set aside, ``rejects`` is the file that names them, relative to the project. The Parquet file of a ``numbered``
    version says of each row where it came from; that of any other has every row of its one source, in order.

    In ``mode`` append each source is a part of its own: ``parquet`` and ``rejects`` are globs over all parts, of which
    ``sources`` names those that count, and ``begins`` and ``ends`` are the UTC times of the first and the last row.

    Where the rows are trimmed from another data set, ``trim`` says how, and ``sources`` are that data set's.
    """

    dataset: str
    version: str
    rows: int
    parquet: str
    sources: tuple[SourceFile, ...]
    contract_version: str
    reading: str
    judged: str
    mends: dict[str, dict[str, int]]
    warnings: dict[str, int]
    dropped: tuple[str, ...]
    rejected: dict[str, int] = field(default_factory=dict)
    rejects: str | None = None
    mode: str = "replace"
    begins: str | None = None
    ends: str | None = None
    trim: Trimmed | None = None
    reader: str = READER_VERSION
    numbered: bool = True

    @property
    def appends(self) -> bool:
        """Whether each source is a part of its own."""
        return self.mode == "append"

    def to_json(self) -> str:
        """The manifest as indented JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest of :meth:`to_json`. Raises ValueError, KeyError or TypeError for anything else."""
        facts = json.loads(text)
        facts["sources"] = tuple(_source(**source) for source in facts["sources"])
        facts["dropped"] = tuple(facts["dropped"])
        facts["trim"] = Trimmed(**facts["trim"]) if facts.get("trim") else None
        return cls(**facts)


def rejects_file(project: Path, name: str, version: str) -> Path:
    """Where the violations of a version are named whose rows were set aside."""
    return project / "data" / "rejects" / name / f"{version}.parquet"


def folder(project: Path, name: str) -> Path:
    """Where the versions of a data set are staged."""
    return project / "data" / "staged" / name


def current(project: Path, name: str) -> Manifest | None:
    """The manifest of the current version, or None where nothing has landed."""
    return _read(project, folder(project, name) / _CURRENT)


def of_version(project: Path, name: str, version: str) -> Manifest | None:
    """The manifest of an earlier version whose Parquet file is still there."""
    return _read(project, folder(project, name) / f"{version}.json")


def parts_folder(project: Path, contract: Contract) -> Path:
    """Where the parts of a data set in mode append are, as long as the same values and rows become of a file."""
    key = _digest([reading_key(contract), *_lands(contract)]) if _lands(contract) else reading_key(contract)
    return folder(project, contract.name) / key[:16]


def rejects_folder(project: Path, contract: Contract) -> Path:
    """Where the violations of each of these parts are named whose rows were set aside."""
    return project / "data" / "rejects" / contract.name / parts_folder(project, contract).name


def of_parts(project: Path, contract: Contract) -> Manifest | None:
    """The manifest of the parts that are read as the contract now says."""
    return _read(project, parts_folder(project, contract) / _CURRENT)


def write(project: Path, manifest: Manifest) -> None:
    """Replace the manifest that belongs to the rows, then the current one, each whole or not at all."""
    target = folder(project, manifest.dataset)
    own = target / f"{manifest.version}.json"
    if manifest.appends:
        own = (project / manifest.parquet).parent / _CURRENT
    for path in (own, target / _CURRENT):
        aside = target / f"{ASIDE}{secrets.token_hex(8)}"
        with aside.open("w", encoding="utf-8") as stream:
            stream.write(manifest.to_json())
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)


def version_key(contract: Contract, shas: Sequence[str]) -> str:
    """The key of the landed rows: the files in order, what the contract says of how they become values, and of which
    of them land."""
    return _digest([reading_key(contract), list(enumerate(shas)), *_lands(contract)])


def reading_key(contract: Contract) -> str:
    """The key of what decides which values a file's bytes become."""
    fields = {"null_values", "timezone", "datetime_format", "encoding", "delimiter", "sheet", "non_finite"}
    source = contract.source.model_dump(mode="json", include=fields)
    return _digest([READER_VERSION, list(contract.types.items()), source, *pii.fingerprint(contract)])


def judged_key(contract: Contract) -> str:
    """The key of what decides the verdict but not the values."""
    facts = contract.model_dump(mode="json", include={"constraints", "clean", "treatment_col"})
    return _digest([facts, contract.required, contract.unique_keys, squared(contract)])


def _lands(contract: Contract) -> list[str]:
    """The key of what decides which rows land, where not all of them do."""
    return [judged_key(contract)] if contract.on_violation == "quarantine" else []


def _source(columns: list[str], types: list[str] | None, **facts: Any) -> SourceFile:
    return SourceFile(**facts, columns=tuple(columns), types=None if types is None else tuple(types))


def _digest(facts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _read(project: Path, path: Path) -> Manifest | None:
    try:
        manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if manifest.appends or (project / manifest.parquet).is_file() else None
