"""The kind of each column, as far as its first rows tell: kinds are tried in order, where the texts look like them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ciq.contract.types import Kind
from ciq.draft.profile import MISSING_WORDS, Profile
from ciq.ingest.cells.casting import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciq.draft.profile import Figures, Wanted

_LOOKS: Mapping[Kind, re.Pattern[str]] = {
    "bool": re.compile("(?i)true|false"),
    **{kind: re.compile(form) for kind, form in FORMS.items()},
}
"""What every text of a kind looks like, in the order in which kinds are tried; not all that look so are of it."""


def settled(measure: Callable[[Wanted], Figures], texts: Mapping[str, Profile]) -> dict[str, Profile]:
    """Of each column its figures as the first kind that all cells are of; ``texts`` are those as text."""
    found, left = dict(texts), {name: _looked_like(profile) for name, profile in texts.items()}
    while wanted := {name: kinds[:1] for name, kinds in left.items() if kinds}:
        tried = [profile for profiles in measure(wanted).profiles.values() for profile in profiles.values()]
        found |= {profile.name: profile for profile in tried if profile.settled}
        left = {profile.name: left[profile.name][1:] for profile in tried if not profile.settled}
    return found


def _looked_like(texts: Profile) -> list[Kind]:
    """The kinds that all the texts at hand look like, in the order in which they are tried."""
    telling = [text for text in texts.odd if text not in MISSING_WORDS]
    return [kind for kind, look in _LOOKS.items() if telling and all(map(look.fullmatch, telling))]
