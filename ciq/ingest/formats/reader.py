"""What every reader gives: the names a file has, a guarded pass over its bytes, typed rows, and places in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import CiqError
from ciq.ingest.content.raw import Raw, Tick


@dataclass(frozen=True)
class Header:
    """The columns of a file as it names them, in its order; ``types`` are engine types where the file has them."""

    names: tuple[str, ...]
    types: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Scan:
    """One pass over a file: its sha256 in hex (if hashed), its size, and its data records where the format shows them.

    ``content`` is what the engine reads: the file itself, or what was unpacked of it. ``multiline`` says whether a
    record spans several lines; ``plain`` that no value is quoted, begins or ends with a blank, or holds a blank other
    than the space, an underscore or ``+-``.
    """

    sha256: str
    bytes: int
    content: Path
    records: int | None = None
    multiline: bool = False
    plain: bool = False


class Digest:
    """The sha256 and the size of a file that goes by in blocks, of which ``tick`` is told too.

    Where what is read is not to land it is not ``hashed``, which costs as much as all guards together.
    """

    def __init__(self, tick: Tick, *, hashed: bool) -> None:
        self.bytes = 0
        self._sha256 = hashlib.sha256() if hashed else None
        self._tick = tick

    def __call__(self, block: bytes) -> None:
        if self._sha256:
            self._sha256.update(block)
        self.bytes += len(block)
        self._tick(len(block))

    @property
    def sha256(self) -> str:
        """Of the blocks so far, in hex; empty where they are not hashed."""
        return self._sha256.hexdigest() if self._sha256 else ""


@dataclass(frozen=True)
class Place:
    """Where a record stands: the 1-based line on which it begins, if the format has lines, and its values as text.

    ``offset`` is the byte of the decompressed text at which it begins, None also where the text was recoded.
    """

    line: int | None
    values: tuple[str, ...]
    offset: int | None = None


class Reader(Protocol):
    """One format. Every method raises DataRefused or LimitExceeded for what it finds."""

    def header(self, raw: Raw, contract: Contract) -> Header:
        """The file's columns, unjudged."""

    def scan(self, raw: Raw, contract: Contract, header: Header, digest: Digest) -> Scan:
        """Guard the content of a file, of which ``digest`` is shown every byte."""

    def rows(self, contract: Contract, header: Header, scan: Scan, *, demanding: bool) -> exp.Select:
        """The declared columns, typed, in the contract's order, each cell that can't be cast NULL.

        Beside them stands the text of such cells, see :func:`ciq.ingest.cells.casting.projection`. If it is
        ``demanding``, the first of them ends the statement, and so does a time that names its offset.
        """

    def expected(self, raw: Raw, contract: Contract) -> Scan | None:
        """What :meth:`scan` will find as far as the file's beginning shows, its hash and counts apart.

        None where the engine can't read before the scan has ended, or the beginning is refused.
        """

    def proved(self, contract: Contract, header: Header, scan: Scan) -> exp.Select | None:
        """The declared columns, typed, with ``_sound``, which is true of rows of which every cell could be cast.

        None where that would cost no less than :meth:`rows`.
        """

    def refusal(self, raw: Raw, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """What to raise when the engine failed with ``error``, or read another number of records than there are."""

    def places(self, raw: Raw, contract: Contract, header: Header, records: Sequence[int]) -> Mapping[int, Place]:
        """The places of the given 1-based data records."""
