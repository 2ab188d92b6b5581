"""What is known of one attempt to publish a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ciq.errors import Problem

Row = dict[str, Any]
Verdict = Literal["pass", "warn", "fail"]
Language = Literal["en", "ja"]


def covariates(balance: Iterable[Row]) -> Iterator[Row]:
    """The rows of the balance table that the gate reads: all but squares and products."""
    return (row for row in balance if row.get("term", "covariate") == "covariate")


@dataclass(frozen=True)
class Facts:
    """One attempt: where it comes from, its figures and its verdict.

    ``scores`` is where the warehouse has the attempt's scores. ``population`` says of a trimmed data set which rows of
    which other one it holds, empty where it holds all that its files have.
    ``overlap`` is one row of figures; ``gates``, ``balance``, ``positivity``, ``histogram``, ``calibration``,
    ``missing``, ``leakage`` and ``availability`` are rows as the diagnostics models hold them, all empty where the
    attempt ended before them.
    ``segments`` has a row per value of each declared segment. A gate's ``follows_from`` names the failing gate that
    explains its verdict; such a gate is not said again.
    ``leakage`` has a row per covariate and one for its being missing: what it tells by itself of treatment and
    outcome; ``availability`` a row per covariate that says when it became known, with the rows that are too late.
    ``advice`` is what the ways out would give where overlap or balance is poor, empty where it isn't.
    ``problems`` are the refusal's. ``mends`` counts rows by column and step, ``warnings`` rows by contract rule that
    only warns, ``rejected`` violations by rule whose rows were set aside in the file ``rejects``; ``dropped`` are the
    columns of the files that were left out. ``published`` says what is published after the attempt: this version, an
    earlier one, or nothing where it is None.
    """

    dataset: str
    description: str | None
    contract_version: str
    estimand: str
    source_version: str | None
    sources: tuple[Row, ...]
    snapshot: str | None
    rows: int | None
    scores: str | None = None
    population: Row = field(default_factory=dict)
    contract_path: str = ""
    language: Language = "en"
    staged: str | None = None
    published: Row | None = None
    mends: dict[str, dict[str, int]] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    rejects: str | None = None
    dropped: tuple[str, ...] = ()
    overlap: Row = field(default_factory=dict)
    gates: tuple[Row, ...] = ()
    balance: tuple[Row, ...] = ()
    positivity: tuple[Row, ...] = ()
    segments: tuple[Row, ...] = ()
    histogram: tuple[Row, ...] = ()
    calibration: tuple[Row, ...] = ()
    missing: tuple[Row, ...] = ()
    leakage: tuple[Row, ...] = ()
    availability: tuple[Row, ...] = ()
    advice: Row = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any gate; a refusal before the gates is a fail."""
        verdicts = {gate["verdict"] for gate in self.gates}
        if self.problems or "fail" in verdicts or not self.gates:
            return "fail"
        return "warn" if "warn" in verdicts else "pass"
