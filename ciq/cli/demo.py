"""``ciq demo``: LaLonde's story, and made-up customers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ciq.cli.output import result

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def demo() -> None:
    """Data to try ciq on.

    \b
    Example:
      ciq demo lalonde
    """


@demo.command()
@click.option("--rows", type=click.IntRange(min=1), default=100_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--mess", is_flag=True, help="Add the mess that the contract's clean steps mend.")
@click.argument("out", type=_FILE)
def customers(rows: int, seed: int, mess: bool, out: Path) -> None:
    """Write customers with a known propensity and a known effect to OUT (.csv or .parquet).

    \b
    Example:
      ciq demo customers customers.parquet --rows 1000000
    """
    from ciq.demo.customers import generate

    generate(rows, seed, out, mess=mess)
    result(f"{out}: {rows:,} customers")


@demo.command()
@click.pass_obj
def lalonde(project: Path) -> None:
    """Run LaLonde's experiment, which passes, and his two bad comparisons, which must be refused (exit code 1).

    In a project it works in warehouse/demo/lalonde, anywhere else in the folder ciq-demo-lalonde.

    \b
    Example:
      ciq demo lalonde
    """
    from ciq.cli.main import enter
    from ciq.cli.runs import run_datasets
    from ciq.demo.lalonde import COMPARISONS, RANDOMISED, prepare
    from ciq.pipeline.attempts import latest
    from ciq.postgres.server import OFF
    from ciq.report.sentences import Sentences
    from ciq.report.story import side_by_side

    os.environ["PG_DSN"] = OFF  # a demonstration publishes on nobody's server
    target = _place(project)
    prepare(target)
    names = (RANDOMISED, *COMPARISONS)
    code = run_datasets(enter(target), names)
    click.echo()
    for line in side_by_side([latest(Path(), name) for name in names], Sentences("en")):
        result(line)
    click.echo()
    result(f"the reports are {target}/artifacts/*/report.html")
    sys.exit(code)


def _place(project: Path) -> Path:
    """Where the demonstration works; a folder of that name that is no demonstration of ours is left alone."""
    from ciq.errors import Problem, UsageError

    if (project / "config.yaml").is_file():
        return project / "warehouse" / "demo" / "lalonde"
    target = project / "ciq-demo-lalonde"
    if target.exists() and not (target / "contracts" / "nsw_cps.yaml").is_file():
        help_ = "move it away, or run the demonstration elsewhere"
        raise UsageError(Problem("E443", "the folder is there already and is not ciq's", target, help=help_))
    return target
