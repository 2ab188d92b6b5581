"""``ciq contract``: lint, and what else is done to a contract as a file."""

from __future__ import annotations

from pathlib import Path

import click

from ciq.cli.output import formatted, result

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def contract() -> None:
    """Check and change contracts."""


@contract.command()
@click.argument("files", nargs=-1, type=_FILE)
@formatted
@click.pass_obj
def lint(project: Path, files: tuple[Path, ...]) -> None:
    """Load the contracts in FILES (all of contracts/ by default) as strictly as every command does."""
    from ciq.contract import load_each
    from ciq.errors import Problem, UsageError

    folder = project / "contracts"
    paths = files or sorted(folder.glob("*.yaml"))
    if not paths:
        raise UsageError(Problem("E404", "there is no contract", folder, help="write one YAML file a data set there"))
    for loaded in load_each(paths).values():
        said = f"{loaded.path}: {loaded.name} {loaded.version}, {len(loaded.types)} columns"
        result(said, path=loaded.path, name=loaded.name, version=loaded.version, columns=len(loaded.types))
