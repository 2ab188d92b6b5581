"""Every shape of statement, judged by its text alone."""

from __future__ import annotations

import pytest

from ciq.router import classify
from ciq.router.catalog import Catalog

READS = [
    "SELECT 1",
    "SELECT 1;",
    "(SELECT a FROM t)",
    "VALUES (1), (2)",
    "TABLE t",
    "SELECT * FROM a JOIN b USING (id) WHERE a.x = 'DELETE FROM t' ORDER BY 1",
    "WITH x AS (SELECT 1 AS i) SELECT * FROM x",
    "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 3) SELECT * FROM x",
    "SELECT lower(a), count(*) FILTER (WHERE b), sum(c) OVER (PARTITION BY d) FROM t GROUP BY ALL",
    "SELECT pg_catalog.lower('A'), a OPERATOR(pg_catalog.+) 1 FROM t",
    "SELECT now(), current_user, random(), gen_random_uuid()",
    "SELECT extract(year FROM d), substring(a FROM 1 FOR 2), x::numeric(10, 2), ARRAY[1, 2] FROM t",
    "SELECT E'\\'; DELETE FROM t; --'",
    "SELECT $tag$; DROP TABLE t; $tag$",
    "SELECT 1 -- ; DROP TABLE t",
    "/* a /* nested; DROP TABLE t */ comment */ SELECT 1",
    'SELECT 1 AS "DROP TABLE"',
    "SELECT 1; SELECT 2",
    "EXPLAIN SELECT 1",
    "EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t",
    "SHOW work_mem",
]
WRITES = [
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t WHERE false",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
    "TRUNCATE t",
    "SELECT 1; DELETE FROM t",
    "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
    "SELECT * FROM (WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x) y",
    "SELECT a INTO n FROM t",
    "SELECT * FROM t FOR UPDATE",
    "SELECT * FROM t WHERE a IN (SELECT a FROM t FOR KEY SHARE)",
    "CREATE TABLE n AS SELECT 1",
    "CREATE TEMP TABLE n (a int)",
    "CREATE VIEW v AS SELECT 1",
    "ALTER TABLE t ADD b int",
    "DROP TABLE t",
    "COMMENT ON TABLE t IS 'x'",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN (COSTS OFF, ANALYZE) WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x",
    "EXPLAIN ANALYZE CREATE TABLE n AS SELECT 1",
    "COPY t FROM STDIN",
    "COPY (SELECT 1) TO STDOUT",
    "CALL p()",
    "DO $$ BEGIN DELETE FROM t; END $$",
    "SET work_mem = '1GB'",
    "RESET ALL",
    "BEGIN",
    "COMMIT; INSERT INTO t VALUES (1)",
    "LISTEN x",
    "NOTIFY x",
    "LOCK TABLE t",
    "VACUUM t",
    "ANALYZE t",
    "CLUSTER",
    "REINDEX TABLE t",
    "GRANT SELECT ON t TO PUBLIC",
    "PREPARE p AS DELETE FROM t",
    "EXECUTE p",
    "DECLARE c CURSOR FOR SELECT 1",
    "DISCARD ALL",
    "SELECT nextval('s')",
    "SELECT (SELECT setval('s', 1))",
    "SELECT a FROM t ORDER BY nextval('s')",
    "SELECT * FROM pg_catalog.nextval('s')",
    "SELECT lo_create(0)",
    'SELECT U&"nextv\\0061l"(1)',
    "ATTACH 'x.db' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPORT DATABASE 'x'",
    "INSERT OR REPLACE INTO t VALUES (1)",
    "CREATE OR REPLACE TABLE t AS FROM 'x.parquet'",
    "PIVOT t ON a USING sum(b)",
]
UNSURE = [
    "SELECT f(1)",
    "SELECT api.lower('A')",
    "SELECT * FROM dblink('dbname=x', 'DELETE FROM t') AS t(i int)",
    "SELECT dblink_exec('dbname=x', 'DELETE FROM t')",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_cancel_backend(1)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_reload_conf()",
    "SELECT pg_notify('x', 'y')",
    "SELECT set_config('work_mem', '1GB', false)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT txid_current()",
    "SELECT pg_stat_reset()",
    "SELECT query_to_xml('DELETE FROM t', true, true, '')",
    "SELECT table_to_xml('v', true, true, '')",
    "SELECT 'x'::my_domain",
    "SELECT my_domain 'x'",
    "SELECT a OPERATOR(api.+) 1 FROM t",
    "SELECT a @#@ 1 FROM t",
    "SELECT ('s'::regclass).nextval",
    "EXPLAIN SELECT f(1)",
    "EXPLAIN DELETE FROM t",
    "SELECT * FROM query('SELECT 1')",
    "SELEC 1",
    "SELECT 'never closed",
    "SELECT \0 1",
    "SELECT '\ud800'",
    "",
    "-- nothing",
]
BOTH = [
    "SELECT a, sum(b) FROM t GROUP BY a",
    "SELECT count(*) FROM t WHERE a BETWEEN 1 AND 2 AND b LIKE 'x%' AND c IN (SELECT 1)",
    "EXPLAIN SELECT a::double precision FROM t",
]
DUCKDB_ONLY = [
    "FROM t SELECT a",
    "SELECT * FROM 'x.parquet'",
    "SELECT * EXCLUDE (a) FROM t",
    "SELECT [1, 2, 3][1]",
    "SELECT {'a': 1}.a",
    "SELECT list_transform([1, 2], x -> x + 1)",
    "SELECT a // 2 FROM t ASOF JOIN u USING (i)",
    "SELECT TRY_CAST('x' AS INT)",
    "SUMMARIZE t",
    "DESCRIBE SELECT 1",
    "SELECT * FROM read_parquet('x.parquet')",
    "SELECT quantile_cont(a, 0.5) FROM t",
    "EXPLAIN ANALYZE FROM t",
    "SELECT * FROM (PIVOT t ON a IN (1, 2) USING sum(b))",
]


