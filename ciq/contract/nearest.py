"""The nearest valid name, for messages that help."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

_LONGEST = 100
_MOST = 20


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was probably meant to be, compared without case."""
    if len(name) > _LONGEST:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in known if len(candidate) <= _LONGEST}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def nearest_of(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The known name nearest to each of the first 20 ``names``: nobody reads thousands, and each costs time."""
    candidates = list(known)
    return {name: near for name in islice(names, _MOST) if (near := nearest(name, candidates))}


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The question to put as help, where there is a near name."""
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else None
