"""Bob Jenkins' lookup3 over many values at once, bit for bit as PostgreSQL's ``hash_bytes_extended``.

PostgreSQL places the rows of hash-partitioned tables by these hashes, so they stay the same from version to version.
Source: http://burtleburtle.net/bob/c/lookup3.c; PostgreSQL's src/common/hashfn.c.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
_State = tuple[Words, Words, Words]

_START = (0x9E3779B9 + 3923095) % 2**32
BLOCK = 12
"""Bytes that are mixed at once."""

_MIX = (4, 6, 8, 16, 19, 4)
_FINAL = (14, 11, 25, 16, 4, 14, 24)
# What of a word belongs to a value of which so many bytes are left.
_MASKS = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], np.uint32)


def of_numbers(values: npt.NDArray[Any]) -> Hashes:
    """The hash of each number: integers of 4 bytes at most and truths as ``hashint4extended`` has it.

    That of others is of the bytes that PostgreSQL sends for them, the highest first.
    """
    if values.dtype.kind in "bi" and values.dtype.itemsize <= 4:
        words = values.astype(np.int32).view(np.uint32)
    else:
        words = values.byteswap().view(np.uint32)
    width = words.size // max(1, values.size)
    a, b, c = _start(np.full(len(values), 4 * width, np.uint32))
    a += words[::width]
    if width == 2:
        b += words[1::2]
    return _finished(a, b, c)


def of_seeds(seeds: Hashes) -> Hashes:
    """The hash of the integer 0 with each seed, as ``hashint4extended(0, seed)``: another number of 64 bits."""
    a, b, c = _start(np.full(len(seeds), 4, np.uint32))
    a += (seeds >> np.uint64(32)).astype(np.uint32)
    b += seeds.astype(np.uint32)
    unseeded = np.flatnonzero(seeds == 0)  # a seed of 0 is none
    mixed = _mixed(a, b, c)
    for part, start in zip(mixed, _start(np.full(len(unseeded), 4, np.uint32)), strict=True):
        part[unseeded] = start
    return _finished(*mixed)


def of_texts(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Hashes:
    """The hash of each text's bytes: ``data[offsets[i]:offsets[i + 1]]``.

    ``data`` goes on for at least BLOCK bytes after the last text; what stands there does not matter.
    """
    words = np.lib.stride_tricks.as_strided(data[:4].view(np.uint32), (len(data) - 3,), (1,))
    at, lengths = offsets[:-1].copy(), np.diff(offsets)
    state = _start(lengths.astype(np.uint32))
    left = lengths.copy()
    rows = np.flatnonzero(left >= BLOCK)
    while rows.size:
        chosen = slice(None) if rows.size == left.size else rows
        a, b, c = (part[chosen] for part in state)
        here = at[chosen]
        a += words[here]
        b += words[here + 4]
        c += words[here + 8]
        for part, mixed in zip(state, _mixed(a, b, c), strict=True):
            part[chosen] = mixed
        at[chosen] += BLOCK
        left[chosen] -= BLOCK
        rows = rows[left[rows] >= BLOCK]
    a, b, c = state
    a += words[at] & _MASKS[np.minimum(left, 4)]
    b += words[at + 4] & _MASKS[np.clip(left - 4, 0, 4)]
    c += (words[at + 8] & _MASKS[np.clip(left - 8, 0, 4)]) << np.uint32(8)  # its lowest byte is the length's
    return _finished(a, b, c)


def _start(lengths: Words) -> _State:
    start = lengths + np.uint32(_START)
    return start, start.copy(), start.copy()


def _mixed(a: Words, b: Words, c: Words) -> _State:
    for shift in _MIX:
        a -= c
        a ^= _rotated(c, shift)
        c += b
        a, b, c = b, c, a
    return a, b, c


def _finished(a: Words, b: Words, c: Words) -> Hashes:
    for shift in _FINAL:
        c ^= b
        c -= _rotated(b, shift)
        a, b, c = b, c, a
    # Seven turns of three names: the last two that changed are b's and c's of the source.
    return (a.astype(np.uint64) << np.uint64(32)) | b


def _rotated(words: Words, shift: int) -> Words:
    return (words << np.uint32(shift)) | (words >> np.uint32(32 - shift))
