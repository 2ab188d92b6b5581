"""Who is told how far a copy is: nobody, or the run that watches; SQLMesh, which stands between, hands nothing on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Watcher = Callable[[str, int, int], None]
"""Told what goes over, how many rows of it have gone and how many there are; by any thread."""

_watchers: list[Watcher] = []


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell ``watcher`` of every copy meanwhile."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def tell(what: str, done: int, total: int) -> None:
    """Say how far ``what`` is, to whoever watches."""
    for watcher in _watchers:
        watcher(what, done, total)
