"""From a column's profile to what the contract can say of it: the narrowest exact type, range, levels, nulls."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from ciq.contract.constraint_checks import extent
from ciq.contract.magnitude import LARGEST
from ciq.contract.model import Number
from ciq.contract.types import COLUMN_TYPES, Kind, TypeName
from ciq.draft.profile import MISSING_WORDS, MOST_LEVELS, NOTHING_ELSE, Profile

_INTEGERS: tuple[TypeName, ...] = ("int8", "int16", "int32", "int64")
_DIGITS = 3


@dataclass(frozen=True)
class Inferred:
    """One column as the contract will have it; ``found`` says in words what its cells are."""

    name: str
    type: TypeName
    nullable: bool
    constant: bool
    found: str
    range: tuple[Number, Number] | None = None
    levels: tuple[str, ...] | None = None

    @property
    def kind(self) -> Kind:
        """The family of the type."""
        return COLUMN_TYPES[self.type].kind

    @property
    def binary(self) -> bool:
        """Whether it can be a treatment: 0 and 1, both present, none missing."""
        return not self.nullable and not self.constant and (self.kind == "bool" or self.range == (0, 1))

    @property
    def too_large(self) -> bool:
        """Whether it can be neither outcome nor covariate, because the squares of its numbers are no doubles."""
        return self.range is not None and max(map(abs, self.range)) > LARGEST


def infer(profile: Profile, rows: int, missing_words: frozenset[str]) -> Inferred:
    """The column whose cells are ``profile``; ``missing_words`` are read as missing in every column."""
    odd = set(profile.odd) & missing_words
    nullable = profile.filled < rows or bool(odd)
    if profile.kind == "text":
        return _text(profile, rows, nullable, missing_words)
    empty = f", {rows - profile.fit:,} missing" if nullable else ""
    constant = profile.low == profile.high
    if profile.kind == "bool":
        return Inferred(profile.name, "bool", nullable, constant, f"true or false{empty}")
    found = f"{profile.low} .. {profile.high}{empty}"
    if profile.kind in ("date", "datetime"):
        kind: TypeName = "date" if profile.kind == "date" else "datetime"
        return Inferred(profile.name, kind, nullable, constant, found)
    type_name = _number_type(profile)
    bounds = (profile.low, profile.high) if profile.kind == "integer" else _around(profile.low, profile.high, type_name)
    return Inferred(profile.name, type_name, nullable, constant, found, bounds)


def _text(profile: Profile, rows: int, nullable: bool, missing_words: frozenset[str]) -> Inferred:
    levels = tuple(level for level in profile.odd if level not in missing_words)
    if profile.filled == 0 or not levels:
        return Inferred(profile.name, "string", True, True, "empty in this file")
    few = len(profile.odd) <= MOST_LEVELS and (2 * len(levels) <= profile.filled or len(levels) == 1)
    empty = ", some missing" if nullable else ""
    if few and not any("\0" in level for level in levels):  # which YAML can't hold
        found = f"{len(levels)} level{'s' if len(levels) > 1 else ''}{empty}"
        return Inferred(profile.name, "category", nullable, len(levels) == 1, found, levels=levels)
    return Inferred(profile.name, "string", nullable or bool(missing_words), False, f"texts{empty}")


def _number_type(profile: Profile) -> TypeName:
    if profile.kind == "float":
        return "float32" if profile.narrow == profile.fit else "float64"
    return next(name for name in _INTEGERS if _holds(name, profile.low, profile.high))


def _holds(name: str, low: Any, high: Any) -> bool:
    smallest, largest = extent(name)
    return bool(smallest <= low and high <= largest)


def _around(low: float, high: float, type_name: TypeName) -> tuple[float, float]:
    """Round bounds just outside ``low`` and ``high``: three digits of the larger, within the type."""
    smallest, largest = extent(type_name)
    magnitude = max(abs(Decimal(low)), abs(Decimal(high)))
    step = Decimal(1).scaleb(magnitude.adjusted() - _DIGITS + 1) if magnitude else Decimal(1)
    down = (Decimal(low) / step).to_integral_value(ROUND_FLOOR) * step
    up = (Decimal(high) / step).to_integral_value(ROUND_CEILING) * step
    bounds = (max(float(down), smallest), min(float(up), largest))
    return bounds if bounds[0] <= low and high <= bounds[1] else (low, high)


def words_for_missing(profiles: list[Profile]) -> tuple[str, ...]:
    """The words for a missing value that stand in columns otherwise of one kind, and those of dumps in any."""
    used = {word for profile in profiles for word in profile.odd if profile.kind != "text" or word in NOTHING_ELSE}
    return tuple(word for word in MISSING_WORDS if word in used)
