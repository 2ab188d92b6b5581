"""Names that mean something else to DuckDB, or that it does not give, keep a query on one engine."""

from __future__ import annotations

import time

import pytest

from ciq.router import classify
from ciq.router.catalog import Catalog

OTHERWISE = [
    ("SELECT k AS i FROM lab.t ORDER BY i IS NULL, k", "a column of the answer"),
    ("SELECT k AS x FROM lab.t ORDER BY -x", "a column of the answer"),
    ("SELECT * FROM lab.t JOIN lab.t AS u USING (k)", "merged columns"),
    ("SELECT * FROM lab.t NATURAL JOIN lab.t AS u", "merged columns"),
    ("SELECT * FROM (VALUES (1, 2)) AS v", "called otherwise"),
    ("SELECT column2 FROM (VALUES (1, 2)) AS v", "called otherwise"),
    ("WITH c AS (SELECT count(*) FROM lab.t) SELECT * FROM c", "called otherwise"),
    ("SELECT count FROM (SELECT count(*) FROM lab.t) AS q", "called otherwise"),
    ("SELECT * FROM (SELECT t.i, u.i FROM lab.t, lab.t AS u) AS q", "called otherwise"),
    ("SELECT * FROM (SELECT * FROM lab.t JOIN lab.t AS u ON t.i = u.k) AS q", "called otherwise"),
    (
        "SELECT i, (SELECT max(b.k) FROM (SELECT z AS i FROM (SELECT k AS z FROM lab.t) AS a WHERE i = 3) AS b) AS m "
        "FROM lab.t",
        "an outer one",
    ),
    (
        "SELECT q.z FROM lab.t, LATERAL (SELECT y AS k FROM (SELECT i AS y FROM lab.t) AS a WHERE k > 1) AS q(z)",
        "an outer one",
    ),
]


@pytest.mark.parametrize(("sql", "reason"), OTHERWISE)
def test_what_has_another_name_is_not_portable(sql: str, reason: str) -> None:
    assert reason in (classify(sql).differs or "")


ALIKE = [
    "SELECT k AS x, sum(i) AS s FROM lab.t GROUP BY k ORDER BY s DESC, x NULLS FIRST, -sum(i)",
    "SELECT t.*, u.i FROM lab.t JOIN lab.t AS u USING (k)",
    "SELECT n FROM (SELECT count(*) AS n FROM lab.t) AS q",
    "SELECT k FROM (SELECT k, count(*) FROM lab.t GROUP BY k) AS q",
    "WITH c (n) AS (SELECT count(*) FROM lab.t) SELECT * FROM c",
    "SELECT i FROM lab.t WHERE EXISTS (SELECT * FROM lab.t AS u JOIN lab.t AS v ON u.i = v.k)",
    "SELECT i FROM lab.t WHERE k = (SELECT max(u.k) AS i FROM lab.t AS u WHERE u.i > 3)",
    "SELECT i FROM lab.t WHERE k IN (SELECT u.k AS k FROM lab.t AS u WHERE k > 3)",
]


@pytest.mark.parametrize("sql", ALIKE)
def test_what_has_the_same_name_is(sql: str) -> None:
    assert classify(sql).differs is None


def test_a_long_text_is_looked_into_in_time() -> None:
    """Each part of it once, however many are within one another."""
    sums = ", ".join("+".join(["k"] + ["1"] * 400) for _ in range(60))
    known = Catalog(relations=frozenset({("public", "t")}), small={("public", "t"): frozenset({"q"})})
    columns = ", ".join(f"1 AS a{number}" for number in range(4000))
    start = time.perf_counter()
    assert classify(f"SELECT q, {sums} FROM t", known).differs is None  # noqa: S608  # of this file
    assert classify(f"SELECT (SELECT 1 FROM (SELECT {columns}) AS q) AS r", known).differs is None  # noqa: S608
    assert time.perf_counter() - start < 5
