"""Numbers in, SVG out."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciq.report.drawing import shown, tag, text
from ciq.report.histogram import Bin, HistogramText, histogram
from ciq.report.love import Difference, LoveText, love_plot, ticks
from ciq.report.numbers import decimals, percent

SVG = "{http://www.w3.org/2000/svg}"
LOVE = LoveText("Love plot", "What it shows", "raw", "weighted")
SCORES = HistogramText("Scores", "What it shows", "Treated (3)", "Untreated (5)", "e")
HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' & \u202eright\u200f 😀 \x01 \ud800"


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def marks(svg: str, kind: str, **where: str) -> list[dict[str, str]]:
    """The attributes of the elements of a class."""
    found = [e.attrib for e in drawn(svg).iter() if kind in e.attrib.get("class", "").split()]
    return [e for e in found if all(e.get(name) == value for name, value in where.items())]


def test_love_plot_puts_dots_to_scale() -> None:
    rows = [Difference("age", -0.5, 0.05), Difference("income", 0.25, -0.2)]
    svg = love_plot(rows, 0.1, LOVE, 800)
    left, right = sorted(float(line["x1"]) for line in marks(svg, "bound"))
    zero = (left + right) / 2
    scale = (right - left) / 0.2
    raw, weighted = ([float(dot["cx"]) for dot in marks(svg, kind)[1:] if "cx" in dot] for kind in ("raw", "weighted"))
    assert raw == pytest.approx([zero - 0.5 * scale, zero + 0.25 * scale], abs=0.02)
    assert weighted == pytest.approx([zero + 0.05 * scale, zero - 0.2 * scale], abs=0.02)
    assert len(marks(svg, "beyond")) == 1
    assert [float(dot["cy"]) for dot in marks(svg, "raw")[1:]] == sorted(
        float(dot["cy"]) for dot in marks(svg, "weighted")[1:]
    )


@pytest.mark.parametrize("width", [340, 960])
def test_love_plot_keeps_everything_inside(width: int) -> None:
    rows = [Difference(f"covariate number {i} with a long name that goes on", 3.0 - i / 10, -i / 7) for i in range(60)]
    svg = love_plot(rows, 0.1, LOVE, width)
    height = float(drawn(svg).attrib["height"])
    for element in drawn(svg).iter():
        for name, most in (("cx", width), ("x", width), ("x1", width), ("x2", width), ("cy", height), ("y", height)):
            assert 0 <= float(element.attrib.get(name, 0)) <= most
    names = marks(svg, "name")
    assert len(names) == 60
    steps = [float(b["y"]) - float(a["y"]) for a, b in pairwise(names)]
    assert min(steps) >= 20


def test_love_plot_leaves_out_what_has_no_figure() -> None:
    rows = [Difference("a", None, None), Difference("b", math.nan, 0.1), Difference("c", math.inf, -math.inf)]
    svg = love_plot(rows, 0.1, LOVE, 800)
    assert (len(marks(svg, "raw")), len(marks(svg, "weighted")), len(marks(svg, "name"))) == (1, 2, 3)
    assert love_plot([], 0.1, LOVE, 800)


@given(low=st.floats(-1e6, -0.25), high=st.floats(0.25, 1e6), most=st.integers(3, 10))
def test_ticks_are_few_and_hold_zero(low: float, high: float, most: int) -> None:
    found = ticks(low, high, most)
    assert 0 < len(found) <= most
    assert any(abs(tick) < 1e-9 for tick in found)
    assert all(low <= tick <= high for tick in found)


def test_histogram_mirrors_the_arms_as_shares() -> None:
    svg = histogram([Bin(0, 0, 4), Bin(19, 1, 1), Bin(39, 3, 0)], SCORES, 800)
    treated, control = marks(svg, "treated"), marks(svg, "control")
    axis = float(marks(svg, "zero")[0]["y1"])
    assert [float(bar["y"]) + float(bar["height"]) for bar in treated] == pytest.approx([axis] * 2, abs=0.02)
    assert [float(bar["y"]) for bar in control] == pytest.approx([axis] * 2, abs=0.02)
    heights = [float(bar["height"]) for bar in treated]
    assert heights[1] / heights[0] == pytest.approx(math.sqrt(3), rel=1e-3)
    assert float(control[0]["height"]) / heights[0] == pytest.approx(math.sqrt(0.8 / 0.25), rel=1e-3)
    first, last = sorted(float(mark["x1"]) for mark in marks(svg, "bound"))
    ends = [float(marks(svg, "zero")[0][name]) for name in ("x1", "x2")]
    assert (first - ends[0]) / (ends[1] - ends[0]) == pytest.approx(0.05, abs=1e-3)
    assert (last - ends[0]) / (ends[1] - ends[0]) == pytest.approx(0.95, abs=1e-3)


@pytest.mark.parametrize("bins", [[], [Bin(3, 0, 0)], [Bin(0, 10**9, 1)]])
def test_histogram_of_little(bins: list[Bin]) -> None:
    assert drawn(histogram(bins, SCORES, 340)).tag == f"{SVG}svg"


@given(st.text())
def test_any_text_is_text(content: str) -> None:
    element = ElementTree.fromstring(tag("g", text(content), title_=content))
    allowed = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "\ufffd", content)
    assert list(element) == []
    assert (element.text or "") == allowed.replace("\r\n", "\n").replace("\r", "\n")


def test_hostile_names_in_a_drawing() -> None:
    svg = love_plot([Difference(HOSTILE, 0.5, 0.1), Difference("x" * 10_000, 0.1, 0.1)], 0.1, LOVE, 800)
    assert "<script" not in svg
    first, second = (e for e in drawn(svg).iter(f"{SVG}text") if e.attrib["class"] == "name")
    assert (first.text or "").startswith("<script>alert(1)")
    assert (second.text or "") == f"{'x' * 17}…{'x' * 16}"
    assert len(svg) < 10_000


def test_long_names_keep_the_end_that_tells_them_apart() -> None:
    names = [f"education_of_the_mother_at_birth_level_{level}" for level in ("primary", "secondary")]
    svg = love_plot([Difference(name, 0.1, 0.1) for name in names], 0.1, LOVE, 800)
    labels = [e.text or "" for e in drawn(svg).iter(f"{SVG}text") if e.attrib["class"] == "name"]
    assert [label[-8:] for label in labels] == [name[-8:] for name in names]
    assert all(len(label) <= 34 for label in labels)


def test_long_names_that_differ_in_the_middle_are_told_apart() -> None:
    rows = [Difference(f"{'x' * 40}{middle}{'y' * 40}", 0.1, 0.0) for middle in "abc"]
    labels = [found.text for found in drawn(love_plot(rows, 0.1, LOVE, 960)).iter(f"{SVG}text") if "…" in found.text]
    assert labels == [f"{'x' * 17}…{'y' * 16} ({at})" for at in (1, 2, 3)]


def test_shown_keeps_what_is_short() -> None:
    assert shown("名前 \u202e😀") == "名前 \u202e😀"
    assert shown("a\x00b") == "a\ufffdb"
    assert len(shown("x" * 500)) < 140


@pytest.mark.parametrize(
    ("share", "said"),
    [
        *((0, "0%"), (1, "100%"), (0.05, "5%"), (0.6, "60%"), (0.7427, "74%"), (0.042591, "4.3%"), (0.0016, "0.2%")),
        *((0.00031, "0.03%"), (1e-6, "<0.01%"), (1 - 1e-6, ">99.99%"), (0.998, "99.8%"), (0.995, "99.5%")),
    ],
)
def test_percent(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(-0.2741, "−0.274"), (13650.8, "13,650.800"), (-1e-9, "0.000"), (math.nan, "–"), (None, "–")],  # noqa: RUF001
)
def test_decimals(value: float | None, said: str) -> None:
    assert decimals(value) == said
