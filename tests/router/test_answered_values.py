"""What the values of either engine are as Arrow, and which of them are refused."""

from __future__ import annotations

import pytest
from router_house import refused

from ciq.router import Router
from ciq.router.engine import StatementRefused


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT 1::numeric(10, 2) AS v", "1.00"),
        ("SELECT avg(i) AS v FROM api.served s(i)", "25.500000000000000000"),
        ("SELECT 'x'::bytea AS v", "b'x'"),
        ("SELECT '{\"a\": 1}'::jsonb AS v", '{"a": 1}'),
        ("SELECT ARRAY[1, 2] AS v", "{1,2}"),
        ("SELECT ARRAY[INTERVAL '1 month'] AS v", '{"1 mon"}'),
        ("SELECT ARRAY['x'::bytea] AS v", r'{"\\x78"}'),
        ("SELECT ARRAY['NaN'::float8, 1] AS v", "{NaN,1}"),
        ("SELECT int4range(1, 3) AS v", "[1,3)"),
        ("SELECT '10:00:00+02'::timetz AS v", "10:00:00+02"),
        ("SELECT '2024-03-31 01:30+02'::timestamptz AS v", "2024-03-30 23:30:00+00:00"),
        ("SELECT NULL::date AS v", "None"),
        ("SELECT INTERVAL '1 month 2 days 1.5 seconds' AS v", "1 mon 2 days 00:00:01.5"),
    ],
)
def test_values_of_postgres_as_arrow(router: Router, sql: str, answer: str) -> None:
    assert str(router.execute(sql, engine="pg").table().column("v")[0].as_py()) == answer


@pytest.mark.parametrize(
    "value", ["DATE 'infinity'", "DATE '10000-01-01'", "1e30::numeric", "'NaN'::numeric", "TIME '24:00'"]
)
def test_a_value_that_arrow_can_not_hold_is_refused(router: Router, value: str) -> None:
    assert refused(router, f"SELECT {value} AS v", engine="pg") == "R609"


@pytest.mark.parametrize("value", ["1::UHUGEINT", "'1'::BIT", "1::BIGNUM", "NULL::TIMETZ[]", "NULL::STRUCT(a TIMETZ)"])
def test_a_type_that_duckdb_gives_to_arrow_as_another_is_refused(router: Router, value: str) -> None:
    with pytest.raises(StatementRefused, match=r"the column v is of type .*Arrow has not"):
        router.execute(f"FROM range(1) SELECT {value} AS v")


def test_names_of_types_in_values_and_fields_are_none(router: Router) -> None:
    answer = router.execute("""SELECT {'BIT': 'BIT'::ENUM('BIT'), 't': '2024-01-01'::TIMESTAMPTZ} AS v FROM range(1)""")
    assert answer.table().to_pylist()[0]["v"]["BIT"] == "BIT"
