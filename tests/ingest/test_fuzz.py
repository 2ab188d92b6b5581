"""Damaged files: each is refused, or lands the very rows that a slow reader in plain Python finds in it."""

from __future__ import annotations

import bz2
import gzip
import json
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from reference import TYPES, read
from small_project import Project
from soaking import campaign, examples

from ciq.errors import CiqError, DataRefused, Problem
from ciq.ingest import check, ingest
from ciq.rules import RULES

NAMES = list(TYPES)
CELLS = [
    ["1", "42.0", "+7", "-9223372036854775808", "9007199254740993"],
    ["0", "1", "1.0"],
    ["1.5", "", "-.5", "1e3", "9007199254740992", "0.1234567890123456789"],
    ["a", "", 'with "quotes"', "a,b", "two\nlines", "é日", " b "],
    ["true", "0", "False", ""],
    ["2024-02-29", "", "1999-12-31"],
    ["2024-01-01 10:00:00", "2024-01-01T10:00", "2024-01-01", "2024-01-01 10:00:00.25", ""],
]


def sound(chance: random.Random, form: str) -> bytes:
    """A file that lands, of a few rows."""
    rows = [[f"{at}", *(chance.choice(cells) for cells in CELLS[1:])] for at in range(chance.randint(1, 8))]
    rows[0][0] = chance.choice(CELLS[0])
    if form == "jsonl":
        return "".join(json.dumps(dict(zip(NAMES, map(as_json, row), strict=True))) + "\n" for row in rows).encode()
    end = chance.choice(["\n", "\r\n"])
    lines = [",".join(NAMES), *(",".join(quoted(chance, cell) for cell in row) for row in rows)]
    return (chance.choice(["", "\ufeff"]) + end.join(lines) + chance.choice(["", end])).encode()


def as_json(cell: str) -> object:
    try:
        return json.loads(cell.lower()) if cell[0] in "-0123456789tf" else cell
    except (ValueError, IndexError):
        return cell or None


def quoted(chance: random.Random, cell: str) -> str:
    must = any(mark in cell for mark in ',"\n')
    return '"' + cell.replace('"', '""') + '"' if must or chance.random() < 0.1 else cell


def flip(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def repeat_line(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    return b"".join([*lines[:at], lines[at], *lines[at:]])


def insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    piece = chance.choice(
        [b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\0", b" ", b"\xff", b"\xef\xbb\xbf", b"9", b"-", b"Z", b"\\"]
    )
    return data[:at] + piece + data[at:]


def leave_out(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 3) :]


DAMAGE: list[Callable[[random.Random, bytes], bytes]] = [flip, cut, repeat_line, insert, insert, leave_out]
PACK = {"": bytes, ".gz": partial(gzip.compress, mtime=0), ".bz2": bz2.compress}


def damaged(chance: random.Random) -> tuple[str, bytes]:
    form, packing = chance.choice(["csv", "csv", "jsonl"]), chance.choice(["", "", ".gz", ".bz2"])
    content = sound(chance, form)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        content = chance.choice(DAMAGE)(chance, content) if content else content
    content = PACK[packing](content)
    if packing and chance.random() < 0.3:
        content = chance.choice([flip, cut, insert])(chance, content)
    return f"d.{form}{packing}", content


def places(problems: tuple[Problem, ...]) -> list[tuple[str, int | None, str]]:
    return [(problem.rule, problem.line, problem.message) for problem in problems]


@pytest.mark.parametrize("seed", range(campaign(2, 10)))
def test_damaged_files(seed, make):
    chance, verdicts = random.Random(seed), Counter[str]()
    contract = make(types=TYPES)
    for _ in range(examples(40)):
        name, content = damaged(chance)
        with TemporaryDirectory() as folder:
            project = Project(Path(folder))
            path = project.put(content, name)
            checked = check(path, contract) if seed == 0 else None
            try:
                manifest = ingest(project.root, {"d": contract}, "d").manifest
            except CiqError as refused:
                assert isinstance(refused, DataRefused) and all(each.rule in RULES for each in refused.problems)
                assert not list(project.root.glob("data/staged/**/*"))
                if checked:
                    assert places(checked.problems) == places(refused.problems), (name, content)
                verdicts["refused"] += 1
                continue
            if checked:
                assert (checked.ok, checked.rows) == (True, manifest.rows), (name, content)
            rows = project.rows(manifest, "* EXCLUDE (_source, _file, _row)")
            assert rows == read(path), (name, content)
            verdicts["landed"] += 1
    assert verdicts["landed"] and verdicts["refused"]
