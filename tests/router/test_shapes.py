"""What is known of a statement by its shape is what would be said of it by itself."""

from __future__ import annotations

import gzip
import json
import os
import re
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import examples

from ciq.postgres import Server
from ciq.router import Router
from ciq.router.catalog import Catalog
from ciq.router.classify import classify
from ciq.router.shapes import Shapes
from ciq.router.statement import ENGINES, Statement

CORPORA = sorted(Path(os.environ.get("CIQ_ROUTER_CORPORA", "/nonexistent")).glob("*.jsonl.gz"))
CATALOG = Catalog(
    relations=frozenset({("public", "t")}),
    small={("public", "t"): frozenset("s")},
    whole={("public", "t"): frozenset("sai")},
)
"""A table with whole numbers, of two bytes among them."""

ODD_NUMBERS = ("0", "007", "1234567890", "99999999999", "1.5", "1e3", "-4", "- 4", "0x1F", "1_0")
NUMBERS = st.integers(0, 99).map(lambda at: str(7**at % 10**9) if at > len(ODD_NUMBERS) else [*ODD_NUMBERS, "5"][at])
CONDITIONS = st.sampled_from(
    [
        *(
            "a = {}",
            "{} < t.a",
            "a BETWEEN {} AND {} + {}",
            "a NOT BETWEEN {} AND {}",
            "a IN ({}, {})",
            "a NOT IN ({})",
        ),
        *(
            "a / {} = {}",
            "a % {} > {}",
            "s + {} > {}",
            "s = {}",
            "(a, i) = ({}, {})",
            "a = {} OR NOT i = {}",
            "a <> ({})",
        ),
        *("x = 'y{}' AND a = {}", "x = '''{}'' {}' AND a = {}", "x = 'it''s {}'", "d < DATE '2026-01-{}'", "x = '{}'"),
        *('"a{}" = {}', 't."a" = {}', "a={}and i={}", "a = {}::bigint", "a = CAST({} AS float({}))", "a[{}] = {}"),
        *(
            "a = $1 AND i = {}",
            "a = {} -- {}\n",
            "a = {} /* {} */",
            "x = E'\\'{}' AND a = {}",
            "x = $$ {} $$",
            "é = {}",
        ),
        *(
            "substring(x, {}, 2) = 'b' AND a = {}",
            "CASE WHEN a = {} THEN 1 ELSE 0 END = {}",
            "x LIKE '%{}%'",
            "a > {} + {}",
        ),
    ]
)
QUERIES = st.sampled_from(
    [
        *(
            "SELECT * FROM t WHERE {}",
            "SELECT count(*), a + {} FROM t WHERE {} GROUP BY {}",
            "SELECT a FROM t{} WHERE {}",
        ),
        *("SELECT a FROM t WHERE {} ORDER BY 1 LIMIT {}", "SELECT a FROM t ORDER BY i LIMIT {}", "SELECT {} FROM t"),
        *("SELECT a FROM t WHERE {} FOR UPDATE", "DELETE FROM t WHERE {}", "SELECT {}; SELECT a FROM t WHERE {}"),
        *(
            "SELECT (SELECT {}) FROM t WHERE {}",
            "SELECT 1 FROM t JOIN t u ON t.a = u.i + {} WHERE {} HAVING count(*) > {}",
        ),
    ]
)


def judged(*texts: str) -> list[Statement]:
    shapes = Shapes()
    return [shapes.judged(sql, CATALOG, ENGINES) for sql in texts]


def filled(draw: st.DrawFn, text: str, inner: st.SearchStrategy[str]) -> str:
    return "".join(part if at % 2 == 0 else draw(inner) for at, part in enumerate(re.split(r"(\{\})", text)))


@st.composite
def alike(draw: st.DrawFn) -> list[str]:
    """Texts that differ in numbers."""
    text = filled(draw, draw(QUERIES), CONDITIONS | st.just("{}"))
    return [filled(draw, text, NUMBERS) for _ in range(4)]


