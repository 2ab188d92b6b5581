"""The row rules of the contract's author, judged by their words alone where these are evident.

To read SQL costs more than all the rest of a contract: only rules that are not evident wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ciq.contract.evident_rules import evident
from ciq.contract.finding import Finding
from ciq.contract.model import Contract


def rule_findings(contract: Contract) -> Iterator[Finding]:
    """Row rules that are no condition, name unknown columns or share an id."""
    seen: set[str] = set()
    for at, rule in enumerate(contract.constraints.rules):
        path = ("constraints", "rules", at)
        if rule.id in seen:
            yield Finding("C117", (*path, "id"), f"the rule id {rule.id!r} is given twice", "give each rule its own id")
        seen.add(rule.id)
        if evident(contract, rule.sql) is None:
            from ciq.contract.row_rules import objections

            for message, help_ in objections(contract, rule.sql):
                yield Finding("C117", (*path, "sql"), f"rule {rule.id!r}: {message}", help_)


def columns_named(contract: Contract, sql: str) -> frozenset[str]:
    """The columns that a rule names, without case; none where it is no condition."""
    named = evident(contract, sql)
    if named is None:
        from ciq.contract.row_rules import columns

        return columns(sql)
    return named
