"""Ctrl-C while libraries are loaded, where Python alone would lose it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """Keep SIGINT until the body has ended, then raise KeyboardInterrupt. For imports.

    A library that is interrupted while it is loaded makes another error of it, or nothing at all. Signals come to the
    main thread alone; in another one there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt
