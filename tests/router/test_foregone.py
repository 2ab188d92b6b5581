"""What is foregone of a read's cost is what the server's own planner would have said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from postgres_server import execute, prepared
from router_house import SETTINGS, SETUP

from ciq.postgres import Server
from ciq.router import Router
from ciq.router.classify import classify
from ciq.router.foregone import figures
from ciq.router.keyed import few, reads
from ciq.router.postgres_engine import PostgresEngine
from ciq.router.settings import Cost, Settings

TABLES = """
CREATE TABLE api.big AS SELECT i AS id, (i % 1000)::int AS k, (i % 20)::int AS g, i / 8.0::float8 AS x,
    'name ' || i % 500 AS name FROM generate_series(1, 100000) r(i);
ALTER TABLE api.big ADD PRIMARY KEY (id);
CREATE INDEX ON api.big (k, g);
CREATE TABLE api.other AS SELECT i AS id, i AS big, i % 9 AS h FROM generate_series(1, 5000) r(i);
CREATE INDEX ON api.other (big);
CREATE TABLE api.partial AS SELECT id, x FROM api.big;
CREATE INDEX ON api.partial (id) WHERE x > 12000;
CREATE TABLE api.computed AS SELECT id, name FROM api.big;
CREATE INDEX ON api.computed (lower(name));
CREATE TABLE api.twin AS SELECT id FROM api.other;
CREATE UNIQUE INDEX ON api.twin (id);
CREATE TABLE api.scattered AS SELECT id, x FROM api.big ORDER BY hashint8(id);
CREATE UNIQUE INDEX ON api.scattered (id);
CREATE TABLE api.downwards AS SELECT id FROM api.other;
CREATE UNIQUE INDEX ON api.downwards (id DESC NULLS LAST);
CREATE TABLE api.unread WITH (autovacuum_enabled = false) AS SELECT id FROM api.other;
CREATE UNIQUE INDEX ON api.unread (id);
CREATE TABLE api.parted (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE api.first PARTITION OF api.parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE api.parent (id bigint PRIMARY KEY);
CREATE TABLE api.child () INHERITS (api.parent);
CREATE VIEW api.seen AS SELECT * FROM api.big LIMIT 3;
GRANT SELECT ON ALL TABLES IN SCHEMA api TO ciq_reader;
"""
BIG, OTHER, OPEN = 1000.0, 50.0, 0.0
"""The costs of each row of a table; of what an index, or an early stop, might leave of it."""

QUERIES = {
    "SELECT count(*) FROM api.big": BIG,
    "SELECT * FROM api.big": BIG,
    "SELECT id FROM api.big": BIG,
    "SELECT g, sum(x) FROM api.big GROUP BY g HAVING sum(x) > 5": BIG,
    "SELECT k, min(x) FROM api.big GROUP BY k": BIG,
    "SELECT DISTINCT k FROM api.big": BIG,
    "SELECT * FROM api.big WHERE x > 12000": BIG,
    "SELECT count(*) FROM api.big WHERE name LIKE '%99%' AND x < 5": BIG,
    "SELECT id, x FROM api.big ORDER BY x DESC, id LIMIT 10": BIG,
    "SELECT id, x FROM api.big b ORDER BY b.x LIMIT 10": BIG,
    "SELECT b.name, count(*) FROM api.big b JOIN api.other o ON b.x = o.h GROUP BY b.name": BIG + OTHER,
    "SELECT count(*) FROM api.other o LEFT JOIN api.big b ON b.x = o.h AND o.big = 5": BIG,
    "SELECT count(*) FROM api.other JOIN api.twin USING (id)": OTHER,
    "SELECT count(*) FROM api.big, api.other": BIG + OTHER,
    "SELECT * FROM api.big WHERE id = 5": OPEN,
    "SELECT * FROM api.big WHERE x > 12000 AND g = 5": OPEN,
    "SELECT * FROM api.big WHERE x > 5 OR id = 7": OPEN,
    "SELECT x FROM api.big LIMIT 10": OPEN,
    "SELECT x FROM api.big OFFSET 10": OPEN,
    "SELECT x FROM api.big ORDER BY id LIMIT 10": OPEN,
    "SELECT id AS x FROM api.big ORDER BY x LIMIT 10": OPEN,
    "SELECT id FROM api.big ORDER BY 1 LIMIT 10": OPEN,
    "SELECT min(id) FROM api.big": OPEN,
    "SELECT id, count(*) FROM api.big GROUP BY id HAVING id = 5": OPEN,
    "SELECT b.id, s.x FROM api.big b, api.scattered s ORDER BY b.id LIMIT 10": OPEN,
    "SELECT b.id, s.x FROM api.big b JOIN api.scattered s ON b.x < s.x ORDER BY b.id LIMIT 10": OPEN,
    "SELECT b.id, p.x FROM api.big b, api.partial p ORDER BY p.x LIMIT 10": OPEN,
    "SELECT b.x, v.g FROM api.big b, api.seen v ORDER BY v.id LIMIT 10": OPEN,
    "SELECT b.id, s.x FROM api.big b JOIN api.scattered s ON b.x < s.x ORDER BY b.x LIMIT 10": 2 * BIG,
    "SELECT count(*) FROM api.big b(a, c, d, x, f) WHERE x > 5": OPEN,
    "SELECT EXISTS (SELECT 1 FROM api.big WHERE x > 5)": OPEN,
    "SELECT h FROM api.other WHERE EXISTS (SELECT 1 FROM api.big WHERE x > 5)": OPEN,
    "SELECT * FROM (SELECT x FROM api.big) b LIMIT 10": OPEN,
    "WITH b AS (SELECT x FROM api.big) SELECT * FROM b LIMIT 10": OPEN,
    "SELECT x FROM api.big UNION ALL SELECT h FROM api.other LIMIT 10": OPEN,
    "SELECT count(*) FROM api.big b(a, c, d, e, f) WHERE a = 5": OPEN,
    "SELECT count(*) FROM api.big NATURAL JOIN api.other": OPEN,
    "SELECT count(*) FROM api.other JOIN api.big USING (id)": OTHER,
    "SELECT count(*) FROM (api.big b JOIN api.other o ON b.x = o.h) AS j WHERE j.k = 5": OTHER,
    "SELECT count(*) FROM api.partial WHERE x > 12400": OPEN,
    "SELECT count(*) FROM api.computed WHERE lower(name) = 'name 7'": OPEN,
    "SELECT count(*) FROM api.seen": OPEN,
    "SELECT count(*) FROM api.big TABLESAMPLE SYSTEM (1)": OPEN,
}

NO_TIME = {"duckdb_mb": 0.0, "duckdb_mrow": -1.0}
ALL_TIME = {"duckdb_mb": 0.0, "duckdb_mrow": 1e6}
FEW = {
    "SELECT * FROM api.big WHERE id BETWEEN 7 AND 7 + 1000": 1001,
    "SELECT sum(x), count(DISTINCT name) FROM api.big WHERE id BETWEEN 50 AND 250": 201,
    "SELECT g, max(x) FROM api.big WHERE id >= 50 AND 7 < x AND id < 1050 GROUP BY g ORDER BY 2 DESC, g": 1001,
    "SELECT * FROM api.big WHERE id IN (5, 6, 70000)": 3,
    "SELECT * FROM api.big ORDER BY id DESC LIMIT 10": 10,
    "SELECT x FROM api.big b ORDER BY b.id ASC LIMIT 0": 1,
    "SELECT * FROM api.scattered WHERE id BETWEEN 100 AND 300": 201,
    "SELECT * FROM api.scattered ORDER BY id LIMIT 100": 100,
    "SELECT b.x, t.id FROM api.big b JOIN api.twin t ON b.k = t.id WHERE b.id = 5": 1,
    "SELECT b.x, t.id FROM api.twin t, api.big b WHERE b.id BETWEEN 10 AND 90 AND t.id = b.k AND t.id > 3": 81,
    "SELECT * FROM api.other o JOIN api.twin t ON o.h = t.id JOIN api.big b ON b.k = t.id WHERE b.id = 5": None,
    "SELECT * FROM api.big b JOIN api.twin t ON b.k = t.id JOIN api.scattered s ON s.id = t.id WHERE b.id = 5": 1,
    "SELECT * FROM api.big b, api.twin t WHERE b.id BETWEEN 1 AND 20 AND t.id BETWEEN 1 AND 30": 600,
    "SELECT * FROM api.big b LEFT JOIN api.twin t ON b.k = t.id WHERE b.id = 5": None,
    "SELECT * FROM api.big b JOIN api.twin t ON b.x = t.id WHERE b.id = 5": None,
    "SELECT * FROM api.big b JOIN api.twin t ON b.k < t.id WHERE b.id = 5": None,
    "SELECT * FROM api.big b JOIN api.twin t ON b.k = t.id OR b.g = t.id WHERE b.id = 5": None,
    "SELECT * FROM api.big b(k, id) WHERE id BETWEEN 5 AND 9": None,
    "SELECT * FROM api.big b(k, id) ORDER BY id LIMIT 10": None,
    "SELECT * FROM api.big b JOIN api.twin t(k) ON b.k = t.k WHERE b.id = 5": None,
    "SELECT * FROM api.big WHERE id >= 5": None,
    "SELECT * FROM api.big WHERE id BETWEEN 5 AND 6.5": None,
    "SELECT * FROM api.big WHERE id BETWEEN 5 AND 90 OR x = 4": None,
    "SELECT * FROM api.big WHERE k BETWEEN 5 AND 90": None,
    "SELECT * FROM api.big ORDER BY x, id LIMIT 10": None,
    "SELECT * FROM api.big ORDER BY id, x LIMIT 10": None,
    "SELECT * FROM api.big ORDER BY id NULLS FIRST LIMIT 10": None,
    "SELECT x AS id FROM api.big ORDER BY id LIMIT 10": None,
    "SELECT * FROM api.big WHERE x = 12500 ORDER BY id LIMIT 10": None,
    "SELECT max(x) FROM api.big GROUP BY id ORDER BY id LIMIT 10": None,
    "SELECT count(*) FROM api.big GROUP BY k ORDER BY k LIMIT 10": None,
    "SELECT * FROM api.big ORDER BY k LIMIT 10": None,
    "SELECT * FROM api.downwards ORDER BY id LIMIT 10": None,
    "SELECT * FROM api.unread WHERE id BETWEEN 5 AND 9": None,
    "SELECT * FROM api.parent WHERE id BETWEEN 5 AND 9": None,
    "SELECT * FROM api.partial WHERE id BETWEEN 5 AND 9": None,
}
KEYS = {
    "SELECT * FROM api.big WHERE id = 5": True,
    "SELECT x FROM api.big b WHERE x > 3 AND b.id = 5 LIMIT 1": True,
    "SELECT count(*), min(x) FROM api.big WHERE id BETWEEN 7 AND 7": True,
    "SELECT * FROM api.big WHERE id BETWEEN 9 AND 5": True,
    "SELECT * FROM api.parted WHERE day = '2026-01-03' AND id = 5": True,
    "SELECT * FROM api.parted WHERE id = 5": False,
    "SELECT * FROM api.big WHERE id = 5.5": False,
    "SELECT * FROM api.big WHERE id = 5 OR x = 4": False,
    "SELECT * FROM api.big WHERE id IN (5, 6)": False,
    "SELECT * FROM api.big b(k, id) WHERE id = 5": False,
    "SELECT * FROM api.big WHERE id >= 5": False,
    "SELECT * FROM api.big WHERE k = 5 AND g = 5": False,
    "SELECT * FROM api.partial WHERE id = 5": False,
    "SELECT * FROM api.parent WHERE id = 5": False,
    "SELECT * FROM api.big b JOIN api.other o ON b.k = o.h WHERE b.id = 5": False,
    "WITH RECURSIVE b AS (SELECT k FROM api.big WHERE id = 5 UNION SELECT k + 1 FROM b) SELECT * FROM b": False,
}


@pytest.fixture(scope="module")
def engine(postgres: Server) -> Iterator[PostgresEngine]:
    with prepared(postgres, SETUP + TABLES) as server:
        for table in ("big", "other", "partial", "computed", "twin", "scattered", "downwards"):
            execute(server, f"VACUUM ANALYZE api.{table}")
        engine = PostgresEngine(server, Settings())
        yield engine
        engine.close()


@pytest.mark.parametrize("sql", QUERIES)
def test_what_is_read_whole_is_no_more_than_the_planner_says(engine: PostgresEngine, sql: str) -> None:
    catalog, planned = engine.catalog(), engine.estimate(sql)
    assert planned
    least = figures(classify(sql, catalog), catalog, Cost(), NO_TIME).get("pg_whole", OPEN)
    assert least == QUERIES[sql]
    assert least <= planned["pg_cost"]


@pytest.mark.parametrize(("sql", "known"), KEYS.items())
def test_a_row_by_its_key_takes_few_pages(engine: PostgresEngine, sql: str, known: bool) -> None:
    catalog, planned = engine.catalog(), engine.estimate(sql)
    assert planned
    found = figures(classify(sql, catalog), catalog, Cost(), NO_TIME).get("pg_cost")
    assert (found is not None) == known
    assert found is None or found == pytest.approx(planned["pg_cost"], rel=0.1)


@pytest.mark.parametrize(("sql", "rows"), FEW.items())
def test_what_keys_leave_costs_no_less_than_the_planner_says(
    engine: PostgresEngine, sql: str, rows: int | None
) -> None:
    catalog, planned = engine.catalog(), engine.estimate(sql)
    assert planned
    statement = classify(sql, catalog)
    plain = statement.plain
    found = plain and few(plain, reads(plain, statement.scans, catalog), catalog.page_cost)
    assert (found and found.rows) == rows
    said = figures(statement, catalog, Cost(), ALL_TIME)
    assert ("pg_few" in said) == (rows is not None)
    assert found is None or planned["pg_cost"] <= said["pg_few"] == found.cost
    assert not figures(statement, catalog, Cost(), NO_TIME).keys() & {"pg_few"}


def test_a_planner_whose_answer_is_foregone_is_not_asked(
    house: Path, served: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(served, "ANALYZE api.both")
    (house / "router.yml").write_text(SETTINGS + "cost: {pg_cost: 1.0}\n")
    asked: list[str] = []
    ask = PostgresEngine.estimate
    monkeypatch.setattr(PostgresEngine, "estimate", lambda engine, sql: [asked.append(sql), ask(engine, sql)][1])
    whole, sought = "SELECT k, sum(x) FROM api.both GROUP BY k", "SELECT x FROM api.both LIMIT 3"
    with closing(Router.from_config(house / "router.yml")) as router:
        decision = router.decide(whole)
        assert (decision.engine, decision.rule, asked) == ("duckdb", "cost", [])
        assert decision.figures.keys() == {"duckdb_mb", "duckdb_mrow", "pg_whole"}
        assert "pg over 10.35 ms" in decision.spoke[-1].says
        assert "pg_cost" in router.decide(whole, engine="pg").figures
        assert "pg_cost" in router.decide(sought).figures
        assert asked == [whole, sought]
