"""Files, and the contracts drafted from them."""

from __future__ import annotations

import csv
from pathlib import Path

from ciq.contract import Contract, load
from ciq.draft import Roles, draft


def drafted(file: Path, asked: Roles = Roles()) -> Contract:  # noqa: B008
    """The contract drafted from a file that lies in a folder of its own."""
    path = file.with_name("drafted.yaml")
    path.write_text(draft(file, asked), encoding="utf-8")
    return load(path)


def write(folder: Path, rows: list[list[str]], name: str = "d.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return path
