"""What is loaded is what its source holds, value for value; anything else is refused by name."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgres_server import execute
from psycopg2 import sql
from soaking import examples
from sqlglot import exp

from ciq.contract.types import COLUMN_TYPES
from ciq.errors import DataRefused
from ciq.postgres import Server, connect
from ciq.publish.load import Description, Loaded, load
from ciq.publish.progress import watched_by

NAN = math.nan
TEXTS = [
    "",
    "NULL",
    "null",
    "\\N",
    "\\x41",
    'a"b',
    "a,b;\tc",
    "line\r\nbreak",
    "Zürich",
    "日本",
    "e\u0301",
    "\U0001f600",
    " a ",
]
# Every type of the contract with its extremes, as the literal that DuckDB reads and the value that psycopg2 gives.
EDGES: dict[str, list[tuple[str, Any]]] = {
    **{
        name: [(str(low), low), (str(-low - 1), -low - 1), ("0", 0), ("NULL", None)]
        for name, low in (("int8", -(2**7)), ("int16", -(2**15)), ("int32", -(2**31)), ("int64", -(2**63)))
    },
    "float64": [
        *(
            (repr(x), x)
            for x in (1.7976931348623157e308, -1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 0.1)
        ),
        *((repr(x), x) for x in (1e15, 1e-7, 123456789.12345679)),
        ("'-0.0'", -0.0),
        ("'inf'", math.inf),
        ("'-inf'", -math.inf),
        ("'nan'", NAN),
        ("NULL", None),
    ],
    "float32": [
        ("3.4028235e38", 3.4028235e38),
        ("1e-45", 1e-45),
        ("0.1", 0.1),
        ("16777216", 16777216.0),
        ("'-0.0'", -0.0),
        ("'inf'", math.inf),
        ("'-inf'", -math.inf),
        ("'nan'", NAN),
        ("NULL", None),
    ],
    "bool": [("true", True), ("false", False), ("NULL", None)],
    "string": [*((str(exp.convert(text)), text) for text in TEXTS), ("NULL", None)],
    "category": [("'M'", "M"), ("''", ""), ("NULL", None)],
    "date": [
        ("'0001-01-01'", date.min),
        ("'9999-12-31'", date.max),
        ("'2000-02-29'", date(2000, 2, 29)),
        ("'1999-12-31'", date(1999, 12, 31)),
        ("NULL", None),
    ],
    # In UTC: the hour that Europe/Berlin has twice, the one that it leaves out, and both ends.
    "datetime": [
        ("'0001-01-01 00:00:00'", datetime.min.replace(tzinfo=UTC)),
        ("'9999-12-31 23:59:59.999999'", datetime.max.replace(tzinfo=UTC)),
        ("'2026-10-25 00:30:00'", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("'2026-10-25 01:30:00'", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("'2026-03-29 01:00:00'", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("'1969-12-31 23:59:59.999999'", datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("NULL", None),
    ],
}
TABLE = exp.table_("loaded", db="public", quoted=True)
ROWS = exp.select("*").from_("source")


@pytest.fixture
def source() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def cursor(database: Server) -> Iterator[Any]:
    """A cursor in a transaction that is rolled back."""
    with closing(connect(database, timezone="UTC")) as connection, connection.cursor() as cursor:
        yield cursor


def fill(source: duckdb.DuckDBPyConnection, kind: str, literals: list[str]) -> None:
    source.execute(f"CREATE OR REPLACE TABLE source (n INTEGER, v {kind})")
    for number, literal in enumerate(literals):
        source.execute(f"INSERT INTO source SELECT {number}, CAST({literal} AS {kind})")


def bits(value: Any) -> Any:
    """Floats by their bits: 0.0 is not -0.0; NaN equals NaN, whatever its sign."""
    return struct.pack(">d", NAN if value != value else value) if isinstance(value, float) else value


def test_every_type_of_the_contract_has_edges() -> None:
    assert set(EDGES) == set(COLUMN_TYPES)


@pytest.mark.parametrize("kind", EDGES)
@pytest.mark.parametrize("other", ["binary", "csv"])
def test_edge_values_arrive_exactly(source: duckdb.DuckDBPyConnection, cursor: Any, kind: str, other: str) -> None:
    fill(source, COLUMN_TYPES[kind].duckdb, [literal for literal, _ in EDGES[kind]])
    if other == "csv":  # one column without an exact binary form sends the whole table as text
        source.execute("ALTER TABLE source ADD COLUMN h HUGEINT DEFAULT 170141183460469231731687303715884105727")
    loaded = load(source, ROWS, cursor, TABLE, Description())
    assert loaded is not None
    assert (loaded.method, loaded.content.rows) == (other, len(EDGES[kind]))
    value = sql.SQL("v::float8" if kind == "float32" else "v")
    cursor.execute(sql.SQL("SELECT {} FROM public.loaded ORDER BY n").format(value))
    expected = [value for _, value in EDGES[kind]]
    if kind == "float32":
        expected = [struct.unpack("f", struct.pack("f", x))[0] if isinstance(x, float) else x for x in expected]
    assert [bits(value) for (value,) in cursor.fetchall()] == [bits(value) for value in expected]


@pytest.mark.parametrize(
    ("kind", "literal", "said"),
    [
        ("VARCHAR", "'a' || chr(0) || 'b'", "column v holds a NUL character in 1 rows"),
        ("DATE", "'infinity'", "column v is infinite in 1 rows"),
        ("TIMESTAMP", "'-infinity'", "column v is infinite in 1 rows"),
        ("INTERVAL", "'1 day'", "column v is INTERVAL"),
        ("INTEGER[]", "[1]", "column v is INTEGER[]"),
        ("TIME", "'01:00'", "column v is TIME"),
    ],
)
def test_what_has_no_place_is_refused_by_name(
    source: duckdb.DuckDBPyConnection, cursor: Any, kind: str, literal: str, said: str
) -> None:
    fill(source, kind, [literal])
    with pytest.raises(DataRefused) as refused:
        load(source, ROWS, cursor, TABLE, Description())
    assert said in str(refused.value)


_ROW = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(),
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    st.none() | st.datetimes(),
    st.none() | st.dates(),
    st.none() | st.booleans(),
)


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_ROW, max_size=20), huge=st.booleans())
@example(rows=[(None, -NAN, None, None, None, None)], huge=True)
def test_any_rows_agree_on_both_sides(
    source: duckdb.DuckDBPyConnection, cursor: Any, rows: list[tuple[Any, ...]], huge: bool
) -> None:
    source.execute(
        "CREATE OR REPLACE TABLE source (a BIGINT, b DOUBLE, c VARCHAR, d TIMESTAMP, e DATE, f BOOLEAN, g HUGEINT)"
    )
    for row in rows:
        source.execute("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, 2)", row)
    if not huge:
        source.execute("ALTER TABLE source DROP COLUMN g")
    assert isinstance(load(source, ROWS, cursor, TABLE, Description()), Loaded)
    cursor.execute("SELECT * FROM public.loaded")
    arrived = [tuple(map(bits, row[:6])) for row in cursor.fetchall()]
    cursor.connection.rollback()
    sent = [tuple(bits(v.replace(tzinfo=UTC, fold=0) if isinstance(v, datetime) else v) for v in row) for row in rows]
    assert sorted(map(repr, arrived)) == sorted(map(repr, sent))


TAMPER = """
CREATE FUNCTION public.tamper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change} END $$;
CREATE FUNCTION public.arm() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  CREATE TRIGGER tamper {timing} INSERT ON public.loaded FOR EACH ROW EXECUTE FUNCTION public.tamper();
END $$;
CREATE EVENT TRIGGER arm ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.arm();
"""


def test_a_name_is_held_whole_or_refused(source: duckdb.DuckDBPyConnection, cursor: Any) -> None:
    longest = "é" * 31 + "x"
    source.execute(f'CREATE TABLE named AS SELECT 1 AS "{longest}"')
    load(source, exp.select("*").from_("named"), cursor, exp.to_table("named"), Description())
    cursor.execute("SELECT * FROM named")
    assert [column.name for column in cursor.description] == [longest]
    source.execute(f'CREATE TABLE unheld AS SELECT 1 AS "{longest}x", 2 AS ctid, 3 AS xid')
    with pytest.raises(DataRefused) as refused:
        load(source, exp.select("*").from_("unheld"), cursor, exp.to_table("unheld"), Description())
    assert [(problem.rule, problem.message.split()[-1]) for problem in refused.value.problems] == [
        ("P516", f"{longest}x"),
        ("P516", "ctid"),
    ]


@pytest.mark.parametrize(
    ("timing", "change"),
    [
        ("BEFORE", "IF NEW.n = 500 THEN NEW.v := NEW.v + 1; END IF; RETURN NEW;"),
        ("BEFORE", "IF NEW.n = 500 THEN NEW.v := NULL; END IF; RETURN NEW;"),
        ("BEFORE", "IF NEW.n = 500 THEN RETURN NULL; END IF; RETURN NEW;"),
        ("AFTER", "IF NEW.n = 500 THEN UPDATE public.loaded SET v = v - 1 WHERE n = 7; END IF; RETURN NULL;"),
        ("AFTER", "IF NEW.n = 500 THEN UPDATE public.loaded SET n = 7 WHERE n = 8; END IF; RETURN NULL;"),
        ("AFTER", "IF NEW.n = 500 THEN UPDATE public.loaded SET v = 15 - v WHERE n IN (7, 8); END IF; RETURN NULL;"),
    ],
)
def test_one_tampered_row_is_found_before_commit(
    source: duckdb.DuckDBPyConnection, cursor: Any, database: Server, timing: str, change: str
) -> None:
    source.execute("CREATE TABLE source AS SELECT range AS n, range::DOUBLE AS v FROM range(1000)")
    execute(database, TAMPER.format(timing=timing, change=change))
    with pytest.raises(DataRefused, match=r"P512 .*1,000 rows with checksum"):
        load(source, ROWS, cursor, TABLE, Description())
    cursor.connection.rollback()
    assert execute(database, "SELECT to_regclass('public.loaded')") == [(None,)]


def test_keys_indexes_comments_and_statistics(source: duckdb.DuckDBPyConnection, cursor: Any) -> None:
    source.execute("""CREATE TABLE source AS SELECT range AS n, range % 7 AS "odd ""name" FROM range(1000)""")
    comments = {"n": "it's one"}
    load(source, ROWS, cursor, TABLE, Description(("n",), (('odd "name', "n"),), "What it is", comments))
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'loaded' ORDER BY 1")
    unique, other = (text for (text,) in cursor.fetchall())
    assert 'btree ("odd ""name", n)' in unique + other
    assert "CREATE UNIQUE INDEX loaded_pkey" in unique + other
    cursor.execute(
        "SELECT obj_description('loaded'::regclass), col_description('loaded'::regclass, 1), reltuples"
        " FROM pg_class WHERE oid = 'loaded'::regclass"
    )
    assert cursor.fetchone() == ("What it is", "it's one", 1000)


def test_a_copy_says_how_far_it_is(source: duckdb.DuckDBPyConnection, cursor: Any) -> None:
    source.execute("CREATE TABLE source AS SELECT range AS n FROM range(50_000)")
    told: list[tuple[str, int, int]] = []
    with watched_by(lambda *said: told.append(said)):
        load(source, ROWS, cursor, TABLE, Description(name="api.study"))
    assert {(what, total) for what, _, total in told} == {("publishing api.study", 50_000)}
    assert [done for _, done, _ in told] == [20_000, 40_000, 50_000]


def test_a_table_that_is_there_is_proved_or_filled_anew(source: duckdb.DuckDBPyConnection, cursor: Any) -> None:
    source.execute("CREATE TABLE source AS SELECT range AS n FROM range(100)")
    first = load(source, ROWS, cursor, TABLE, Description(("n",)))
    assert first is not None
    assert load(source, ROWS, cursor, TABLE, Description(("n",))) is None
    cursor.execute("UPDATE loaded SET n = 1000 WHERE n = 5")
    again = load(source, ROWS, cursor, TABLE, Description(("n",)))
    assert again is not None
    assert again.content == first.content
