"""Dates and times that are not written as ISO 8601 has them, in forms that can be read in one way only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ciq.contract.model import Contract
from ciq.contract.types import Kind
from ciq.draft.profile import Figures, Profile, Wanted

if TYPE_CHECKING:
    Measure = Callable[[Contract, Wanted], Figures]
    """The figures of columns that are read as a contract says."""

_YEAR_FIRST = re.compile(r"[0-9]{4}[/.\u5e74][0-9]{1,2}\D.*")
FORMS: tuple[tuple[Kind, str], ...] = (
    ("date", "%Y/%m/%d"),
    ("datetime", "%Y/%m/%d %H:%M:%S"),
    ("datetime", "%Y/%m/%d %H:%M"),
    ("date", "%Y.%m.%d"),
    ("date", "%Y\u5e74%m\u6708%d\u65e5"),
)
"""Kinds and their forms for strptime: with the year in front, the month comes before the day wherever people write."""


def in_forms(measure: Measure, probe: Contract, texts: Sequence[Profile]) -> Mapping[str, tuple[Profile, str]]:
    """Of those columns of which one form holds all ``texts``, the figures as times in it, and the form."""
    found = dict[str, tuple[Profile, str]]()
    left = [profile.name for profile in texts if any(map(_YEAR_FIRST.fullmatch, profile.odd))]
    for kind, form in FORMS:
        if left:
            figures = measure(formed(probe, dict.fromkeys(left, form)), dict.fromkeys(left, (kind,)))
            times = [figures.profiles[name][kind] for name in left]
            found |= {profile.name: (profile, form) for profile in times if profile.settled}
            left = [name for name in left if name not in found]
    return found


def formed(probe: Contract, forms: Mapping[str, str]) -> Contract:
    """``probe``, reading columns in the given forms."""
    return probe.model_copy(update={"source": probe.source.model_copy(update={"datetime_format": dict(forms)})})
