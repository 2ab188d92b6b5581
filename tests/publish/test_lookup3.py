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
NUMBERS: dict[str, tuple[str, list[Any]]] = {
    "int2send": ("smallint", [0, 1, -1, 2**15 - 1, -(2**15)]),
    "int4send": ("integer", [0, 1, -1, 2**31 - 1, -(2**31)]),
    "int8send": ("bigint", [0, 1, -1, 2**40, 2**63 - 1, -(2**63)]),
    "float4send": ("real", [0.0, -0.0, 1.5, float("inf")]),
    "float8send": ("float8", [0.0, -0.0, 0.1, float("-inf")]),
    "boolsend": ("boolean", [True, False]),
}
TYPES = {"smallint": "i2", "integer": "i4", "bigint": "i8", "real": "f4", "float8": "f8", "boolean": "?"}


def signed(hashes: lookup3.Hashes) -> list[int]:
    return [int(number) for number in hashes.view(np.int64)]


@pytest.mark.parametrize("send", NUMBERS)
def test_numbers(postgres: Server, send: str) -> None:
    kind, values = NUMBERS[send]
    query = sql.SQL("SELECT hash_record_extended(ROW({}(v::{})), 0) FROM unnest(%s::text[]) WITH ORDINALITY AS t(v, n)")
    found = execute(postgres, query.format(sql.SQL(send), sql.SQL(kind)), [[str(value) for value in values]])
    assert signed(lookup3.of_numbers(np.array(values, TYPES[kind]))) == [number for (number,) in found]


def test_texts_of_any_length_in_one_batch(postgres: Server) -> None:
    found = execute(postgres, "SELECT hashtextextended(v, 0) FROM unnest(%s::text[]) AS t(v)", [TEXTS])
    images = [text.encode() for text in TEXTS]
    data = np.frombuffer(b"".join(images) + b"whatever follows", np.uint8)
    offsets = np.cumsum([0, *map(len, images)])
    assert signed(lookup3.of_texts(data, offsets)) == [number for (number,) in found]
