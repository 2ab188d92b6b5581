"""Whether columns of personal data can be protected as declared, and are used only as what they become."""

from __future__ import annotations

from collections.abc import Iterator

from ciq.contract.finding import Finding, Path
from ciq.contract.model import Contract
from ciq.contract.rule_checks import columns_named


def pii_findings(contract: Contract) -> Iterator[Finding]:
    """Protections that don't fit the column, its roles or its constraints."""
    for name, note in contract.columns.items():
        path: Path = ("columns", name, "pii")
        if note.mask and note.pii != "mask":
            yield Finding("C131", ("columns", name, "mask"), f"`{name}` is not masked", "set `pii: mask`", name)
        if note.pii == "drop" and (name in contract.types or note.available_at):
            message = f"`{name}` is dropped before anything lands: it has no type and no time at which it is available"
            yield Finding("C131", path, message, "remove it from `types`, and its `available_at`", name)
        elif note.pii and note.pii != "drop" and name in contract.types:
            if contract.type_of(name).kind != "text":
                message = f"only text can be protected by {note.pii}; `{name}` is {contract.types[name]}"
                yield Finding("C131", path, message, "give it the type string", name)
            yield from _roles(contract, name)
            yield from _constraints(contract, name)


def _roles(contract: Contract, name: str) -> Iterator[Finding]:
    if contract.columns[name].pii == "mask" and any(name in key for key in contract.unique_keys):
        message = f"different values of `{name}` have the same mask, so that it can't be part of a key"
        yield Finding("C132", ("columns", name, "pii"), message, "use hash or tokenize", name)
    for role, columns in (("covariate_cols", contract.covariate_cols), ("segment_cols", contract.segment_cols)):
        if name in columns and not contract.columns[name].covariate:
            message = f"`{name}` is personal data and can't be among `{role}`"
            help_ = f"take it out, or say so: `columns: {{{name}: {{covariate: true}}}}`"
            yield Finding("C132", (role, columns.index(name)), message, help_, name)


def _constraints(contract: Contract, name: str) -> Iterator[Finding]:
    """Constraints and mends see the protected value, of which they can say nothing."""
    constraints, clean = contract.constraints, contract.clean
    holders: tuple[tuple[Path, bool], ...] = (
        (("constraints", "categories", name), name in constraints.categories),
        (("constraints", "patterns", name), name in constraints.patterns),
        (("clean", "sentinels", name), name in clean.sentinels),
        (("clean", "fill", name), name in clean.fill),
        (("clean", "unknown_category", name), name in clean.unknown_category),
        (("clean", "upper"), name in clean.upper),
    )
    places = [path for path, holds in holders if holds]
    asked = [at for at, rule in enumerate(constraints.rules) if name.casefold() in columns_named(contract, rule.sql)]
    places += [("constraints", "rules", at, "sql") for at in asked]
    for path in places:
        message = f"`{name}` is protected before it is judged or mended, so that this would see the protected value"
        yield Finding("C133", path, message, "remove it here", name)
