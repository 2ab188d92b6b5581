"""A raw file and its content: as it is, decompressed, recoded or converted, and only when somebody asks for it."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from ciq.contract.model import Source
from ciq.ingest.content.compression import Compression, decompressed
from ciq.ingest.content.encodings import is_utf8, recoded

_BLOCK = 1 << 19
_FIRST_PACKED, _PACKED = 1 << 14, 1 << 16
"""Of compressed bytes, the first of a file and the largest, so that a bomb is known by its first ones."""
Seen = Callable[[bytes], None]
"""Told of each block of the file itself, in order."""
Tick = Callable[[int], None]
"""Told of each count of bytes that was gone through."""


def _unseen(block: bytes) -> None:
    pass


@dataclass(frozen=True)
class Raw:
    """``path`` is the file and names it in messages; what is unpacked of it goes into the folder ``aside``.

    ``encoding`` is None for a format that is no text; ``convert`` makes of such a file, given this and the unpacked
    path, another that the engine can read.
    """

    path: Path
    source: Source
    aside: Path
    compression: Compression | None = None
    encoding: str | None = None
    convert: Callable[[Raw, Path, Path], None] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the content is the file itself, byte for byte."""
        return self.compression is None and self.is_utf8 and self.convert is None

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes, once decompressed, need no recoding."""
        return self.encoding is None or is_utf8(self.encoding)

    def blocks(self, seen: Seen = _unseen) -> Iterator[bytes]:
        """The content, in UTF-8 where it is text, before any conversion.

        Raises DataRefused or LimitExceeded where it can't be unpacked whole.
        """
        blocks: Iterator[bytes] = self.unpacked(seen)
        if self.encoding and not self.is_utf8:
            blocks = recoded(blocks, self.encoding, self.path)
        return blocks

    def unpacked(self, seen: Seen = _unseen) -> Generator[bytes, None, None]:
        """The bytes of the file, decompressed. Raises as :meth:`blocks`."""
        blocks: Iterator[bytes] = self._file(seen)
        if self.compression:
            blocks = decompressed(blocks, self.compression, self.source.limits, self.path)
        yield from blocks

    @contextmanager
    def open(self, seen: Seen = _unseen) -> Iterator[BinaryIO]:
        """:meth:`blocks` as a stream."""
        with ahead(self.blocks(seen)) as blocks:
            yield io.BufferedReader(_Stream(blocks), _BLOCK)

    @cached_property
    def content(self) -> Path:
        """A file with the content; converted, where the format asks for it."""
        unpacked = self.path
        if self.compression:
            unpacked = self.spool()
            with unpacked.open("wb") as stream, ahead(self.blocks()) as blocks:
                for block in blocks:
                    stream.write(block)
        if self.convert is None:
            return unpacked
        converted = self.spool()
        self.convert(self, unpacked, converted)
        return converted

    def spool(self) -> Path:
        """A new path in ``aside``, which is made if need be."""
        self.aside.mkdir(exist_ok=True)
        return self.aside / f"{secrets.token_hex(8)}.spool"

    def _file(self, seen: Seen) -> Iterator[bytes]:
        size, largest = (_FIRST_PACKED, _PACKED) if self.compression else (_BLOCK, _BLOCK)
        with self.path.open("rb") as stream:
            while block := stream.read(size):
                seen(block)
                yield block
                size = min(2 * size, largest)


@contextmanager
def ahead(blocks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """``blocks``, each made in another thread while the one before it is in use.

    The thread ends here and not with the last reference to the blocks: the garbage collector, when it runs in a thread
    that is being started, would wait for a lock that the starting thread holds.
    """
    with ThreadPoolExecutor(1) as worker:
        yield _made_by(worker, blocks)


def _made_by(worker: ThreadPoolExecutor, blocks: Iterator[bytes]) -> Iterator[bytes]:
    coming = worker.submit(next, blocks, b"")
    while block := coming.result():
        coming = worker.submit(next, blocks, b"")
        yield block


class _Stream(io.RawIOBase):
    """Blocks as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
