"""Every rule id in a message can be explained."""

from __future__ import annotations

import json

from whole_project import Project

from ciq.rules import RULES


def test_a_rule_is_explained(project: Project) -> None:
    said = project.ciq("explain", "i203")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("I203: A value is not of its column's type\n")
    assert RULES["I203"].mend in said.out
    assert json.loads(project.ciq("explain", "I203", "--format", "json").out)["results"][0]["why"] == RULES["I203"].why


def test_an_unknown_rule_names_the_known_ones(project: Project) -> None:
    said = project.ciq("explain", "X999")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("E430 there is no rule X999\n")
    assert f"C101 to {max(rule for rule in RULES if rule.startswith('C'))}" in said.err
