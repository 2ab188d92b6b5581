"""Ctrl-C while libraries are loaded is heard after they are."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from ciq.interrupts import held_back


@pytest.mark.usefixtures("heard")
def test_what_is_loaded_is_whole_before_ctrl_c_is_heard() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("loaded")
    assert done == ["loaded"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_nothing_is_held_back() -> None:
    done = []

    def load() -> None:
        with held_back():
            done.append("loaded")

    worker = threading.Thread(target=load)
    worker.start()
    worker.join()
    assert done == ["loaded"]
