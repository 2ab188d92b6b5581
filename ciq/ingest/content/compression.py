"""Gzip and bzip2, decompressed as a stream: checksums verified, nothing cut, nothing behind, nothing without end."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from isal import igzip_lib

from ciq.contract.model import Limits
from ciq.errors import DataRefused, LimitExceeded, Problem

_BLOCK = 1 << 19
_ALWAYS = 1 << 20
"""What any file may decompress to: in small ones the ratio says nothing."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


@dataclass(frozen=True)
class Compression:
    """``magic`` begins each member of a file, and ``member`` a decompressor for one."""

    name: str
    magic: bytes
    member: Callable[[], _Decompressor]


COMPRESSIONS: dict[str, Compression] = {
    ".gz": Compression("gzip", b"\x1f\x8b", lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)),
    ".bz2": Compression("bzip2", b"BZh", bz2.BZ2Decompressor),
}
"""Compressions by lower-case extension."""


def decompressed(blocks: Iterator[bytes], compression: Compression, limits: Limits, path: Path) -> Iterator[bytes]:
    """The content of a compressed file, given as ``blocks``, in blocks.

    Raises DataRefused for damaged, cut or trailing data, LimitExceeded beyond ``limits``.
    """
    read = total = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for block in blocks:
            read += len(block)
            yield block

    try:
        for block in _members(counted(), compression, path):
            total += len(block)
            if total > allowed(limits, read):
                raise _too_much(allowed(limits, read), limits, path)
            yield block
    except (igzip_lib.IsalError, OSError, EOFError) as error:  # type: ignore[misc]  # typed as an instance
        message = f"the {compression.name} data are damaged after {total} decompressed bytes: {error}"
        raise DataRefused(Problem("F130", message, path, help="fetch or compress the file again")) from error


def allowed(limits: Limits, size: int) -> int:
    """What ``size`` compressed bytes may decompress to; held against every beginning of a file, a bomb ends early."""
    return min(limits.max_decompressed, max(_ALWAYS, int(limits.max_ratio * size)))


def _members(blocks: Iterator[bytes], compression: Compression, path: Path) -> Iterator[bytes]:
    member = compression.member()
    rest = b""
    for block in blocks:
        rest += block
        while rest or not (member.needs_input or member.eof):
            if member.eof:
                if len(rest) < len(compression.magic):
                    break
                member = _next_member(rest, compression, path)
            content = member.decompress(rest, _BLOCK)
            rest = member.unused_data if member.eof else b""
            if content:
                yield content
    if rest:
        _next_member(rest, compression, path)
    if not member.eof:
        message = f"the {compression.name} data end before their end"
        raise DataRefused(Problem("F131", message, path, help="fetch or compress the file again"))


def _next_member(rest: bytes, compression: Compression, path: Path) -> _Decompressor:
    if not rest.startswith(compression.magic):
        message = f"other bytes follow the {compression.name} data"
        raise DataRefused(Problem("F132", message, path, help="compress the file again"))
    return compression.member()


def _too_much(most: int, limits: Limits, path: Path) -> LimitExceeded:
    limit = "max_decompressed" if most == limits.max_decompressed else "max_ratio"
    message = f"the file decompresses to more than {most} bytes, with more to come"
    return LimitExceeded(Problem("F133", message, path, help=f"raise source.limits.{limit} if that is meant"))
