"""What is known of one attempt to publish a data set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Row = dict[str, Any]
Verdict = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Facts:
    """One attempt: where it comes from, its figures and its verdict.

    ``overlap`` is one row of figures; ``gates``, ``balance`` and ``positivity`` are rows as the diagnostics models
    hold them, all empty where the attempt ended before them. ``problems`` are the refusal's messages.
    """

    dataset: str
    description: str | None
    contract_version: str
    estimand: str
    source_version: str | None
    sources: tuple[Row, ...]
    snapshot: str | None
    rows: int | None
    mends: dict[str, dict[str, int]] = field(default_factory=dict)
    overlap: Row = field(default_factory=dict)
    gates: tuple[Row, ...] = ()
    balance: tuple[Row, ...] = ()
    positivity: tuple[Row, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any gate; a refusal before the gates is a fail."""
        verdicts = {gate["verdict"] for gate in self.gates}
        if self.problems or "fail" in verdicts or not self.gates:
            return "fail"
        return "warn" if "warn" in verdicts else "pass"
