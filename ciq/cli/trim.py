"""``ciq trim``: the rows that overlap, as a data set of their own."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ciq.cli.output import cause, formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciq.contract import Contract


def _alpha(context: click.Context, parameter: click.Parameter, value: str) -> float | Literal["crump"]:
    if value == "crump":
        return "crump"
    with suppress(ValueError):
        if 0 < float(value) < 0.5:
            return float(value)
    raise click.BadParameter(f"{value!r} is neither crump nor a number between 0 and 0.5")


@click.command()
@click.argument("dataset")
@click.option(
    "--alpha",
    metavar="crump|NUMBER",
    callback=_alpha,
    default="crump",
    show_default=True,
    help="Keep alpha <= e <= 1 - alpha; crump is the bound of Crump et al. 2009.",
)
@click.option("--name", metavar="NAME", help="The new data set's name; by default DATASET_trimmed.")
@formatted
@click.pass_obj
def trim(project: Path, dataset: str, alpha: float | Literal["crump"], name: str | None) -> None:
    """Make the rows of DATASET whose propensity scores overlap a data set of its own, and run it.

    Its contract is written into contracts/ where it isn't there yet. The propensity model is fitted to it anew, its
    own gates judge it, and DATASET stays as it is, published or refused.

    \b
    Examples:
      ciq trim lalonde
      ciq trim lalonde --alpha 0.1 --name lalonde_narrow
    """
    from ciq.cli.main import enter
    from ciq.cli.runs import run_datasets
    from ciq.contract import load_all
    from ciq.errors import Problem, UsageError

    root = enter(project)
    contracts = load_all(root / "contracts")
    parent = contracts.get(dataset)
    if parent is None or parent.source.trim:
        untrimmed = sorted(known for known, contract in contracts.items() if contract.source.trim is None)
        message = f"{dataset} is {'trimmed itself' if parent else 'no data set of this project'}"
        raise UsageError(Problem("E451", message, Path("contracts"), help=f"trim one of {', '.join(untrimmed)}"))
    target = name or f"{dataset}_trimmed"
    if target in contracts:
        _must_be(contracts[target], dataset, alpha)
    else:
        cause(f"wrote {_write(root, contracts, parent, target, alpha)}")
    sys.exit(run_datasets(root, [target]))


def _write(
    root: Path, contracts: Mapping[str, Contract], parent: Contract, name: str, alpha: float | Literal["crump"]
) -> Path:
    """Write the contract, if there are scores to trim by."""
    from ciq.contract import load
    from ciq.draft.trim import trimmed_contract
    from ciq.files import aside
    from ciq.pipeline.trimmed import source

    path = root / "contracts" / f"{name}.yaml"
    with aside(path) as whole:
        whole.write_text(trimmed_contract(parent, name, alpha), encoding="utf-8")
        source(root, contracts, load(whole))
    return path


def _must_be(contract: Contract, dataset: str, alpha: float | Literal["crump"]) -> None:
    """Refuse to take a contract that is there for another one."""
    from ciq.errors import Problem, UsageError

    trim = contract.source.trim
    if trim is None or (trim.of, trim.alpha) != (dataset, alpha):
        said = f"trims {trim.of} at {trim.alpha}" if trim else "has files of its own"
        help_ = "edit source.trim there, or give the new data set another --name"
        raise UsageError(Problem("E452", f"{contract.name} is there already and {said}", contract.path, help=help_))
