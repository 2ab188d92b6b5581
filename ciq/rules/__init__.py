"""The registry of rules: what each id in a message means, why it exists and how to mend what broke it."""

from __future__ import annotations

from ciq.rules.cell import CELL_RULES
from ciq.rules.contract import CONTRACT_RULES
from ciq.rules.contract_command import CONTRACT_COMMAND_RULES
from ciq.rules.environment import ENVIRONMENT_RULES
from ciq.rules.file import FILE_RULES
from ciq.rules.frame import FRAME_RULES
from ciq.rules.gate import GATE_RULES, GateRule
from ciq.rules.leakage import LEAKAGE_RULES
from ciq.rules.publication import PUBLICATION_RULES
from ciq.rules.routing import ROUTING_RULES
from ciq.rules.rule import Rule
from ciq.rules.trim import TRIM_RULES

RULES: dict[str, Rule] = {
    rule.id: rule
    for family in (
        CONTRACT_RULES,
        CONTRACT_COMMAND_RULES,
        FILE_RULES,
        CELL_RULES,
        GATE_RULES,
        FRAME_RULES,
        LEAKAGE_RULES,
        ENVIRONMENT_RULES,
        TRIM_RULES,
        PUBLICATION_RULES,
        ROUTING_RULES,
    )
    for rule in family
}

__all__ = ["RULES", "GateRule", "Rule"]
