"""Files that are whole or not there: written aside, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; it replaces ``target`` when the block ends well and is removed if not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.with_name(f".{secrets.token_hex(8)}-{target.name}")
    try:
        yield path
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Replace ``target`` by ``text`` in UTF-8, whole."""
    with aside(target) as path:
        path.write_text(text, encoding="utf-8", newline="\n")
