"""Which data sets the SQLMesh project holds: those with a contract and something staged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import ciq.causal
from ciq.contract import Contract, load_all
from ciq.ingest.manifest import Manifest, current
from ciq.postgres import resolve


@dataclass(frozen=True)
class Dataset:
    """A contract and the staged version that its models are pinned to."""

    contract: Contract
    manifest: Manifest


def staged(project: Path) -> list[Dataset]:
    """The data sets of ``project`` in name order; one with nothing staged yet is left out.

    Raises ContractError where a contract is invalid.
    """
    contracts = load_all(project / "contracts")
    manifests = ((contract, current(project, name)) for name, contract in sorted(contracts.items()))
    return [Dataset(contract, manifest) for contract, manifest in manifests if manifest]


def unstaged(project: Path) -> list[str]:
    """The data sets of ``project`` that have a contract and nothing staged."""
    return [name for name in sorted(load_all(project / "contracts")) if current(project, name) is None]


def code_version() -> str:
    """A hash of the statistics' source, so that an upgrade of the package refits what depends on it."""
    return _digest(path for folder in ciq.causal.__path__ for path in sorted(Path(folder).glob("*.py")))


def inputs_version(project: Path) -> str:
    """A hash of everything beside the SQLMesh files that decides how the models render."""
    files = [
        *sorted((project / "contracts").glob("*.y*ml")),
        *sorted((project / "data" / "staged").glob("*/manifest.json")),
    ]
    staged = ",".join(path.stem for path in sorted((project / "data" / "staged").glob("*/*.parquet")))
    publishes = resolve(project) is not None
    return f"{_package_version()}-{_digest(iter(files))}-{hashlib.sha256(staged.encode()).hexdigest()[:16]}-{publishes}"


@cache
def _package_version() -> str:
    """Of the code that this process runs, so it is read once."""
    return _digest(iter(sorted(Path(ciq.causal.__path__[0]).parent.rglob("*.py"))))


def _digest(files: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name}:{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