@pytest.mark.parametrize("sql", READS)
def test_a_read_is_proved(sql: str) -> None:
    assert classify(sql).kind == "read"


@pytest.mark.parametrize("sql", WRITES)
def test_a_write_is_a_write(sql: str) -> None:
    statement = classify(sql)
    assert statement.kind == "write"
    assert "duckdb" not in statement.dialects
    assert statement.reasons


@pytest.mark.parametrize("sql", UNSURE)
def test_what_nobody_vouches_for_is_unsure(sql: str) -> None:
    statement = classify(sql)
    assert statement.kind == "unsure"
    assert "duckdb" not in statement.dialects
    assert statement.reasons


@pytest.mark.parametrize("sql", BOTH)
def test_common_syntax_is_for_both_engines(sql: str) -> None:
    assert classify(sql).dialects == ("pg", "duckdb")


@pytest.mark.parametrize("sql", DUCKDB_ONLY)
def test_the_syntax_of_duckdb_is_for_duckdb(sql: str) -> None:
    statement = classify(sql)
    assert statement.kind == "read"
    assert statement.dialects == ("duckdb",)


@pytest.mark.parametrize("sql", ["SELECT '1'::inet", "SELECT FROM t", "SELECT jsonb '{}' @> '{}'"])
def test_the_syntax_and_types_of_postgres_are_for_postgres(sql: str) -> None:
    assert classify(sql).dialects == ("pg",)


@pytest.mark.parametrize(
    ("sql", "relations"),
    [
        ("SELECT * FROM a.b JOIN c ON true", {"a.b", "c"}),
        ("WITH c AS (SELECT * FROM d) SELECT * FROM c", {"d"}),
        ("WITH c AS (SELECT * FROM c) SELECT * FROM c", {"c"}),
        ("WITH RECURSIVE c AS (SELECT 1 UNION SELECT * FROM c) SELECT * FROM c", set()),
        ("SELECT * FROM c, (WITH c AS (SELECT 1) SELECT * FROM c) x", {"c"}),
        ("FROM 'data/x.parquet' JOIN y USING (a)", {"data/x.parquet", "y"}),
        ("SELECT (SELECT max(a) FROM x) FROM y", {"x", "y"}),
    ],
)
def test_relations_are_named_where_no_cte_hides_them(sql: str, relations: set[str]) -> None:
    assert {str(relation) for relation in classify(sql).relations} == relations


