"""Whatever a contract file holds, the loader answers with a contract or a refusal, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import examples

from ciq.contract import Contract, load
from ciq.errors import ContractError
from ciq.rules import RULES

SOUND = (Path(__file__).parents[2] / "contracts" / "customers.yaml").read_text(encoding="utf-8") + (
    "source: {null_values: ['', NA], timezone: Asia/Tokyo, limits: {max_bytes: 5GB, max_rows: 50_000_000}}\n"
    "propensity: {squares: [age], collinear: drop}\n"
    "gates: {smd: {warn: 0.1, fail: 0.2}, min_level_rows: 20}\n"
)
VALUES = st.sampled_from(["null", "~", "true", "-1", "1e999", ".nan", "'5'", "age", '""', "2026-10-01", "9" * 5000])
COLLECTIONS = st.sampled_from(["[]", "{}", "[[]]", "[age, age]", "{age: [1, x]}", "{? [a] : b}"])
SYNTAX = st.sampled_from(["&a", "*a", "|", "-", ": ", "!!int 3", '"\\ud800"', '"\\0"'])
FRAGMENTS = VALUES | COLLECTIONS | SYNTAX


def loads_or_is_refused(folder: Path, raw: bytes) -> None:
    path = folder / "customers.yaml"
    path.write_bytes(raw)
    try:
        assert isinstance(load(path), Contract)
    except ContractError as refusal:
        assert refusal.problems
        assert all(problem.rule in RULES for problem in refusal.problems)


def test_the_contract_that_is_broken_below_is_sound(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_text(SOUND, encoding="utf-8")
    assert load(tmp_path / "customers.yaml").name == "customers"


@settings(max_examples=examples(60), deadline=None)
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    loads_or_is_refused(tmp_path_factory.mktemp("any"), raw)


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_a_contract_with_fragments_put_anywhere(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = SOUND
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        rest = text[start:]
        stops = [0, *(rest.find(mark) + 1 for mark in ",:}]\n" if mark in rest)]
        text = text[:start] + data.draw(FRAGMENTS) + rest[data.draw(st.sampled_from(stops)) :]
    loads_or_is_refused(tmp_path_factory.mktemp("mutated"), text.encode())


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_a_contract_with_one_value_in_the_place_of_another(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = SOUND.splitlines()
    valued = [at for at, line in enumerate(lines) if ": " in line]
    for _ in range(data.draw(st.integers(1, 3))):
        which = data.draw(st.sampled_from(valued))
        words = lines[which].split(": ")
        place = data.draw(st.integers(1, len(words) - 1))
        closing = words[place][len(words[place].rstrip("}],")) :] if place < len(words) - 1 else ""
        words[place] = data.draw(VALUES | COLLECTIONS) + closing
        lines[which] = ": ".join(words)
    loads_or_is_refused(tmp_path_factory.mktemp("valued"), "\n".join(lines).encode())
