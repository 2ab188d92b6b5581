"""Which column plays which part: what was asked for, else a guess by name and content, with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ciq.contract.magnitude import LARGEST
from ciq.contract.nearest import did_you_mean
from ciq.draft.infer import Inferred
from ciq.errors import DataRefused, Problem, UsageError

_ID = re.compile(r"(?i)(id|key|uuid|seqn|.*_id|.*_key|.*_uuid|.*_no|.*id_?number)")
_TREATMENT = re.compile(r"(?i)(.*_)?(treat(ed|ment)?|exposed|exposure|intervention|arm|trt)(_.*)?|[tzdw]")
_OUTCOME = re.compile(r"(?i)(.*_)?(outcome|response|target|label|y)(_.*)?")
_LATER = re.compile(r"(?i)(future|post|after)_.*|.*_(future|post|after)")


_SHOWN = 20
_TIMES = ("date", "datetime")
_NUMBERS = ("integer", "float", "bool")
_FITS: tuple[tuple[str, Callable[[Inferred], bool], str], ...] = (
    ("id", lambda column: not column.nullable, "an identity is never missing"),
    (
        "time",
        lambda column: column.kind in _TIMES and not column.nullable,
        "a time is a date or datetime, with no gap",
    ),
    ("treatment", lambda column: column.binary, "a treatment is 0 and 1, both of them, never missing"),
    (
        "outcome",
        lambda column: column.kind in _NUMBERS and not column.too_large,
        f"an outcome is a number, and none of it beyond {LARGEST:g}",
    ),
)


@dataclass(frozen=True)
class Roles:
    """The parts of the columns; ``reasons`` has, by contract key, why a column was guessed."""

    id: str | None = None
    time: str | None = None
    treatment: str | None = None
    outcome: str | None = None
    covariates: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def named(self) -> Iterable[str]:
        """Every column that has a part."""
        return (name for name in (self.id, self.time, self.treatment, self.outcome, *self.covariates) if name)


def check_names(asked: Roles, names: Sequence[str], path: Path) -> None:
    """Raises UsageError where a part is asked for a column that the file doesn't have."""
    unknown = [name for name in asked.named() if name not in names]
    if unknown:
        known = f"it has {', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}"
        raise UsageError(
            *(
                Problem("E431", f"the file has no column {name!r}", path, help=did_you_mean(name, names) or known)
                for name in unknown
            )
        )


def check_fit(columns: Sequence[Inferred], asked: Roles, path: Path) -> None:
    """Raises UsageError where a column can't play the part it was asked to."""
    by_name = {column.name: column for column in columns}
    problems = []
    for role, fits, takes in _FITS:
        name = getattr(asked, role)
        if name and not fits(by_name[name]):
            problems.append(Problem("E431", f"{name!r} ({by_name[name].found}) can't be the {role}: {takes}", path))
    for name in asked.covariates:
        if by_name[name].kind in ("date", "datetime"):
            problems.append(Problem("E431", f"{name!r} is a time and can't be a covariate", path))
        if by_name[name].too_large:
            problems.append(Problem("E431", f"{name!r} has numbers beyond {LARGEST:g} and can't be a covariate", path))
    if problems:
        raise UsageError(*problems)


def first_time(columns: Sequence[Inferred]) -> str | None:
    """The first column of times without a gap."""
    return next((column.name for column in columns if column.kind in _TIMES and not column.nullable), None)


def may_be_id(name: str, first: str) -> bool:
    """Whether a column that never repeats is called like an identity, or stands first."""
    return name == first or bool(_ID.fullmatch(name))


def assign(columns: Sequence[Inferred], asked: Roles, unique: str | None) -> Roles:
    """The roles: ``unique`` is the column that tells the rows apart, alone or with the time, if one does.

    Raises DataRefused where no column can be the treatment or none is left as a covariate, UsageError where the rows
    repeat the identity asked for.
    """
    if asked.id and not unique:
        help_ = "name the time column too, if one identity has several rows; or leave it out"
        raise UsageError(Problem("E431", f"{asked.id!r} repeats and can't be the id", help=help_))
    roles, reasons = asked, dict[str, str]()
    if unique and not asked.id:
        roles, reasons["id_col"] = replace(roles, id=unique), "it tells the rows apart"
    free = [column for column in columns if column.name not in set(roles.named())]
    times = [column for column in free if column.kind in _TIMES and not column.nullable]
    if times and not asked.time:
        roles, reasons["time_col"] = replace(roles, time=times[0].name), _of(times, "which are times")
    arms = [column for column in free if column.binary]
    if not asked.treatment:
        if not arms:
            help_ = "code it as 0 and 1, without missing values"
            raise DataRefused(Problem("E433", "no column can be the treatment", help=help_))
        arm = _called(_TREATMENT, arms) or arms[0]
        roles, reasons["treatment_col"] = replace(roles, treatment=arm.name), _of(arms, "which hold 0 and 1")
    free = [column for column in free if column.name not in set(roles.named())]
    figures = [column for column in free if column.kind in _NUMBERS and not column.constant and not column.too_large]
    if len(figures) > 1 and not asked.outcome:
        outcome = _called(_OUTCOME, figures) or _last(figures, lambda column: not column.binary) or figures[-1]
        roles, reasons["outcome_col"] = replace(roles, outcome=outcome.name), "its name, or the last number"
    if not asked.covariates:
        covariates = tuple(column.name for column in columns if _may_be_covariate(column, roles))
        roles = replace(roles, covariates=covariates)
        if not covariates:
            raise _without_covariate([column for column in free if column.name != roles.outcome])
        reasons["covariate_cols"] = "keep only what was known before the treatment"
    return replace(roles, reasons=reasons)


def _without_covariate(left: Sequence[Inferred]) -> DataRefused:
    found = ", ".join(f"{column.name} ({column.found})" for column in left[:_SHOWN])
    help_ = f"numbers have a point and nothing else between digits; left are {found}" if found else None
    return DataRefused(Problem("E433", "no column is left as a covariate", help=help_))


def _may_be_covariate(column: Inferred, roles: Roles) -> bool:
    taken = column.name in (roles.id, roles.time, roles.treatment, roles.outcome)
    fits = (column.kind in _NUMBERS and not column.too_large) or column.type == "category"
    return fits and not taken and not column.constant and not _LATER.fullmatch(column.name)


def _of(columns: Sequence[Inferred], what: str) -> str:
    names = [column.name for column in columns]
    return f"of {', '.join(names)}, {what}" if len(names) > 1 else "the only one that can be"


def _called(pattern: re.Pattern[str], columns: Sequence[Inferred]) -> Inferred | None:
    return next((column for column in columns if pattern.fullmatch(column.name)), None)


def _last(columns: Sequence[Inferred], fits: Callable[[Inferred], bool]) -> Inferred | None:
    return next((column for column in reversed(columns) if fits(column)), None)
