"""``ciq sql``: one statement, on the engine where it belongs."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ciq.cli.output import cause, result

if TYPE_CHECKING:
    from ciq.router import Decision

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("statement", required=False)
@click.option("--file", "file", type=_FILE, help="Read the statement from a file.")
@click.option("--context", type=click.Choice(["batch", "api"]), default="batch", show_default=True)
@click.option("--engine", default="auto", show_default=True, help="auto, pg, duckdb, or one that router.yml adds.")
@click.option("--write", is_flag=True, help="Give leave to write in the schemas that router.yml names.")
@click.option("--explain-route", is_flag=True, help="Say where the statement would run and why; run nothing.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet", "arrow"]),
    default="table",
    show_default=True,
)
@click.option("--limit", type=click.IntRange(min=0), help="Stop after so many rows.")
@click.option("--output", type=_FILE, help="Write to a file, whole or not at all.")
@click.pass_obj
def sql(
    project: Path,
    statement: str | None,
    file: Path | None,
    context: str,
    engine: str,
    write: bool,
    explain_route: bool,
    form: str,
    limit: int | None,
    output: Path | None,
) -> None:
    """Run one STATEMENT on DuckDB or PostgreSQL, whichever is right for it.

    `ciq sql tune` fits the cost estimates to what the record says of this machine, and writes them to router.yml.

    \b
    Exit codes: 0 ok, 1 the engine refused the statement, 2 refused by policy,
    3 connection, 4 time out or limit, 130 interrupted.

    \b
    Example:
      ciq sql "SELECT gate, value, verdict FROM diagnostics.nhefs_gates"
    """
    from ciq.cli.interrupts import cancelling
    from ciq.cli.main import enter
    from ciq.interrupts import held_back

    with held_back():
        from ciq.cli.rows import write_rows
        from ciq.router import Router

    if statement == "tune" and file is None:
        if explain_route:
            raise click.UsageError("tune is no statement, so it has no route")
        _tune(enter(project))
        return
    text = _text(statement, file)
    target, asked = _target(output) if output else None, None if engine == "auto" else engine
    router = Router.from_config(enter(project) / "router.yml", write=write)
    with closing(router), cancelling(router.cancel):
        if explain_route:
            sys.exit(_explain(router.decide(text, context, asked)))  # type: ignore[arg-type]
        answer = router.execute(text, context, asked)  # type: ignore[arg-type]
        if answer.fallback:
            cause(f"warning: {answer.engine} answered instead of {answer.decision.engine}: {answer.fallback}")
        write_rows(answer, form, limit, target)


def _text(statement: str | None, file: Path | None) -> str:
    if (statement is None) == (file is None):
        raise click.UsageError("give one statement, or --file")
    if file is None:
        return statement or ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} can't be read: {error}") from None


def _target(output: Path) -> Path:
    """The file itself, not the link to it; a device or a pipe by the name that it was given."""
    return output.resolve() if output.is_file() or not output.exists() else output.absolute()


def _explain(decision: Decision) -> int:
    for spoken in decision.spoke:
        result(f"{spoken.rule}: {spoken.says}")
    if decision.problem:
        cause(decision.problem)
        return 2
    result(f"engine: {decision.engine} ({decision.rule})")
    return 0


def _tune(project: Path) -> None:
    """Fit, show before and after, write."""
    from ciq.router import tune
    from ciq.router.settings import FILE, load_settings

    path = project / FILE
    found = tune.fit(load_settings(path).cost, tune.calls(project))
    for engine, (before, after) in found.error.items():
        calls = found.calls[engine]
        kept = f"; kept, a fit takes {tune.FEWEST} that differ in what they read" if before == after else ""
        result(f"{engine}: {calls} calls, estimates off by a factor of {before:.2f} before, {after:.2f} after{kept}")
    for name, pair in (("total", found.total), ("P90", found.p90)):
        if pair:
            result(f"{name} of statements that ran on both engines: {pair[0]:.1f} ms before, {pair[1]:.1f} ms after")
    if found.total and found.total[1] > found.total[0]:
        result(f"{path}: unchanged; what was fitted would choose worse")
        return
    if found.after == found.before:
        result(f"{path}: unchanged; run statements on both engines (--engine pg, --engine duckdb) first")
        return
    tune.write(path, found.after)
    result(f"{path}: {', '.join(f'{name} {value:.4g}' for name, value in found.after.model_dump().items())}")
