"""Where the figures come from, and how to get them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ciq import __version__
from ciq.report.facts import Facts
from ciq.report.numbers import figure
from ciq.report.sentences import Sentences

_FILES = 100


@dataclass(frozen=True)
class Stop:
    """A stop on the way from a raw file to what is published."""

    name: str
    lines: tuple[str, ...]
    sha: str = ""


def lineage(facts: Facts, say: Sentences) -> list[Stop]:
    """Raw files, contract, staged version, snapshot, what is published."""
    return [
        *(
            Stop(say("raw_file"), (source["path"], say("bytes", bytes=figure(source["bytes"]))), source["sha256"])
            for source in facts.sources[:_FILES]
        ),
        *_trimmed(facts, say),
        Stop(say("contract"), (facts.contract_path, say("version", version=facts.contract_version))),
        _staged(facts, say),
        Stop(
            say("snapshot"),
            (f"features.{facts.dataset}", facts.scores or "") if facts.snapshot else (say("not_reached"),),
            facts.snapshot or "",
        ),
        _published(facts, say),
    ]


def _trimmed(facts: Facts, say: Sentences) -> Iterator[Stop]:
    """The version of another data set that the rows are taken from, by its scores."""
    if found := facts.population:
        yield Stop(say("trimmed_from", of=found["of"]), (found["scores"],), found["of_version"])


def _staged(facts: Facts, say: Sentences) -> Stop:
    if facts.staged is None:
        return Stop(say("staged"), (say("not_reached"),))
    lines = (facts.staged.rpartition("/")[0], say("row_count", rows=figure(facts.rows)))
    return Stop(say("staged"), lines, facts.source_version or "")


def _published(facts: Facts, say: Sentences) -> Stop:
    if facts.published is None:
        return Stop(say("published"), (say("nothing"),))
    same = facts.published["source_version"] == facts.source_version
    views = facts.published.get("views", ())
    lines = (facts.published["path"], *views, say("same_version" if same else "earlier_version"))
    return Stop(say("published"), lines, facts.published["source_version"])


def commands(facts: Facts) -> str:
    """The commands that lead to the same figures."""
    sums = [f"{source['sha256']}  {source['path']}" for source in facts.sources[:_FILES]]
    checked = ["sha256sum --check <<'END'", *sums, "END"] if sums else []
    names = [facts.population["of"], facts.dataset] if facts.population else [facts.dataset]
    return "\n".join([f"pip install 'ciq=={__version__}'", *checked, f"ciq run {' '.join(names)}"])
