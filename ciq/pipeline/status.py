"""What is published, what is staged, and whether newer files wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ciq.contract import Contract
from ciq.ingest import current, strays, waiting
from ciq.pipeline.processed import published


def statuses(project: Path, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """A line a data set, also of those whose contract is gone, then one for each file that no contract claims."""
    for name in sorted(contracts):
        stamp, staged = published(project, name), current(project, name)
        parts = [f"published {stamp.ciq_source_version[:12]}" if stamp else "nothing published"]
        if staged and (stamp is None or stamp.ciq_source_version != staged.version):
            parts.append(f"staged {staged.version[:12]} waits for `ciq run`")
        if waiting(project, contracts, name):
            parts.append("newer files wait in data/raw")
        yield f"{name}: {', '.join(parts)}"
    for name in sorted(_published(project) - set(contracts)):
        yield f"{name}: published, and its contract is gone; put it back, or delete data/processed/{name}"
    for problem in strays(project, contracts):
        yield str(problem)


def _published(project: Path) -> set[str]:
    return {path.parent.name for path in (project / "data" / "processed").glob("*/causal_ready.parquet")}