@pytest.mark.parametrize(
    ("sql", "targets"),
    [
        ("INSERT INTO api.t SELECT * FROM s", ["api.t"]),
        ("WITH x AS (DELETE FROM api.u RETURNING *) INSERT INTO api.t SELECT * FROM x", ["api.t", "api.u"]),
        ("CREATE TABLE api.t AS SELECT 1", ["api.t"]),
        ("DROP TABLE api.t, pg.u", ["api.t", "pg.u"]),
        ("TRUNCATE api.t, u", ["api.t", "u"]),
        ("SELECT 1 INTO api.t", ["api.t"]),
        ("CREATE TABLE api.t PARTITION OF u DEFAULT", ["api.t", "u"]),
        ("ALTER TABLE api.t ADD x int, INHERIT s.u", ["api.t", "s.u"]),
        ("ALTER TABLE api.t ATTACH PARTITION s.u DEFAULT", ["api.t", "s.u"]),
    ],
)
def test_a_write_names_what_it_changes(sql: str, targets: list[str]) -> None:
    assert [str(target) for target in classify(sql).targets or ()] == targets


@pytest.mark.parametrize(
    "sql",
    [
        "GRANT SELECT ON t TO PUBLIC",
        "CALL p()",
        "SELECT nextval('s')",
        "VACUUM",
        "TRUNCATE api.t CASCADE",
        "DROP TABLE api.t CASCADE",
        "ALTER TABLE api.t DROP x CASCADE",
    ],
)
def test_a_write_that_names_nothing_says_so(sql: str) -> None:
    assert classify(sql).targets is None


@pytest.mark.parametrize(
    ("sql", "hints"),
    [
        ("/* engine:pg */ SELECT 1", ("pg",)),
        ("SELECT 1 -- engine: DuckDB", ("duckdb",)),
        ("/* engine:duckdb */ /* engine:pg */ SELECT 1", ("duckdb", "pg")),
        ("SELECT '/* engine:pg */'", ()),
        ("SELECT $$/* engine:duckdb */$$", ()),
        ('SELECT 1 AS "/* engine:pg */"', ()),
        ("/* not engine:pg */ SELECT 1", ()),
        ("/* a /* engine:duckdb */ nested */ SELECT 1", ()),
    ],
)
def test_a_hint_is_a_comment_of_its_own(sql: str, hints: tuple[str, ...]) -> None:
    assert classify(sql).hints == hints


CATALOG = Catalog(
    functions={("public", "steady"): True, ("public", "writes"): False, ("public", "lower"): False},
    relations=frozenset({("public", name) for name in ("t", "quiet", "loud", "over", "far")}),
    views={
        ("public", "quiet"): "SELECT a FROM t",
        ("public", "loud"): "SELECT nextval('s')",
        ("public", "over"): "SELECT * FROM loud",
    },
    foreign=frozenset({("public", "far")}),
    types=frozenset({"mood"}),
)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT steady(1)", "read"),
        ("SELECT public.steady(1)", "read"),
        ("SELECT 'x'::mood", "read"),
        ("SELECT * FROM quiet", "read"),
        ("SELECT writes(1)", "unsure"),
        ("SELECT lower('A')", "unsure"),
        ("SELECT t.writes FROM t", "unsure"),
        ("SELECT other(1)", "unsure"),
        ("SELECT * FROM loud", "unsure"),
        ("SELECT * FROM public.over", "unsure"),
        ("SELECT * FROM far", "unsure"),
    ],
)
def test_a_catalogue_tells_what_names_hide(sql: str, kind: str) -> None:
    assert classify(sql, CATALOG).kind == kind
