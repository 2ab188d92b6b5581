"""Whatever the text, there is an answer; and no disguise makes a read of a write."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import examples

from ciq.router import classify

WRITES = ("DELETE FROM t", "INSERT INTO t VALUES (1)", "SELECT nextval('s')", "SELECT 1 INTO n", "DROP TABLE t")
SPACE = st.sampled_from(
    [" ", "\n", "\t", "/* x */", "/* a /* b */ c */", "-- x\n", "/* 'open */", "/* engine:duckdb */"]
)
HARMLESS = st.sampled_from(
    ["SELECT 1", "SELECT ';'", "SELECT $a$ ' $a$", "VALUES (1)", "SELECT E'\\''", 'SELECT 1 AS "x;"']
)
WORDS = ("SELECT", "FROM", "WITH", "DELETE", "INTO", "AS", "t", "1", "nextval('s')", "é", "😀", "\ud800", "\0")
SIGNS = ("(", ")", "'", '"', "$$", "$a$", "--", "/*", "*/", ";", ",", "\\", "E'", "U&'", "::", "[", "{", "?", "$1", "@")
FRAGMENTS = st.sampled_from([*WORDS, *SIGNS])


CONSTANTS = st.sampled_from(
    [
        *("1", "-1", "+ 1", "1_000.5", "0x1F", "0x1FFFFFFFFFFFFFFFFF", "0b" + "1" * 70, "0o7", "1e999", ".5", "1."),
        *(
            "'x'",
            "E'\\n'",
            "B'101'",
            "$$x$$",
            "NULL",
            "true",
            "$1",
            "b",
            "*",
            "now()",
            "ARRAY[1]",
            "ROW(1)",
            "(SELECT 1)",
        ),
        *("DATE 'x'", "'1'::date", "1 + 2", "- (1 - 'x')", "1e999 - 1e999", "@ 1", "1 !", "current_date - 1"),
    ]
)
CONDITIONS = st.sampled_from(
    [
        *(
            "a = {}",
            "{} < t.a",
            "a BETWEEN {} AND {}",
            "a BETWEEN SYMMETRIC {} AND {}",
            "a IN ({}, {})",
            "a NOT IN ({})",
        ),
        *("NOT a = {}", "(a, b) = ({}, {})", "a = ANY ({})", "a IS DISTINCT FROM {}", "a OPERATOR(pg_catalog.=) {}"),
        *("(t).a = {}", "w.x.y.a >= {}", "a[1] = {}", "- a = {}", "a LIKE {}", "a = {} OR b = {}", "a COLLATE x > {}"),
    ]
)


def recased(word: str, upper: list[bool]) -> str:
    return "".join(c.upper() if up else c.lower() for c, up in zip(word, upper, strict=False))


@settings(max_examples=examples(80), deadline=None)
@given(text=st.text(max_size=300) | st.lists(FRAGMENTS, max_size=40).map(" ".join))
def test_any_text_has_an_answer(text: str) -> None:
    assert classify(text).kind in ("read", "write", "unsure")


@settings(max_examples=examples(80), deadline=None)
@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=3), constants=st.lists(CONSTANTS, min_size=6, max_size=6))
def test_any_condition_has_an_answer(conditions: list[str], constants: list[str]) -> None:
    where = " AND ".join(conditions).format(*constants)
    statement = classify(f"SELECT a FROM t WHERE {where}")  # noqa: S608  # of this very file
    assert statement.kind in ("read", "unsure")
    assert all(each.spans for scan in statement.scans for each in scan.filters)


@settings(max_examples=examples(80), deadline=None)
@given(data=st.data())
def test_no_disguise_makes_a_read_of_a_write(data: st.DataObject) -> None:
    words = data.draw(st.sampled_from(WRITES)).split(" ")
    spaced = "".join(data.draw(SPACE) + word for word in words) + data.draw(SPACE)
    flips = data.draw(st.lists(st.booleans(), min_size=len(spaced), max_size=len(spaced)))
    plain = "'" not in spaced.replace("'s'", "").replace("/* 'open */", "")
    disguised = recased(spaced, flips) if plain and "engine" not in spaced else spaced
    around = data.draw(st.sampled_from(["{}", "{0};{1}", "{1};{0}", "EXPLAIN ANALYZE {0}"]))
    assert classify(around.format(disguised, data.draw(HARMLESS))).kind != "read"


@settings(max_examples=examples(60), deadline=None)
@given(
    depth=st.integers(1, 40),
    wrap=st.sampled_from(["({})", "(SELECT {})", "coalesce({}, 1)", "CASE WHEN true THEN {} END"]),
)
def test_nesting_hides_no_write(depth: int, wrap: str) -> None:
    inner = "nextval('s')"
    for _ in range(depth):
        inner = wrap.format(inner)
    assert classify(f"SELECT {inner}").kind == "write"


def deep(count: int) -> list[str]:
    shapes = [
        ("SELECT ", "(", "1", ")"),
        ("SELECT ", "(SELECT ", "1", ")"),
        ("SELECT 1", "+1", "", ""),
        ("SELECT ", "NOT ", "true", ""),
        ("SELECT 1", " UNION SELECT 1", "", ""),
        ("SELECT a", "[1]", "", ""),
        ("SELECT ", "[", "", "]"),
        ("SELECT * FROM t", " JOIN t USING (a)", "", ""),
        ("SELECT a", " AND b OR c", "", ""),
        ("", "/*", " ", "*/"),
        ("SELECT ''", "||'a'", "", ""),
        ("", "SELECT 1;", "", ""),
        ("SELECT x IN (", "1, ", "1) FROM t", ""),
        ("SELECT '", "xxxxxxxxxx", "", ""),
    ]
    return [start + opening * count + middle + closing * count for start, opening, middle, closing in shapes]


@pytest.mark.parametrize("count", [1_000, 20_000, 100_000])
def test_deep_and_long_statements_have_an_answer(count: int) -> None:
    """In a process of its own: what a parser can't bear ends the process, and no exception tells of it."""
    script = (
        "import sys; sys.path[:0] = ['tests', 'tests/router']; "
        "from test_classify_fuzz import deep; from ciq.router import classify; "
        f"print(*(classify(sql).kind for sql in deep({count})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split()) == len(deep(1))
