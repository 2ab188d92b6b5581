"""The hashes are the server's own, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from postgres_server import execute
from psycopg2 import sql

from ciq.postgres import Server
from ciq.publish import lookup3

TEXTS = [*("x" * length for length in range(64)), "日本" * 9, "a" * 4000, "\U0001f600", "z" * 11]
# numpy's type, PostgreSQL's, what is hashed there, and values.
NUMBERS: dict[str, tuple[str, str, list[Any]]] = {
    "i2": ("smallint", "v", [0, 1, -1, 2**15 - 1, -(2**15)]),
    "i4": ("integer", "v", [0, 1, -1, 2**31 - 1, -(2**31)]),
    "i8": ("bigint", "int8send(v)", [0, 1, -1, 2**40, 2**63 - 1, -(2**63)]),
    "f4": ("real", "float4send(v)", [0.0, -0.0, 1.5, float("inf")]),
    "f8": ("float8", "float8send(v)", [0.0, -0.0, 0.1, float("-inf")]),
    "?": ("boolean", "v", [True, False]),
}


def signed(hashes: lookup3.Hashes) -> list[int]:
    return [int(number) for number in hashes.view(np.int64)]


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers(postgres: Server, kind: str) -> None:
    name, hashed, values = NUMBERS[kind]
    query = sql.SQL("SELECT hash_record_extended(ROW({}), 0) FROM (SELECT unnest(%s::text[])::{} AS v) AS t")
    found = execute(postgres, query.format(sql.SQL(hashed), sql.SQL(name)), [[str(value) for value in values]])
    assert signed(lookup3.of_numbers(np.array(values, kind))) == [number for (number,) in found]


def test_seeds(postgres: Server) -> None:
    seeds = [0, 1, -1, 2**32, 2**63 - 1, -(2**63), 0]
    found = execute(postgres, "SELECT hashint4extended(0, v) FROM unnest(%s::bigint[]) AS t(v)", [seeds])
    assert signed(lookup3.of_seeds(np.array(seeds, np.int64).view(np.uint64))) == [number for (number,) in found]


def test_texts_of_any_length_in_one_batch(postgres: Server) -> None:
    found = execute(postgres, "SELECT hashtextextended(v, 0) FROM unnest(%s::text[]) AS t(v)", [TEXTS])
    images = [text.encode() for text in TEXTS]
    data = np.frombuffer(b"".join(images) + b"whatever follows", np.uint8)
    offsets = np.cumsum([0, *map(len, images)])
    assert signed(lookup3.of_texts(data, offsets)) == [number for (number,) in found]