@settings(max_examples=examples(150), deadline=None)
@given(texts=alike())
def test_a_shape_says_what_the_text_does(texts: list[str]) -> None:
    assert judged(*texts) == [classify(sql, CATALOG) for sql in texts]


@pytest.mark.skipif(not CORPORA, reason="CIQ_ROUTER_CORPORA names no corpus")
@pytest.mark.parametrize("path", CORPORA, ids=lambda path: path.stem)
def test_so_it_does_of_statements_from_elsewhere(path: Path) -> None:
    random = Random(7)
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        texts = [json.loads(line)["sql"] for line in stream]
    for sql in texts:
        other = re.sub("[0-9]+", lambda number: str(random.randrange(10 ** len(number[0]))), sql)
        assert judged(sql, sql, other)[2] == classify(other, CATALOG)


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        ("SELECT a FROM t WHERE a = 5", "SELECT a FROM t WHERE a = 123456789", True),
        ("SELECT a FROM t WHERE a IN (5, 6) AND i > 0 + 3", "SELECT a FROM t WHERE a IN (1, 1) AND i > 9 + 0", True),
        ("SELECT a + 1 FROM t WHERE a = 5 LIMIT 3", "SELECT a + 1 FROM t WHERE a = 6 LIMIT 3", True),
        ("SELECT a + 1 FROM t WHERE a = 5 LIMIT 3", "SELECT a + 1 FROM t WHERE a = 5 LIMIT 4", False),
        ("SELECT a FROM t WHERE x = '5' AND a = 5", "SELECT a FROM t WHERE x = '6' AND a = 5", False),
        ("SELECT a FROM t WHERE a = 5", "SELECT a FROM t WHERE a = 1234567890", False),
        ("SELECT a FROM t WHERE a = 5", "SELECT a FROM t WHERE a = 5.5", False),
        ("SELECT a FROM t WHERE a / 5 = 2", "SELECT a FROM t WHERE a / 0 = 2", False),
        ("SELECT a FROM t WHERE a = 5 -- 1", "SELECT a FROM t WHERE a = 5 -- 2", False),
    ],
)
def test_numbers_that_columns_are_compared_with_are_free(
    monkeypatch: pytest.MonkeyPatch, first: str, second: str, known: bool
) -> None:
    texts: list[str] = []

    def noted(sql: str, *rest: object) -> Statement:
        texts.append(sql)
        return classify(sql, CATALOG)

    monkeypatch.setattr("ciq.router.shapes.classify", noted)
    assert judged(first, first, second)[2] == classify(second, CATALOG)
    assert texts == ([first, first] if known else [first, first, second])


def test_not_all_shapes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ciq.router.shapes._MOST", 8)
    shapes = Shapes()
    for sql in [*map("SELECT a FROM t WHERE a = 1 LIMIT {}".format, range(20))] * 3:
        assert shapes.judged(sql, CATALOG, ENGINES) == classify(sql, CATALOG)
        assert len(shapes._free) + len(shapes._moulds) <= 8
    for sql in map("SELECT a{} FROM t WHERE a = 1".format, range(20)):
        shapes.judged(sql, CATALOG, ENGINES)
        assert len(shapes._free) <= 8


def test_each_row_is_its_own(router: Router, served: Server) -> None:
    sql = "SELECT i, x FROM api.both WHERE i = {} AND i < 500 + 500"
    with closing(router):
        first = router.execute(sql.format(3))
        found = [router.execute(sql.format(number), engine=engine) for number in (4, 5) for engine in (None, *ENGINES)]
        assert first.table().to_pylist()[0]["i"] == 3
        assert [answer.table().to_pylist()[0]["i"] for answer in found] == [4, 4, 4, 5, 5, 5]
        assert len({answer.decision.statement.fingerprint for answer in (first, *found)}) == 1
        wide = router.decide(sql.format(4).replace("=", ">"))
        (scan,) = router.decide(sql.format(70).replace("=", ">")).statement.scans
        assert wide.statement.scans != (scan,)
        assert [each.spans for each in scan.filters] == [((None, 1000),), ((70, None),)]
