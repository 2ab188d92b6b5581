"""The strict loader: a file becomes a contract, or every problem of it is named at its place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from ciq.contract import finding
from ciq.contract.consistency import findings
from ciq.contract.model import Contract, Name
from ciq.contract.shape import Shaper
from ciq.contract.translate import key_at, node_at, resolve, translated
from ciq.contract.trim_checks import trim_problems
from ciq.contract.types import COLUMN_TYPES, Kind, TypeName
from ciq.contract.yaml_source import Flaw, Mapping, Node, Scalar, parse
from ciq.errors import ContractError, Problem

MAX_BYTES = 1_000_000


class _Partial(Contract):
    """A contract that may lack what is wrong in it, so that the rest can be judged in the same breath."""

    name: str = "unnamed"
    treatment_col: Name = ""
    covariate_cols: tuple[Name, ...] = ()
    types: dict[Name, TypeName] = Field(default_factory=dict)


def load(path: str | Path) -> Contract:
    """The contract in the YAML file at ``path``.

    Raises :class:`ciq.errors.ContractError` with all problems of the file, each with line and column.
    """
    path = Path(path)
    root, flaws = parse(_text(path))
    if root is None or any(flaw.rule != "C103" for flaw in flaws):
        raise _refusal(path, flaws or [Flaw("C102", "the file is empty; a contract is a mapping", 1, 1)])
    if not isinstance(root, Mapping):
        message = "a contract is a mapping of keys to values"
        raise _refusal(path, [*flaws, Flaw("C102", message, root.line, root.column)])
    shaper = Shaper(_kinds(root))
    data = {"name": path.stem, **shaper.shaped(root, Contract), "path": path}
    flaws += shaper.unknown
    contract, errors = _validated(data)
    flaws += translated(root, errors)
    partial, doubtful = (contract, set()) if contract else _pruned(data, root)
    if contract or "types" in data:
        flaws += [_placed(root, found) for found in findings(partial) if found.column not in doubtful]
    if contract is None or flaws:
        raise _refusal(path, flaws)
    return contract


def load_all(folder: str | Path) -> dict[str, Contract]:
    """All contracts (``*.yaml``) of ``folder`` by name.

    Raises :class:`ciq.errors.ContractError` with the problems of all files, two contracts of one name among them, or
    where a trimmed data set doesn't go with the one that it is trimmed from.
    """
    contracts = load_each(sorted(Path(folder).glob("*.yaml")))
    if problems := list(trim_problems(contracts)):
        raise ContractError(*problems)
    return contracts


def load_each(paths: Iterable[Path]) -> dict[str, Contract]:
    """The contracts in the files ``paths`` by name; raises as :func:`load_all` does."""
    contracts: dict[str, Contract] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            contract = load(path)
        except ContractError as error:
            problems += error.problems
            continue
        if contract.name in contracts:
            message = f"the name `{contract.name}` is taken by {contracts[contract.name].path}"
            problems.append(Problem("C121", message, path))
        contracts.setdefault(contract.name, contract)
    if problems:
        raise ContractError(*problems)
    return contracts


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise ContractError(Problem("C101", "no such file" if not path.exists() else "not a file", path))
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ContractError(Problem("C101", f"can't be read: {error}", path)) from None
    if len(raw) > MAX_BYTES:
        raise ContractError(Problem("C101", f"larger than {MAX_BYTES:,} bytes", path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise ContractError(Problem("C101", "not UTF-8", path, line, column, "save the file as UTF-8")) from None


def _kinds(root: Mapping) -> dict[str, Kind]:
    types = root.values.get("types")
    if not isinstance(types, Mapping):
        return {}
    return {
        column: COLUMN_TYPES[node.text].kind
        for column, node in types.values.items()
        if isinstance(node, Scalar) and node.text in COLUMN_TYPES
    }


def _validated(data: dict[str, Any]) -> tuple[Contract | None, list[ErrorDetails]]:
    try:
        return Contract.model_validate(data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _pruned(data: dict[str, Any], root: Node) -> tuple[Contract, set[str | None]]:
    """What is left of ``data`` without its refused parts, and the columns whose type was among them."""
    doubtful: set[str | None] = set()
    while True:
        try:
            return _Partial.model_validate(data), doubtful
        except ValidationError as error:
            paths = [_culprit(root, details) for details in error.errors(include_url=False)]
        doubtful |= {str(path[1]) for path in paths if path[0] == "types" and len(path) > 1}
        if not sum(_remove(data, path) for path in paths):
            del data[str(paths[0][0])]


def _culprit(root: Node, details: ErrorDetails) -> finding.Path:
    """What to take out because of an error: the value, or the mapping in which something is missing."""
    loc = details["loc"][:-1] if details["type"] == "missing" else details["loc"]
    return resolve(root, loc) or loc[:1]


def _remove(data: dict[str, Any], path: finding.Path) -> bool:
    """Takes out the innermost key of ``path``; list entries stay together, so that places stay true."""
    while isinstance(path[-1], int):
        path = path[:-1]
    holder: Any = data
    for part in path[:-1]:
        within = isinstance(part, int) or part in holder
        holder = holder[part] if within else {}
    if path[-1] not in holder:
        return False
    del holder[path[-1]]
    return True


def _placed(root: Node, found: finding.Finding) -> Flaw:
    path = resolve(root, found.path)
    node: Node = key_at(root, path) if found.at_key and path == found.path else node_at(root, path)
    return Flaw(found.rule, found.message, node.line, node.column, found.help)


def _refusal(path: Path, flaws: list[Flaw]) -> ContractError:
    ordered = sorted(dict.fromkeys(flaws), key=lambda flaw: (flaw.line, flaw.column, flaw.rule))
    return ContractError(
        *(Problem(flaw.rule, flaw.message, path, flaw.line, flaw.column, flaw.help) for flaw in ordered)
    )
