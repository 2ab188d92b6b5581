"""``ciq contract``: lint, and what else is done to a contract as a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ciq.cli.output import cause, formatted, result

_EXPORTS = ("odcs", "json-schema", "pandera", "ddl-duckdb", "ddl-postgres")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def contract() -> None:
    """Check and change contracts.

    \b
    Example:
      ciq contract lint
    """


@contract.command()
@click.argument("files", nargs=-1, type=_FILE)
@formatted
@click.pass_obj
def lint(project: Path, files: tuple[Path, ...]) -> None:
    """Load the contracts in FILES (all of contracts/ by default) as strictly as every command does.

    \b
    Examples:
      ciq contract lint
      ciq contract lint contracts/nhefs.yaml
    """
    from ciq.contract import load_each
    from ciq.errors import Problem, UsageError

    folder = project / "contracts"
    paths = files or sorted(folder.glob("*.yaml"))
    if not paths:
        raise UsageError(Problem("E404", "there is no contract", folder, help="write one YAML file a data set there"))
    for loaded in load_each(paths).values():
        said = f"{loaded.path}: {loaded.name} {loaded.version}, {len(loaded.types)} columns"
        result(said, path=loaded.path, name=loaded.name, version=loaded.version, columns=len(loaded.types))


@contract.command()
@click.argument("file", type=_FILE)
@click.option("-o", "--output", type=_FILE, help="Where to write it; by default to stdout.")
@click.option("--id", "id_", metavar="COLUMN", help="The column that identifies a row.")
@click.option("--time", metavar="COLUMN", help="The time of a row.")
@click.option("--treatment", metavar="COLUMN", help="The treatment, 0 or 1.")
@click.option("--outcome", metavar="COLUMN", help="The outcome.")
@click.option("--covariates", metavar="COLUMN,...", default="", help="What was known before the treatment.")
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook that has several.")
def draft(
    file: Path,
    output: Path | None,
    id_: str | None,
    time: str | None,
    treatment: str | None,
    outcome: str | None,
    covariates: str,
    sheet: str | None,
) -> None:
    """Write a contract that FILE satisfies, with types, ranges and levels as they are and roles guessed.

    \b
    Example:
      ciq contract draft visits.csv --treatment treated -o contracts/visits.yaml
    """
    from ciq.draft import Roles
    from ciq.draft import draft as drafted

    named = tuple(name for name in covariates.split(",") if name)
    _write(drafted(file, Roles(id_, time, treatment, outcome, named), sheet), output)
    if output:
        cause(f"decide what is marked GUESS, then: ciq check {file} --contract {output}")


@contract.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "producer", "consumer", "any"]),
    help="End with 1 where a change breaks anyone, who delivers, who reads, or where there is a change at all.",
)
@formatted
def diff(before: Path, after: Path, fail_on: str | None) -> None:
    """List what changed from the contract BEFORE to AFTER, and what each change breaks.

    \b
    Examples:
      ciq contract diff old.yaml contracts/nhefs.yaml
      ciq contract diff old.yaml contracts/nhefs.yaml --fail-on breaking
    """
    from ciq.cli.changes import say_changes

    sys.exit(say_changes(before, after, fail_on))


@contract.command()
@click.argument("source", metavar="CONTRACT", type=_FILE)
@click.option("--to", type=click.Choice(_EXPORTS), required=True, help="What to write.")
@click.option("-o", "--output", type=_FILE, help="Where to write it; by default to stdout.")
def export(source: Path, to: str, output: Path | None) -> None:
    """Write CONTRACT in the words of another tool.

    \b
    Examples:
      ciq contract export --to odcs contracts/nhefs.yaml -o nhefs.odcs.yaml
      ciq contract export --to ddl-postgres contracts/nhefs.yaml
    """
    from ciq.contract import load
    from ciq.contract.export import EXPORTS

    _write(EXPORTS[to](load(source)), output)


@contract.command("import")
@click.argument("file", type=_FILE)
@click.option("--from", "from_", type=click.Choice(["odcs"]), required=True, help="What FILE is.")
@click.option("-o", "--output", type=_FILE, help="Where to write it; by default to stdout.")
def import_(file: Path, from_: str, output: Path | None) -> None:
    """Write the contract that FILE describes: what the standard can't say is in its custom properties.

    \b
    Example:
      ciq contract import --from odcs nhefs.odcs.yaml -o contracts/nhefs.yaml
    """
    from ciq.contract.importing import from_odcs

    _write(from_odcs(file), output)


def _write(text: str, output: Path | None) -> None:
    """To a new file or, without one, to stdout."""
    from ciq.errors import Problem, UsageError
    from ciq.files import write_text

    if output is None:
        click.echo(text, nl=False)
    elif output.exists():
        raise UsageError(Problem("E432", "the file is there already", output, help="give another name"))
    else:
        write_text(output, text)
        result(f"{output}: written")
