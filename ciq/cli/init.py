"""``ciq init``: a project to start from."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ciq.cli.output import cause, formatted, result

if TYPE_CHECKING:
    from ciq.draft import Roles

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--from", "file", type=_FILE, help="Draft a contract from this file and take it into data/raw.")
@click.option("--id", "id_", metavar="COLUMN", help="With --from: the column that identifies a row.")
@click.option("--time", metavar="COLUMN", help="With --from: the time of a row.")
@click.option("--treatment", metavar="COLUMN", help="With --from: the treatment, 0 or 1.")
@click.option("--outcome", metavar="COLUMN", help="With --from: the outcome.")
@click.option("--covariates", metavar="COLUMN,...", default="", help="With --from: what was known before treatment.")
@click.option("--sheet", metavar="NAME", help="With --from: the sheet of a workbook that has several.")
@formatted
def init(
    folder: Path,
    file: Path | None,
    id_: str | None,
    time: str | None,
    treatment: str | None,
    outcome: str | None,
    covariates: str,
    sheet: str | None,
) -> None:
    """Make DIR a project: the models, with a sample data set or with a contract drafted from a file.

    On a terminal it asks for the treatment and the outcome that --from needs.

    \b
    Examples:
      ciq init trial
      ciq init trial --from visits.csv --treatment treated --outcome spend
    """
    from ciq.demo.house import SAMPLE, found, take
    from ciq.errors import Problem, UsageError

    if folder.exists() and any(folder.iterdir()):
        help_ = "name a folder that is empty or not there yet"
        raise UsageError(Problem("E444", "the folder is not empty", folder, help=help_))
    if file is None:
        found(folder)
        take(SAMPLE, folder)
        contract = folder / "contracts" / f"{SAMPLE}.yaml"
    else:
        from ciq.draft import Roles

        named = tuple(name for name in covariates.split(",") if name)
        roles = Roles(id_, time, treatment or _asked("treatment"), outcome or _asked("outcome"), named)
        contract = _drafted(file, roles, sheet, folder)
    result(f"{folder}: a project with {contract.relative_to(folder)}", folder=folder, contract=contract)
    if file:
        cause(f"decide what is marked GUESS in {contract}")
    cause(f"next: cd {folder} && ciq run")


def _asked(role: str) -> str | None:
    """The column of a role, from whoever sits at the terminal; None where nobody does, or has no answer."""
    if not sys.stdin.isatty():
        return None
    answer: str = click.prompt(f"The column of the {role}, empty to guess", default="", show_default=False, err=True)
    return answer or None


def _drafted(file: Path, roles: Roles, sheet: str | None, folder: Path) -> Path:
    """A new project in ``folder`` with the file and its drafted contract, of which this is the path."""
    from ciq.contract import load
    from ciq.demo.house import found
    from ciq.draft import draft
    from ciq.files import write_text

    drafted = draft(file, roles, sheet)
    found(folder)
    shutil.copy2(file, folder / "data" / "raw" / file.name)
    path = folder / "contracts" / "draft.yaml"
    write_text(path, drafted)
    return path.rename(path.with_name(f"{load(path).name}.yaml"))
