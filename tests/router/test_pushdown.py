"""What of a PostgreSQL relation is carried to a join on DuckDB: the columns and rows that can count, and no others."""

from __future__ import annotations

import pytest

from ciq.router.pushdown import part
from ciq.router.statement import Relation

R = Relation("r", "s")
COLUMNS = {"id": "int4", "day": "date", "name": "text", "note": None, "Odd": "text"}
ALL = tuple(COLUMNS)
JOIN = "SELECT l.x FROM l, s.r WHERE {}"


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT l.x, r.name FROM l JOIN s.r ON l.i = r.id", ("id", "name")),
        ("SELECT count(*) FROM l, s.r", ("id",)),
        ("SELECT l.* FROM l JOIN s.r USING (id)", ("id",)),
        ("SELECT name FROM s.r GROUP BY name ORDER BY max(day)", ("day", "name")),
        ('SELECT "Odd", "NAME" FROM s.r', ("name", "Odd")),
        ("SELECT * FROM l JOIN s.r ON l.i = r.id", ALL),
        ("SELECT r.* FROM l, s.r", ALL),
        ("SELECT q.* FROM l, s.r AS q", ALL),
        ("SELECT r FROM l, s.r", ALL),
        ("SELECT count(q) FROM l, s.r AS q", ALL),
        ('SELECT "R".* FROM l, s.r', ALL),
        ('SELECT count("Q") FROM l, s.r AS q', ALL),
        ("SELECT name FROM s.r ANTI JOIN l ON id = i", ALL),
        ("SELECT count(*) FROM l NATURAL JOIN s.r", ALL),
        ("SELECT q.a FROM l, s.r AS q(a, b)", ALL),
        ("FROM s.r SELECT name", ALL),
    ],
)
def test_the_columns(sql: str, columns: tuple[str, ...]) -> None:
    assert part(sql, R, COLUMNS, True).columns == columns


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ("r.id > 5", '("id" > 5)'),
        ("id >= -5 AND r.name = 'o''x'", "(\"id\" >= -5) AND (\"name\" = 'o''x')"),
        ("r.id IN (1, 2) OR r.name IS NULL", '("id" IN (1, 2) OR "name" IS NULL)'),
        ("r.id NOT IN (1, 2)", 'NOT "id" IN (1, 2)'),
        ("r.id BETWEEN 1 AND 2", '"id" BETWEEN 1 AND 2'),
        ("r.id NOT BETWEEN 1 AND 2", 'NOT "id" BETWEEN 1 AND 2'),
        ("r.name LIKE 'a%'", "(\"name\" LIKE 'a%')"),
        ("r.name NOT LIKE 'a_'", "NOT (\"name\" LIKE 'a_')"),
        (
            "r.day < date '2024-03-01' - interval '3 days'",
            "(\"day\" < (CAST('2024-03-01' AS DATE) - CAST('3 days' AS INTERVAL)))",
        ),
        ("NOT (r.id = 1 AND r.name <> '')", 'NOT ((("id" = 1) AND ("name" <> \'\')))'),
        ("(r.id + 1) * 2 - 0 > 1.5", '(((("id" + 1) * 2) - 0) > 1.5)'),
        ("(r.name NOT IN ('a', 'b')) IS NULL", "(NOT \"name\" IN ('a', 'b')) IS NULL"),
        ("(r.id IS NULL) = (r.name IS NULL)", '(("id" IS NULL) = ("name" IS NULL))'),
        ("(r.id <> 1) IN (r.name IS NULL)", '("id" <> 1) IN (("name" IS NULL))'),
        ("r.day BETWEEN '2024-01-01' AND '2024-01-31'", "\"day\" BETWEEN '2024-01-01' AND '2024-01-31'"),
    ],
)
def test_a_condition_as_it_is_written(where: str, condition: str) -> None:
    assert pushed(f"l.i = r.id AND ({where})") == condition  # what names both stays


