"""``ciq check``: the verdict on one file, as the library gives it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from ciq import contract, ingest
from ciq.cli.output import cause, result, warning
from ciq.errors import Problem


def check_file(file: Path, contract_path: Path) -> int:
    """Judge the file; 0 where it is as the contract says, else 1."""
    verdict = ingest.check(file, contract.load(contract_path))
    for problem in verdict.problems:
        cause(problem)
    for problem in verdict.tolerated:
        warning(problem)
    for rule, rows in verdict.warnings.items():
        warning(Problem("I208", f"rule {rule!r} does not hold in {rows:,} row{'s' if rows > 1 else ''}", file))
    said = f"{file}: {verdict.rows:,} rows, as the contract says" if verdict.ok else None
    if said and verdict.rejected:
        counts = ", ".join(f"{rule} {count:,}" for rule, count in verdict.rejected.items())
        said += f"; violations within its tolerance: {counts}"
    told = ("problems", "tolerated")
    facts = {field.name: getattr(verdict, field.name) for field in fields(verdict) if field.name not in told}
    result(said, ok=verdict.ok, **facts)
    return 0 if verdict.ok else 1
