"""Which population a data set describes."""

from __future__ import annotations

from ciq.report.facts import Facts
from ciq.report.numbers import decimals, figure
from ciq.report.sentences import Sentences


def population(facts: Facts) -> str:
    """The population in a line for machines and messages; empty where it is all that the files hold."""
    return _said(facts, "population_line", Sentences("en"))


def described(facts: Facts, say: Sentences) -> str:
    """The same for readers of the report."""
    return _said(facts, "population", say)


def _said(facts: Facts, key: str, say: Sentences) -> str:
    found = facts.population
    if not found:
        return ""
    bounds = {"low": decimals(found["alpha"], 4), "high": decimals(1 - found["alpha"], 4)}
    return say(key, of=found["of"], n=figure(found["n"]), rows=figure(found["rows"]), **bounds)
