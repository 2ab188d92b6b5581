"""The catalogue: every sentence in every language, none that nobody says."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from ciq.report.sentences import LANGUAGES, Sentences, catalogue
from ciq.rules import RULES, GateRule

REPORT = Path(__file__).parents[2] / "ciq" / "report"


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", catalogue("sentences"))
def test_each_sentence_is_in_each_language_with_the_same_blanks(key: str) -> None:
    words = catalogue("sentences")[key]
    assert set(words) == set(LANGUAGES)
    assert len({frozenset(fields_of(sentence)) for sentence in words.values()}) == 1


def test_each_sentence_is_said() -> None:
    sources = [*REPORT.glob("*.py"), *REPORT.glob("templates/*.html"), *REPORT.parent.glob("pipeline/*.py")]
    said = "\n".join(path.read_text() for path in sources)
    for key in catalogue("sentences"):
        stem = re.sub("_(pass|warn|fail|AT[ETCO])$", "_", key)
        assert f'"{key}"' in said or f'"{stem}' in said or (key.startswith("of_") and f'"{key[3:]}"' in said), key


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if isinstance(rule, GateRule)], ids=lambda rule: rule.id
)
def test_each_gate_has_a_name_a_figure_and_a_mend_in_each_language(rule: GateRule) -> None:
    for language in LANGUAGES:
        say = Sentences(language)
        name, figure = say.gate(rule.gate)
        assert name
        assert figure
        assert say.mend(rule.gate).endswith((".", "。"))
    assert re.search("[ぁ-ん]", Sentences("ja").mend(rule.gate))


def test_an_unknown_gate_is_named_by_its_id() -> None:
    assert Sentences("ja").gate("some_new_gate") == ("some new gate", "")
    assert Sentences("ja").mend("some_new_gate") == ""
