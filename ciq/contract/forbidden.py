"""Globs of column names: ``*`` is any run, ``?`` one character, and nothing else is special."""

from __future__ import annotations


def matches(glob: str, name: str) -> bool:
    """Whether ``glob`` covers the whole of ``name``, compared without case.

    Only the last ``*`` is ever reconsidered, so that no glob is slow on a hostile name.
    """
    glob, name = glob.casefold(), name.casefold()
    at, read = 0, 0
    star, resume = -1, 0
    while read < len(name):
        if at < len(glob) and glob[at] == "*":
            star, resume = at, read
            at += 1
        elif at < len(glob) and glob[at] in ("?", name[read]):
            at += 1
            read += 1
        elif star >= 0:
            resume += 1
            at, read = star + 1, resume
        else:
            return False
    return not glob[at:].strip("*")
