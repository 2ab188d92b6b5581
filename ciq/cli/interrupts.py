"""Ctrl-C while a library in C waits for an engine, where Python alone would say so late."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AGAIN = 0.1
"""Seconds between two tries: the first may come before the statement has reached its engine."""


@contextmanager
def cancelling(cancel: Callable[[], None]) -> Iterator[None]:
    """Call ``cancel`` from another thread as soon as SIGINT arrives, and again until the body has ended.

    KeyboardInterrupt is then raised in the body as ever; what the driver makes of it, or of being cancelled, leaves
    here as KeyboardInterrupt too. For the main thread.
    """
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    interrupted, ended = threading.Event(), threading.Event()

    def watch() -> None:
        while (heard := ear.recv(1)) and heard[0] != signal.SIGINT:
            pass
        if heard:
            interrupted.set()
        while heard and not ended.is_set():
            cancel()
            ended.wait(_AGAIN)

    watcher = threading.Thread(target=watch, daemon=True)
    before = signal.set_wakeup_fd(mouth.fileno())
    watcher.start()
    try:
        try:
            yield
        finally:
            ended.set()
            signal.set_wakeup_fd(before)
            mouth.close()
            watcher.join()
            ear.close()
    except Exception as error:
        if interrupted.is_set():
            raise KeyboardInterrupt from error
        raise
