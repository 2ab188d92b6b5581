"""``ciq history``: what the record says of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ciq.cli.output import formatted, result


@click.command()
@click.argument("what", metavar="[DATASET | show RUN]", nargs=-1)
@formatted
@click.pass_obj
def history(project: Path, what: tuple[str, ...]) -> None:
    """List the last runs of DATASET (of all by default), or show all that is known of RUN.

    \b
    Example:
      ciq history nhefs
    """
    from ciq.cli.main import enter
    from ciq.errors import Problem, UsageError
    from ciq.record import history, opened

    with opened(enter(project)) as book:
        if len(what) == 2 and what[0] == "show":
            run = history.one(book, what[1])
            if run is None:
                raise UsageError(
                    Problem("P508", f"no run is named {what[1]}", help="`ciq history` lists the last ones")
                )
            _show(run)
        elif len(what) < 2:
            for run in history.latest(book, *what or (None,)):
                result(_line(run), **_plain(run))
        else:
            raise click.UsageError("write `ciq history`, `ciq history DATASET` or `ciq history show RUN`")


def _line(run: dict[str, Any]) -> str:
    ended = "" if run["seconds"] is None else f", {run['seconds']:.1f} s"
    verdict = f", {run['verdict']}" if run["verdict"] else ""
    version = f", version {run['source_version'][:12]}" if run["source_version"] else ""
    when = run["started_at"].strftime("%Y-%m-%d %H:%M:%S")
    return f"{run['run_id']} {when} {run['dataset']}: {run['result']}{verdict}{version}{ended}, {run['who']}"


def _show(run: dict[str, Any]) -> None:
    lines = [f"{name}: {value}" for name, value in run.items() if value is not None and not isinstance(value, list)]
    for ingest in run["ingests"]:
        files = ", ".join(f"{source['path']} {source['sha256'][:12]}" for source in ingest["sources"])
        rows = "" if ingest["source_rows"] is None else f", {ingest['source_rows']:,} rows"
        lines.append(f"ingest: {ingest['verdict']}{rows}, {files}")
    for gate in run["gate_results"]:
        lines.append(
            f"gate {gate['gate']}: {gate['verdict']}, {gate['value']} {gate['comparison']} {gate['threshold']}"
        )
    for one in run["publications"]:
        lines.append(
            f"{one['action']} {one['relation']}: {one['published_at']:%Y-%m-%d %H:%M:%S}, {one['environment']}"
        )
    result("\n".join(lines), **_plain(run))


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as JSON takes them: times in ISO 8601."""
    return {
        name: value.isoformat()
        if hasattr(value, "isoformat")
        else [_plain(item) if isinstance(item, dict) else item for item in value]
        if isinstance(value, list)
        else value
        for name, value in facts.items()
    }
