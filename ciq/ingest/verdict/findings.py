"""Broken checks as problems with a file, a physical line, the raw value and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import Problem
from ciq.ingest.content.raw import Raw
from ciq.ingest.content.stamp import Stamp
from ciq.ingest.formats.reader import Header, Place, Reader
from ciq.ingest.manifest import SourceFile
from ciq.ingest.verdict.judging import Judged, Violation, first
from ciq.ingest.verdict.uniqueness import Repeat
from ciq.rules import RULES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLES = 20
_LONGEST = 60
_VERBS = {
    "I201": "is missing",
    "I202": "is out of range",
    "I203": "can't be cast",
    "I204": "is no known category",
    "I205": "doesn't match",
    "I206": "is no treatment arm",
    "I214": "is too large to be squared",
    "I210": "was skipped by its clock",
    "I211": "was shown twice by its clock",
}


@dataclass(frozen=True)
class Opened:
    """A source file with its header read; ``stamp`` was taken before its first byte was read.

    ``landed`` is what an earlier version says of this very file, where it holds all its rows.
    """

    raw: Raw
    reader: Reader
    header: Header
    stamp: Stamp
    landed: SourceFile | None = None

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.raw.path


Places = Mapping[int, Mapping[int, Place]]
"""Places by file ordinal and record."""


def problems(
    con: DuckDBPyConnection,
    contract: Contract,
    typed: exp.Query,
    judged: Judged,
    repeated: Sequence[Repeat],
    files: Sequence[Opened],
    *,
    fresh: bool,
) -> list[Problem]:
    """About 20 samples spread evenly over all that is broken, at least one for each, in the order of the rows.

    The first of each says how it is mended.
    """
    kinds = len(judged.violations) + len(repeated)
    quota = max(1, SAMPLES // max(1, kinds))
    shown = [
        Violation(found.check, found.count, first(con, contract, typed, found.check, quota, fresh=fresh))
        for found in judged.violations
    ]
    wanted = {at for found in shown for at in found.at}
    wanted |= {at for repeat in repeated for pair in repeat.pairs[:quota] for at in pair}
    places = _places(contract, files, wanted)
    told = [problem for found in shown for problem in _violated(found, files, places)]
    return told + [problem for repeat in repeated for problem in _repeated(repeat, quota, files, places)]


def _places(contract: Contract, files: Sequence[Opened], wanted: Iterable[tuple[int, int]]) -> Places:
    by_file: dict[int, list[int]] = {}
    for file, record in sorted(wanted):
        by_file.setdefault(file, []).append(record)
    return {
        file: files[file].reader.places(files[file].raw, contract, files[file].header, records)
        for file, records in by_file.items()
    }


def _violated(found: Violation, files: Sequence[Opened], places: Places) -> list[Problem]:
    problems = []
    for at, (file, record) in enumerate(found.at):
        source, place = files[file], places[file][record]
        tally = f" ({found.count} rows in all)" if at == 0 and found.count > 1 else ""
        where = "" if place.line else f" in row {record}"
        if found.check.column is None:
            message = f"rule {found.check.expected!r} does not hold{where}{tally}"
        else:
            raw = _raw(place, source.header, found.check.column)
            verb, expected = _VERBS[found.check.rule], found.check.expected
            message = f"{found.check.column} {raw} {verb}{where}: expected {expected}{tally}"
        help_ = None if at else RULES[found.check.rule].mend
        problems.append(Problem(found.check.rule, message, source.path, place.line, help=help_))
    return problems


def _repeated(repeat: Repeat, quota: int, files: Sequence[Opened], places: Places) -> list[Problem]:
    problems = []
    for at, ((file, record), (again, repetition)) in enumerate(repeat.pairs[:quota]):
        source, place, later = files[again], places[again][repetition], places[file][record]
        values = ", ".join(f"{name} {_raw(place, source.header, name)}" for name in repeat.key)
        before = f"line {later.line}" if later.line else f"row {record}"
        before = before if file == again else f"{before} of {files[file].path.name}"
        where = "" if place.line else f" in row {repetition}"
        tally = f" ({repeat.count} rows in all)" if at == 0 and repeat.count > 1 else ""
        message = f"{values} repeats{where}: first on {before}{tally}"
        help_ = None if at else RULES["I207"].mend
        problems.append(Problem("I207", message, source.path, place.line, help=help_))
    return problems


def _raw(place: Place, header: Header, name: str) -> str:
    shown = repr(place.values[header.names.index(name)])
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
