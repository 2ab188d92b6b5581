"""``ciq doctor``: what keeps ciq from working here, and how to mend it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ciq.cli.output import cause, formatted, result, warning


@click.command()
@formatted
@click.pass_obj
def doctor(project: Path) -> None:
    """Look at versions, project, contracts, data, warehouse, locks, PostgreSQL, disk and memory; change nothing.

    \b
    Example:
      ciq doctor
    """
    from ciq.cli.main import enter
    from ciq.pipeline.doctor import examine

    code = 0
    for finding in examine(enter(project)):
        ok = not finding.problems
        result(f"{finding.subject}: {finding.seen}", ok=ok, subject=finding.subject, seen=finding.seen)
        for problem in finding.problems:
            (cause if finding.grave else warning)(problem)
        code = max(code, int(finding.grave and not ok))
    sys.exit(code)