def pushed(where: str, bytewise: bool = True) -> str | None:
    found = part(JOIN.format(where), R, COLUMNS, bytewise).condition
    return found and found.sql("postgres")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM l, s.r WHERE l.x > 5",
        "SELECT 1 FROM l, s.r WHERE r.id > 5 OR l.x > 5",
        "SELECT 1 FROM l, s.r WHERE r.note = 'x'",
        "SELECT 1 FROM l, s.r WHERE r.name = upper('x')",
        "SELECT 1 FROM l, s.r WHERE r.name LIKE 'a\\%'",
        "SELECT 1 FROM l, s.r WHERE r.id = '5'",
        "SELECT 1 FROM l, s.r WHERE r.day IN ('2024-01-01', 'today')",
        "SELECT id FROM s.r ANTI JOIN l ON id = i AND id > 5",
        "SELECT l.i FROM l ASOF JOIN s.r ON i >= r.id WHERE r.id > 5",
        "SELECT 1 FROM l, s.r WHERE r.id > (SELECT max(i) FROM l)",
        "SELECT 1 FROM l, s.r WHERE r.id / l.i > 1",
        "SELECT 1 FROM l LEFT JOIN s.r ON l.i = r.id WHERE r.id IS NULL",
        "SELECT 1 FROM s.r LEFT JOIN l ON l.i = r.id AND r.id > 5",
        "SELECT 1 FROM l FULL JOIN s.r ON r.id > 5 WHERE r.id > 5",
        "SELECT 1 FROM l JOIN s.r USING (id) WHERE id > 5",
        "SELECT 1 FROM l NATURAL JOIN s.r WHERE r.name = 'x'",
        "SELECT 1 FROM l, s.r AS q(name, id) WHERE q.id > 5",
        "SELECT 1 FROM (l JOIN s.r ON true) AS j WHERE id > 5",
        "SELECT 1 FROM l, s.r TABLESAMPLE bernoulli (50) WHERE r.id > 5",
        "SELECT 1 FROM s.r a, s.r b WHERE a.id > 5",
        "SELECT (SELECT max(day) FROM s.r) FROM l, s.r WHERE r.id > 5",
        "SELECT 1 FROM l, s.r WHERE 1 > 0",
        "FROM s.r SELECT id WHERE id > 5",
    ],
)
def test_conditions_that_stay(sql: str) -> None:
    assert part(sql, R, COLUMNS, True).condition is None


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ("SELECT 1 FROM l LEFT JOIN s.r ON l.i = r.id AND r.id > 5", '("id" > 5)'),
        ("SELECT 1 FROM s.r LEFT JOIN l ON l.i = r.id WHERE r.id > 5", '("id" > 5)'),
        ("SELECT 1 FROM l RIGHT JOIN s.r ON l.i = r.id AND r.id < 9 WHERE r.id > 5", '("id" > 5)'),
        ("SELECT 1 FROM l WHERE i IN (SELECT id FROM s.r WHERE id > 5)", '("id" > 5)'),
        ("WITH x AS (SELECT * FROM s.r AS q WHERE q.id > 5) SELECT 1 FROM l, x", '("id" > 5)'),
        ("SELECT 1 FROM s.r a, s.r b WHERE a.id > 5 AND b.id < 9", '("id" > 5) OR ("id" < 9)'),
        ("SELECT 1 FROM l UNION SELECT id FROM s.r WHERE id > 5", '("id" > 5)'),
        ("EXPLAIN SELECT 1 FROM l, s.r WHERE r.id > 5", '("id" > 5)'),
    ],
)
def test_where_a_condition_goes_down(sql: str, condition: str) -> None:
    found = part(sql, R, COLUMNS, True).condition
    assert found is not None
    assert found.sql("postgres") == condition


def test_texts_are_not_ordered_in_a_database_with_a_locale() -> None:
    assert pushed("r.name > 'a' AND r.name <> 'b'", bytewise=False) == "(\"name\" <> 'b')"


def test_a_common_table_expression_of_that_name_is_another_relation() -> None:
    sql = "WITH r AS (SELECT 1 AS id) SELECT 1 FROM l, r WHERE r.id > 5"
    assert part(sql, Relation("r"), COLUMNS, True).condition is None
