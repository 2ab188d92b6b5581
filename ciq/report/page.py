"""``report.html``: one page that needs no script, no network and no other file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ciq.report import lineage, tables, verdict, ways
from ciq.report.drawing import shown, standalone
from ciq.report.facts import Facts
from ciq.report.histogram import Bin, HistogramText, histogram
from ciq.report.love import LoveText, love_plot
from ciq.report.numbers import figure
from ciq.report.population import described
from ciq.report.sentences import Sentences

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

DRAWINGS = ("love_plot.svg", "propensity.svg")
"""The files that :func:`drawings` names."""

_WIDE, _NARROW = 960, 340


def page(facts: Facts, say: Sentences) -> str:
    """The report of one attempt as HTML; the same facts give the same bytes."""
    from markupsafe import Markup

    pictures = {
        f"{name}{'' if width == _WIDE else '_narrow'}": Markup(drawing) for name, width, drawing in _all(facts, say)
    }
    return _template().render(
        facts=facts,
        say=say,
        language=say.language,
        style=Markup(_read("report.css") + _read("figure.css")),
        drawings=pictures,
        view=_view(facts, say),
    )


def drawings(facts: Facts, say: Sentences) -> dict[str, str]:
    """The drawings as SVG files of their own: name to content, without those that have no figures."""
    style = _read("figure.css")
    names = dict(zip(("love", "scores"), DRAWINGS, strict=True))
    return {names[name]: standalone(drawing, style) for name, width, drawing in _all(facts, say) if width == _WIDE}


def _all(facts: Facts, say: Sentences) -> list[tuple[str, int, str]]:
    """Name, width and SVG of each drawing."""
    found = []
    for width in (_WIDE, _NARROW):
        if facts.balance:
            found.append(("love", width, _love(facts, say, width)))
        if facts.histogram:
            found.append(("scores", width, _scores(facts, say, width)))
    return found


def _love(facts: Facts, say: Sentences, width: int) -> str:
    bound = verdict.smd_bound(facts)
    words = LoveText(
        title=say("love_title"),
        description=say("love_description", bound=figure(bound)),
        raw=say("love_raw"),
        weighted=say("love_weighted", estimand=facts.estimand),
    )
    return love_plot(tables.differences(facts), bound, words, width, f"love-{width}")


def _scores(facts: Facts, say: Sentences, width: int) -> str:
    bins = [Bin(row["bin"], row["n_treated"], row["n_control"]) for row in facts.histogram]
    treated, control = sum(found.treated for found in bins), sum(found.control for found in bins)
    words = HistogramText(
        title=say("histogram_title"),
        description=say("histogram_description"),
        treated=say("arm", arm=say("treated"), count=figure(treated)),
        control=say("arm", arm=say("control"), count=figure(control)),
        axis=say("histogram_axis"),
    )
    return histogram(bins, words, width, f"scores-{width}")


def _view(facts: Facts, say: Sentences) -> dict[str, Any]:
    return {
        "population": described(facts, say),
        "summary": verdict.summary(facts, say),
        "headline": verdict.headline(facts, say),
        "causes": verdict.causes(facts),
        "gates": verdict.gates(facts, say),
        "ways": ways.ways(facts, say),
        "drivers": ways.drivers(facts, say),
        "convention": say(tables.convention(facts)),
        "bound": figure(verdict.smd_bound(facts)),
        "balance": tables.balance(facts),
        "ks_bound": tables.ks_bound(facts, say),
        "balance_rest": tables.rest(len(facts.balance), "love_metrics.csv", say),
        "overlap": tables.overlap(facts, say),
        "calibration": tables.calibration(facts),
        "levels": tables.levels(facts),
        "segments": tables.segments(facts),
        "levels_rest": tables.rest(len(facts.positivity), "report.json", say),
        "leakage": tables.leakage(facts),
        "leakage_rest": tables.rest(len(facts.leakage), "report.json", say),
        "missing": tables.missing(facts),
        "mends": tables.mends(facts),
        "warnings": tables.warnings(facts),
        "rejected": tables.rejected(facts, say),
        "dropped": tables.dropped(facts, say),
        "lineage": lineage.lineage(facts, say),
        "reproduce": lineage.commands(facts),
    }


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ciq.report"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters |= {"shown": shown, "marked": marked}
    return environment.get_template("report.html")


def marked(text: str) -> Markup:
    """Text as HTML in which what stands between backticks is code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if at % 2 else part for at, part in enumerate(parts))


@cache
def _read(name: str) -> str:
    return (files("ciq.report") / "templates" / name).read_text(encoding="utf-8")
