"""A pattern covers the same texts in every engine that it is written for."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_server import execute
from soaking import examples

from ciq.contract import Contract
from ciq.contract.frames import PANDAS_END, POLARS_END
from ciq.contract.model import Constraints
from ciq.contract.patterns import for_frames, whole, whole_for_postgres
from ciq.errors import UsageError
from ciq.postgres import Server

pl = pytest.importorskip("polars", reason="needs the extra polars")
PIECES = [
    *("a", "b", ".", r"\.", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[a-c]", "[^a]", r"[\d-]", r"[\w.]", r"[^\s]"),
    *("[]a]", "[^]]", "[a-]", "[--a]", "[a[]", r"[\]\\]", "[[:alpha:]_]", r"\n", r"\x41", r"[\x41-\x43]", r"\x{e9}"),
    *("a{2}", "b{1,}", "a{,2}", "{", "}", "]", "-", "é", "(a|b)", "(?P<n>a)", "(?:ab)*", "a|b", "x?", "^a", "a$", " "),
]
TEXTS = [
    "",
    *"ab.\n\v\f\t1٣é_-,]}{[\\ A\u2003\u017f\u0085\r",
    "aa",
    "ab",
    "a{,2}",
    "1a",
    "a\n",
    "\na",
    "é1",
    "aA",
    "a\u2028",
]


def contract(pattern: str) -> Contract:
    types = {"t": "int8", "c": "string"}
    constraints = Constraints(patterns={"c": pattern})
    return Contract(
        name="d", path=Path("d.yaml"), treatment_col="t", covariate_cols=("c",), types=types, constraints=constraints
    )


def covered(pattern: str) -> list[bool]:
    with duckdb.connect() as con:
        query = "SELECT regexp_full_match(t, $2) FROM unnest($1::TEXT[]) AS u(t)"
        return [found for (found,) in con.execute(query, [TEXTS, pattern]).fetchall()]


@pytest.mark.parametrize("flags", ["", "(?s)"])
def test_the_same_texts_are_covered(flags: str, database: Server) -> None:
    @settings(max_examples=examples(60), deadline=None, derandomize=True)
    @given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
    def same(pieces: list[str]) -> None:
        pattern = flags + "".join(pieces)
        expected, declared = covered(pattern), contract(pattern)
        python = re.compile(f"^{for_frames(declared, 'c', PANDAS_END)}{PANDAS_END}")
        assert [bool(python.match(text)) for text in TEXTS] == expected
        rust = f"^{for_frames(declared, 'c', POLARS_END)}{POLARS_END}"
        assert pl.Series(TEXTS).str.contains(rust).to_list() == expected
        query = "SELECT t ~ %s FROM unnest(%s::text[]) WITH ORDINALITY AS u(t, at) ORDER BY at"
        found = execute(database, query, (whole_for_postgres(declared, "c"), TEXTS))
        assert [one for (one,) in found] == expected

    same()


def test_classes_are_written_out_for_json_schema() -> None:
    assert whole(contract(r"(?i)\w.[\s-]\$\x2e"), "c") == r"(?i:[0-9A-Za-z_][^\n][\t\n\f\r \-]\$\.)"


@pytest.mark.parametrize("pattern", [r"a\b", r"\pL", r"[\D]", r"[[:^alpha:]]", "(?i:a)b", r"\Qa.\E", r"a\z", r"\012"])
def test_what_another_engine_would_read_otherwise_is_refused(pattern: str) -> None:
    covered(pattern)
    with pytest.raises(UsageError, match="C114"):
        whole(contract(pattern), "c")
    with pytest.raises(UsageError, match="C114"):
        whole_for_postgres(contract(pattern), "c")
