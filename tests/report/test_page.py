"""The page: whole, offline, deterministic, and text where names are hostile."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from attempt import NOT_FINITE, attempt, gate, refused

from ciq.errors import Problem
from ciq.report.facts import Facts
from ciq.report.page import drawings, page
from ciq.report.quality import quality_report
from ciq.report.sentences import Sentences

EN, JA = Sentences("en"), Sentences("ja")
HOSTILE = (
    "<script>alert(1)</script>",
    "\"double\" 'single' & &amp;",
    "\u202egnp.exe\u200f",
    "😀 名前",
    "x" * 10_000,
    "a|b\n# c",
)
VOID = {"meta", "circle", "path", "line", "rect", "br"}


class Outline(HTMLParser):
    """The elements of a page with their attributes, its text, and whether every element is closed."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_distance_that_is_taken_of_bins_is_said() -> None:
    rough = attempt()
    rough = replace(rough, balance=tuple(row | {"ks_bound": 0.00012 * at} for at, row in enumerate(rough.balance)))
    for document in (page, quality_report):
        assert "may be larger than shown, by 0.0002 at most" in document(rough, EN)
        assert "最大 0.0002 だけ大きい" in document(rough, JA)
        assert "by 0.0002 at most" not in document(attempt(), EN)


def hostile() -> Facts:
    """An attempt whose every name and message is hostile."""
    levels = [{"covariate": n, "level": n, "n": 3, "n_treated": 3, "n_control": 0} for n in HOSTILE]
    return replace(
        attempt(HOSTILE),
        description=" ".join(HOSTILE),
        positivity=tuple(levels),
        gates=(gate("balance", 1.0, "<=", 0.1, "fail", "; ".join(HOSTILE)),),
        problems=tuple(Problem("I203", name, help=name) for name in HOSTILE),
        mends={name: {"fill": 3} for name in HOSTILE},
        dropped=HOSTILE,
    )


@pytest.mark.parametrize("say", [EN, JA], ids=["en", "ja"])
@pytest.mark.parametrize(
    "facts", [attempt(), refused(), hostile(), NOT_FINITE], ids=["good", "refused", "hostile", "odd"]
)
def test_page_is_whole_and_needs_nothing_else(facts: Facts, say: Sentences) -> None:
    content = page(facts, say)
    outline = Outline(content)
    assert outline.open == []
    names = [name for name, _ in outline.elements]
    assert not {"script", "link", "img", "iframe", "object"} & set(names)
    for _, attributes in outline.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"href", "src"} or (value or "").startswith("#")
    assert "url(" not in content
    assert "@import" not in content
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {attributes["href"] for name, attributes in outline.elements if name == "a"}
    assert targets <= {f"#{found}" for found in ids}
    assert outline.elements[0] == ("html", {"lang": say.language})
    assert len(content.encode()) < 500_000


def test_same_facts_give_the_same_bytes() -> None:
    assert page(attempt(), EN) == page(attempt(), EN)
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", page(attempt(), EN))


def test_verdict_comes_first_then_what_failed() -> None:
    facts = attempt(gates=(gate("auc", 0.6, "<=", 0.9, "pass"), gate("overlap_share", 0.04259, ">=", 0.6, "fail")))
    text = " ".join(Outline(page(facts, EN)).text)
    order = [
        "Refused",
        "1 of 2 gates fail",
        "Overlap share",
        "4.3%",
        "≥ 60%",
        "Choose a comparison group",
        "Discrimination",
    ]
    places = [text.index(said, text.index("visits")) for said in order]
    assert text.index("What to do") < text.index("Discrimination")
    assert places[0] == min(places)


@pytest.mark.parametrize("write", [page, quality_report])
def test_the_share_of_a_segment_is_written_as_that_of_the_whole(write: Callable[[Facts, Sentences], str]) -> None:
    gates = tuple(gate(name, 0.875, ">=", 0.6, "pass") for name in ("segment_overlap", "overlap_share"))
    written = write(attempt(gates=gates, overlap={}), EN)
    assert written.count("≥ 60%") == 2
    assert "≥ 0.6" not in written


@pytest.mark.parametrize("write", [page, quality_report])
def test_ways_out_stand_side_by_side(write: Callable[[Facts, Sentences], str]) -> None:
    said = write(attempt(), EN)
    for figure in (
        "As it is, ATE",
        "Trimmed to 0.0855",
        "5, 2 treated",
        "62%",
        "0.321",
        "17 + 19",
        "fail: No collinearity",
    ):
        assert figure in said, figure
    for figure in ("Estimand ATO", "23 + 29", "by the raw |SMD|: age (0.46)"):
        assert figure in said.replace("\\|", "|"), figure
    assert "Ways out" not in write(attempt(advice={}), EN)


