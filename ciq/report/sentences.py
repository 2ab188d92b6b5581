"""The report's words: one catalogue, a column a language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ciq.report.facts import Language
from ciq.rules import RULES, GateRule

LANGUAGES: tuple[Language, ...] = ("en", "ja")
_HERE = Path(__file__).parent
_RULE_OF_GATE = {rule.gate: rule for rule in RULES.values() if isinstance(rule, GateRule)}


class Sentences:
    """The catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: Any) -> str:
        """The sentence of ``key`` with ``values`` filled in. Raises KeyError for a key that isn't in the catalogue."""
        sentence: str = catalogue("sentences")[key][self.language]
        return sentence.format(**values)

    def known(self, key: str) -> bool:
        """Whether the catalogue has a sentence for ``key``."""
        return key in catalogue("sentences")

    def gate(self, gate: str) -> tuple[str, str]:
        """A gate's name and what its figure is; the id itself for a gate that isn't in the catalogue."""
        words = catalogue("gates").get(gate)
        if words is None:
            return gate.replace("_", " "), ""
        return words["name"][self.language], words["figure"][self.language]

    def mend(self, gate: str) -> str:
        """What to do where the gate doesn't hold: the rule's own words where there is no translation."""
        rule = _RULE_OF_GATE.get(gate)
        own = f"{rule.mend.rstrip('.')}." if rule else ""
        translated: str = catalogue("gates").get(gate, {}).get("mend", {}).get(self.language, own)
        return translated


@cache
def catalogue(name: str) -> dict[str, dict[str, Any]]:
    """``sentences`` or ``gates``: key to language to text."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((_HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded
