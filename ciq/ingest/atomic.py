"""Folders that change whole: locked, written to aside, and safe on disk before anything is renamed."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ciq.ingest.manifest import ASIDE


@contextmanager
def sole(folder: Path) -> Iterator[Path]:
    """The data set's folder, locked, without what a killed run left; removed again if nothing came into it."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for left in folder.glob(f"{ASIDE}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()
        os.close(handle)


@contextmanager
def aside_in(folder: Path) -> Iterator[Path]:
    """A new path in ``folder``, for a folder that whoever needs it makes; removed in the end."""
    aside = folder / f"{ASIDE}{secrets.token_hex(8)}"
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def sync(path: Path) -> None:
    """Make a file, or the entries of a folder, safe from a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
