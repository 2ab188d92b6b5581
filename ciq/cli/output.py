"""What the command line says and how it ends: results on stdout, causes and progress on stderr, stable exit codes.

With ``--format`` a command says all of it in one document on stdout when it ends.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from ciq.cli.formats import FORMATS, Result, Said
from ciq.errors import CiqError, Problem, UsageError

INTERRUPTED = 130
_TEXT = "text"
Progress = Callable[[str, int, int], None]
Command = TypeVar("Command", bound=Callable[..., Any])


class _Voice:
    """How this invocation speaks; a format other than text keeps what is said for :meth:`finish`."""

    def __init__(self) -> None:
        self.quiet = self.verbose = False
        self.start()

    def start(self, command: str = "ciq", form: str = _TEXT) -> None:
        """Begin anew, with nothing said."""
        self.form = form
        self.said = Said(command)

    def finish(self, code: int) -> None:
        """Write the document, if one was asked for, and forget how this invocation was to speak."""
        form, said = self.form, self.said
        self.quiet = self.verbose = False
        self.start()
        if form != _TEXT and (document := FORMATS[form](said, code)):
            click.echo(document)


_voice = _Voice()


def formatted(command: Command) -> Command:
    """The option ``--format`` for a command."""

    def chosen(context: click.Context, _: click.Parameter, form: str) -> None:
        _voice.start(context.command_path, form)

    option = click.option(
        "--format",
        type=click.Choice([_TEXT, *FORMATS]),
        default=_TEXT,
        show_default=True,
        is_eager=True,
        expose_value=False,
        callback=chosen,
        help="How to say results and problems.",
    )
    return option(command)


def loudness(command: Command) -> Command:
    """The options ``--quiet`` and ``--verbose`` for the group of all commands."""

    def chosen(_: click.Context, parameter: click.Parameter, given: bool) -> None:
        setattr(_voice, str(parameter.name), given)

    for flag, help_ in (("-v/--verbose", "Tell every step on stderr."), ("-q/--quiet", "No progress, no warnings.")):
        option = click.option(*flag.split("/"), is_flag=True, expose_value=False, callback=chosen, help=help_)
        command = option(command)
    return command


def result(text: str | None, *, ok: bool = True, **facts: Any) -> None:
    """One line of result, None where its causes say all; ``facts`` are for formats that have keys."""
    if _voice.form != _TEXT:
        _voice.said.results.append(Result(text, ok, facts))
    elif text is not None:
        click.echo(text)


def cause(problem: Problem | str) -> None:
    """One cause of a refusal, or a remark for people alone."""
    if _voice.form != _TEXT and isinstance(problem, Problem):
        _voice.said.problems.append(problem)
    else:
        click.echo(str(problem), err=True)


def warning(problem: Problem) -> None:
    """What refuses nothing but should be known."""
    if _voice.form != _TEXT:
        _voice.said.warnings.append(problem)
    elif not _voice.quiet:
        click.echo(f"warning: {problem}", err=True)


def refused(error: CiqError) -> int:
    """Say all causes; the exit code that goes with them."""
    for problem in error.problems:
        cause(problem)
    return error.exit_code


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what ciq and click raise on purpose into causes and an exit code."""
    _voice.start()
    try:
        with _causes_told():
            yield
    except SystemExit as ended:
        with _causes_told():
            _voice.finish(ended.code if isinstance(ended.code, int) else 0)
        raise


@contextmanager
def _causes_told() -> Iterator[None]:
    try:
        yield
    except CiqError as error:
        sys.exit(refused(error))
    except click.ClickException as error:
        _voice.start()
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
    """A progress bar on a terminal's stderr; a line a step where ``--verbose`` asks; else silence."""
    if _voice.verbose:
        yield _step_by_step()
        return
    if _voice.quiet or not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total or None)


def _step_by_step() -> Progress:
    """A line on stderr whenever something else is under way."""
    told = ""

    def tell(what: str, done: int, total: int) -> None:
        nonlocal told
        if what != told:
            told = what
            click.echo(what, err=True)

    return tell
