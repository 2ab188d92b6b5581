"""Dates and times that are not written as ISO 8601 has them, in forms that can be read in one way only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ciq.contract.model import Contract
from ciq.contract.types import Kind
from ciq.draft.profile import Figures, Wanted

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


def in_forms(measure: Measure, probe: Contract, sample: Figures, names: list[str]) -> Mapping[str, tuple[Kind, str]]:
    """The kind and the form of those columns among ``names`` of whose texts in the sample one form holds all."""
    found = dict[str, tuple[Kind, str]]()
    left = [name for name in names if any(map(_YEAR_FIRST.fullmatch, sample.profiles[name]["text"].odd))]
    for kind, form in FORMS:
        if left:
            figures = measure(formed(probe, dict.fromkeys(left, form)), dict.fromkeys(left, (kind,)))
            found |= {name: (kind, form) for name in left if figures.profiles[name][kind].settled}
            left = [name for name in left if name not in found]
    return found


def formed(probe: Contract, forms: Mapping[str, str]) -> Contract:
    """``probe``, reading columns in the given forms."""
    return probe.model_copy(update={"source": probe.source.model_copy(update={"datetime_format": dict(forms)})})
