"""``ciq status``: where each data set stands."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ciq.cli.output import cause, formatted, result


@click.command()
@formatted
@click.pass_obj
def status(project: Path) -> None:
    """Say of each data set what is published, its last verdict, and what a run would do.

    \b
    Example:
      ciq status
    """
    from ciq.cli.main import enter
    from ciq.contract import load_all
    from ciq.pipeline.status import remarks, statuses

    root = enter(project)
    contracts = load_all(root / "contracts")
    for found in statuses(root, contracts):
        result(str(found), **asdict(found))
    for remark in remarks(root, contracts):
        cause(remark)
