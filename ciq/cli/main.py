"""The ``ciq`` command. Each command imports what it needs, so that help costs nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ciq import __version__
from ciq.cli.contract import contract
from ciq.cli.demo import demo
from ciq.cli.doctor import doctor
from ciq.cli.explain import explain
from ciq.cli.history import history
from ciq.cli.init import init
from ciq.cli.output import exit_codes, formatted, loudness
from ciq.cli.pg import pg
from ciq.cli.report import report
from ciq.cli.sql import sql
from ciq.cli.status import status
from ciq.cli.trim import trim

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-p",
    "--project",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The project's folder; by default this one.",
)
@loudness
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def cli(context: click.Context, project: Path) -> None:
    """From raw files and a contract to a causal-safe data set, or a refusal that says why.

    \b
    Exit codes: 0 ok, 1 data or gate failed, 2 usage or contract invalid,
    3 connection, 4 limit or time out, 130 interrupted.
    """
    context.obj = project


@cli.command()
@click.argument("datasets", nargs=-1)
@click.option("--allow-breaking", is_flag=True, help="Publish what takes columns away; views that stand on it go.")
@formatted
@click.pass_obj
def run(project: Path, datasets: tuple[str, ...], allow_breaking: bool) -> None:
    """Ingest, plan, gate, publish and export the DATASETS (all by default).

    \b
    Examples:
      ciq run
      ciq run nhefs nsw_rct
    """
    from ciq.cli.runs import run_datasets
    from ciq.publish.gateway import ALLOW_BREAKING

    if allow_breaking:
        os.environ[ALLOW_BREAKING] = "1"
    sys.exit(run_datasets(enter(project), datasets))


@cli.command()
@click.argument("datasets", nargs=-1)
@formatted
@click.pass_obj
def ingest(project: Path, datasets: tuple[str, ...]) -> None:
    """Check the raw files of the DATASETS and stage them as typed Parquet.

    \b
    Example:
      ciq ingest nhefs
    """
    from ciq.cli.runs import ingest_datasets

    sys.exit(ingest_datasets(enter(project), datasets))


@cli.command()
@click.argument("file", type=_FILE)
@click.option("--contract", "contract_path", type=_FILE, required=True, help="The contract to check against.")
@formatted
def check(file: Path, contract_path: Path) -> None:
    """Validate FILE against a contract; write nothing.

    \b
    Example:
      ciq check data/raw/nhefs.csv --contract contracts/nhefs.yaml
    """
    from ciq.cli.checks import check_file

    sys.exit(check_file(file, contract_path))


@cli.command()
@click.argument("environment", required=False)
@click.pass_obj
def plan(project: Path, environment: str | None) -> None:
    """Ingest everything, then review the plan for ENVIRONMENT (prod by default) as SQLMesh shows it.

    \b
    Example:
      ciq plan dev
    """
    from ciq.cli.runs import ingest_datasets
    from ciq.pipeline.warehouse import review
    from ciq.publish.gateway import started

    started(enter(project))
    code = ingest_datasets(Path(), ())
    review(Path(), environment)
    sys.exit(code)


cli.add_command(contract)
cli.add_command(demo)
cli.add_command(doctor)
cli.add_command(explain)
cli.add_command(history)
cli.add_command(init)
cli.add_command(pg)
cli.add_command(sql)
cli.add_command(report)
cli.add_command(status)
cli.add_command(trim)


def enter(project: Path) -> Path:
    """Work from the project's folder: SQLMesh and the contracts name paths relative to it."""
    from ciq.errors import Problem, UsageError

    if not (project / "config.yaml").is_file():
        help_ = "run ciq where config.yaml and contracts/ are, or name that folder with --project"
        raise UsageError(Problem("E403", "not a ciq project: there is no config.yaml", project, help=help_))
    os.chdir(project)
    return Path()


def main() -> None:
    """The entry point: every refusal becomes a cause on stderr and its exit code."""
    with exit_codes():
        sys.exit(cli.main(prog_name="ciq", standalone_mode=False))
