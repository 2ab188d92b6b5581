"""``ciq report``: the report again, in another language, in the browser, or two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ciq.cli.output import formatted, result

if TYPE_CHECKING:
    from ciq.report.facts import Language


@click.command()
@click.argument("datasets", nargs=-1)
@click.option("--open", "opened", is_flag=True, help="Show it in the browser.")
@click.option("--lang", "language", type=click.Choice(["en", "ja"]), help="Language; by default the contract's.")
@click.option("--compare", nargs=2, metavar="A B", help="Two environments or staged versions, as Markdown on stdout.")
@formatted
@click.pass_obj
def report(
    project: Path, datasets: tuple[str, ...], opened: bool, language: Language | None, compare: tuple[str, str] | None
) -> None:
    """Write the reports of the DATASETS (all by default) again from what their last run recorded.

    \b
    Examples:
      ciq report --open nhefs
      ciq report --lang ja
      ciq report --compare prod dev nhefs
    """
    from ciq.cli.main import enter
    from ciq.pipeline.attempts import recorded

    root = enter(project)
    chosen = datasets or recorded(root)
    if compare:
        _compare(root, chosen, compare, language)
    else:
        _write(root, chosen, language, opened)


def _write(project: Path, datasets: Sequence[str], language: Language | None, opened: bool) -> None:
    from ciq.pipeline.artifacts import write_report
    from ciq.pipeline.attempts import folder, latest

    for dataset in datasets:
        facts = latest(project, dataset)
        write_report(folder(project, dataset), facts, language or facts.language)
        path = folder(project, dataset) / "report.html"
        result(f"{path}: {facts.verdict}", dataset=dataset, verdict=facts.verdict, path=path)
        if opened:
            click.launch(str(path.resolve()))


def _compare(project: Path, datasets: Sequence[str], names: tuple[str, str], language: Language | None) -> None:
    from ciq.pipeline.attempts import named
    from ciq.report.comparison import comparison
    from ciq.report.sentences import Sentences

    for dataset in datasets:
        first, second = (named(project, dataset, name) for name in names)
        said = comparison(first, second, names, Sentences(language or second.language))
        result(f"{said}\n", dataset=dataset, before=first.verdict, after=second.verdict)