@pytest.mark.parametrize("write", [page, quality_report])
def test_a_trimmed_set_says_its_population(write: Callable[[Facts, Sentences], str]) -> None:
    said = write(attempt(), EN)
    assert "the rows of calls whose propensity score in that untrimmed sample is from 0.1000 to 0.9000, 8 of 21" in said
    assert "Population" not in write(attempt(population={}), EN)


def test_refused_at_ingest_says_why_and_what_stays() -> None:
    text = " ".join(Outline(page(refused(), EN)).text)
    for said in ("data/raw/visits.csv:7", "I203", "age 'x' can't be cast", "mend it at the source", "Nothing of this"):
        assert said in text
    stays = {"path": "p", "source_version": "f" * 64, "contract_version": "1", "snapshot": "1"}
    assert "Version ffffffffffff stays published." in " ".join(Outline(page(refused(published=stays), EN)).text)
    assert drawings(refused(), EN) == {}


def test_what_stands_between_backticks_is_code_and_nothing_else_is_markup() -> None:
    problem = Problem("F101", "no `id` <b>", help="see `ciq explain F101`, or a lone ` here")
    written = page(refused(problems=(problem,)), EN)
    assert "no <code>id</code> &lt;b&gt;" in written
    assert "see `ciq explain F101`, or a lone ` here" in written
    assert "<code>ciq explain F101</code> says more" in written


def test_hostile_names_are_text() -> None:
    outline = Outline(page(hostile(), EN))
    text = "".join(outline.text)
    for name in HOSTILE[:4]:
        assert text.count(name) >= 3
    assert "(10,000)" in text
    assert "x" * 2000 not in text
    isolated = [name for name, _ in outline.elements].count("bdi")
    assert isolated >= 4 * len(HOSTILE)


def test_hostile_names_in_markdown_are_text() -> None:
    report = quality_report(hostile(), EN)
    assert "<script" not in report
    assert "\n# c" not in report
    assert "a\\|b" in report


def test_sixty_thousand_covariates_stay_under_the_size() -> None:
    names = tuple(f"{'長い名前' * 40} {i}" for i in range(60_000))
    content = page(attempt(names), EN)
    assert len(content.encode()) < 500_000
    assert "59,900 others" in content


def test_each_language_says_all_of_it_in_its_own_words() -> None:
    english, japanese = (Outline(page(attempt(), say)) for say in (EN, JA))
    assert [name for name, _ in english.elements] == [name for name, _ in japanese.elements]
    assert re.search("[ぁ-ん]", "".join(japanese.text))
    assert not re.search("[ぁ-んァ-ン]", "".join(english.text))


def test_markdown_holds_the_figures_of_the_page() -> None:
    said = quality_report(attempt(), EN)
    for figure in ("88%", "0.500", "0.333", "0.050", "1.250"):
        assert figure in said
        assert figure in page(attempt(), EN)


def test_every_fact_has_a_place_on_the_page() -> None:
    """A field of the facts that changes nothing on the page is one that nobody sees."""
    changed: dict[str, Any] = {
        "dataset": "other",
        "description": "Other",
        "contract_version": "9.9.9",
        "estimand": "ATT",
        "source_version": "e" * 64,
        "sources": (),
        "snapshot": "43",
        "rows": 9,
        "contract_path": "contracts/other.yaml",
        "staged": None,
        "published": None,
        "mends": {"age": {"fill": 77}},
        "warnings": {"young": 78},
        "rejected": {"I203": 79},
        "rejects": "data/rejects/visits/other.parquet",
        "dropped": ("left_out",),
        "overlap": {},
        "gates": (),
        "balance": (),
        "positivity": (),
        "segments": (),
        "histogram": (),
        "calibration": (),
        "missing": (),
        "leakage": (),
        "availability": (),
        "advice": {},
        "scores": "elsewhere",
        "population": {},
        "problems": (Problem("I203", "said"),),
    }
    assert changed.keys() | {"language"} == {field.name for field in fields(Facts)}
    before = page(attempt(), EN)
    for name, value in changed.items():
        assert page(replace(attempt(), **{name: value}), EN) != before, name
