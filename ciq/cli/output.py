"""What the command line says and how it ends: results on stdout, causes and progress on stderr, stable exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ciq.errors import CiqError, Problem, UsageError

INTERRUPTED = 130
Progress = Callable[[str, int, int], None]


def result(text: str) -> None:
    """One line of result."""
    click.echo(text)


def cause(problem: Problem | str) -> None:
    """One cause of a refusal, or a warning."""
    click.echo(str(problem), err=True)


def refused(error: CiqError) -> int:
    """Say all causes; the exit code that goes with them."""
    for problem in error.problems:
        cause(problem)
    return error.exit_code


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what ciq and click raise on purpose into causes and an exit code."""
    try:
        yield
    except CiqError as error:
        sys.exit(refused(error))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        cause("interrupted; nothing half-written is left")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        with suppress(OSError):
            sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        help_ = "mend that, then run again; what was published before stays"
        path = Path(str(error.filename)) if error.filename else None
        sys.exit(
            refused(UsageError(Problem("E408", f"the system refused: {error.strerror or error}", path, help=help_)))
        )


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on a terminal's stderr; silence anywhere else."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total or None)
