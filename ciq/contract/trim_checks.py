"""Whether a data set that is trimmed from another one goes with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ciq.contract.finding import Finding
from ciq.contract.model import Contract
from ciq.contract.nearest import did_you_mean
from ciq.errors import Problem

_KEY = "source.trim"


def trim_findings(contract: Contract) -> Iterator[Finding]:
    """Settings for files where the rows come from another data set, and mends that were done there."""
    if contract.source.trim is None:
        return
    for key in sorted(contract.source.model_fields_set - {"trim"}):
        message = f"`source.{key}` says how files are read, and `{_KEY}` takes rows that are read already"
        yield Finding("C161", ("source", key), message, "take it out", at_key=True)
    for key in sorted(contract.clean.model_fields_set - {"deduplicate"}):
        message = f"`clean.{key}` mends values, and `{_KEY}` takes rows that are mended already"
        yield Finding("C161", ("clean", key), message, "mend them in the contract that they come from", at_key=True)
    if contract.on_violation == "quarantine":
        message = f"`on_violation: quarantine` sets rows of files aside, and `{_KEY}` reads no file"
        yield Finding("C161", ("on_violation",), message, "take it out")


def trim_problems(contracts: Mapping[str, Contract]) -> Iterator[Problem]:
    """A trim of nothing that is there, and columns that are not those of the data set that is trimmed."""
    for contract in contracts.values():
        trim = contract.source.trim
        if trim is None:
            continue
        parent = contracts.get(trim.of)
        if parent is None or parent.source.trim:
            why = "is trimmed itself" if parent else "is no data set of this project"
            untrimmed = [name for name, other in contracts.items() if other.source.trim is None]
            help_ = did_you_mean(trim.of, untrimmed) or f"name one of {', '.join(sorted(untrimmed))}"
            yield Problem("C160", f"`{_KEY}.of`: {trim.of} {why}", contract.path, help=help_)
        else:
            yield from _columns(contract, parent)


def _columns(contract: Contract, parent: Contract) -> Iterator[Problem]:
    for column, declared in contract.types.items():
        if parent.types.get(column) != declared:
            there = f"{parent.name} has it as {parent.types[column]}" if column in parent.types else "it is not there"
            message = f"`{column}` is {declared} here, and {there}"
            yield Problem("C162", message, contract.path, help=f"give it as in {parent.path}")
    if contract.treatment_col != parent.treatment_col:
        message = f"the treatment is `{contract.treatment_col}` here and `{parent.treatment_col}` in {parent.name}"
        yield Problem("C162", message, contract.path, help="a trim is by the scores of one treatment: name the same")
