"""Each call is in ``ciq.queries`` without its literals; ``tune`` makes coefficients of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres_server import execute

from ciq.errors import CiqError, UsageError
from ciq.postgres import Server
from ciq.record import opened
from ciq.router import Router, tune
from ciq.router.decide import estimated
from ciq.router.grammar import fingerprint
from ciq.router.settings import Cost, load_settings
from ciq.router.statement import ENGINES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SELECT a FROM t WHERE b = 1", "select a\nfrom t -- x\nwhere b = 27", True),
        ("SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = 'it''s'", True),
        ("FROM t SELECT a WHERE b = 1", "FROM t  SELECT a WHERE b = 2", True),
        ("SELECT a FROM t", "SELECT b FROM t", False),
    ],
)
def test_a_fingerprint_knows_no_literal(one: str, other: str, same: bool) -> None:
    assert (fingerprint(one) == fingerprint(other)) == same


def test_calls_are_put_down(house: Path, served: Server) -> None:
    router = Router.from_config(house / "router.yml")
    router.execute("SELECT x FROM api.both WHERE name = 'a secret'", engine="duckdb").table()
    for sql in ("DELETE FROM api.both", "SELECT nothing FROM api.served"):
        with pytest.raises(CiqError):
            router.execute(sql)
    router.close()
    rows = execute(
        served, "SELECT engine, rule, row_count, error_class, elapsed > 0 FROM ciq.queries ORDER BY queried_at"
    )
    assert rows == [
        ("duckdb", "asked", 0, None, True),
        ("none", "refused", None, "refused", None),
        ("pg", "only there", None, "StatementRefused", True),
    ]
    assert execute(served, "SELECT count(*) FROM ciq.queries q WHERE q::text LIKE '%secret%'") == [(0,)]


def test_a_fallback_is_put_down(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DSN", "host=/nonexistent dbname=x")
    router = Router.from_config(alone / "router.yml")
    router.execute("SELECT count(*) FROM api.both", "api").table()
    monkeypatch.setenv("PG_DSN", "off")
    router.close()
    with opened(alone) as book:
        rows = book.rows("SELECT engine, chosen, fallback, error_class FROM ciq.queries ORDER BY queried_at")
    assert [(row["engine"], row["chosen"], bool(row["fallback"])) for row in rows] == [
        ("pg", "pg", False),
        ("duckdb", "pg", True),
    ]


def test_an_answer_that_nobody_read_is_put_down_once(house: Path, served: Server) -> None:
    router = Router.from_config(house / "router.yml")
    answer = router.execute("SELECT k FROM api.both ORDER BY k", engine="duckdb")
    answer.close()
    answer.close()
    router.close()
    found = execute(
        served,
        "SELECT engine, row_count FROM ciq.queries WHERE fingerprint = %s",
        [fingerprint("SELECT k FROM api.both ORDER BY k")],
    )
    assert found == [("duckdb", 0)]


def test_a_record_that_refuses_a_row_takes_nothing_from_the_answer(house: Path, served: Server) -> None:
    router = Router.from_config(house / "router.yml")
    with opened(house):
        execute(served, "ALTER TABLE ciq.queries ADD CONSTRAINT closed CHECK (false) NOT VALID")
    assert router.execute("SELECT 1 AS v").table().to_pylist() == [{"v": 1}]
    router.close()
    execute(served, "ALTER TABLE ciq.queries DROP CONSTRAINT closed")


def test_a_fit_finds_the_coefficients_that_made_the_times() -> None:
    truth = Cost(pg_base=0.5, pg_cost=0.01, pg_mb=3.0, duckdb_base=2.0, duckdb_mb=0.1, duckdb_mrow=20.0)
    calls = []
    for at in range(1, 13):
        duckdb = {"duckdb_mb": 3.0 * (7 * at % 5), "duckdb_mrow": 0.2 * at}
        figures = {"pg_cost": 100.0 * at**2, "pg_mb": 0.5 * (5 * at % 7), **duckdb}
        calls += [tune.Call(str(at), engine, estimated(truth, engine, figures), figures) for engine in ENGINES]
    found = tune.fit(Cost(), calls)
    assert found.after.model_dump() == pytest.approx(truth.model_dump(), rel=1e-6)
    assert all(after == pytest.approx(1) for _, after in found.error.values())
    assert found.total is not None
    assert found.total[1] <= found.total[0]
    assert tune.fit(Cost(), calls[:4]).after == Cost()


def test_a_fit_is_not_pulled_down_by_what_took_less_than_its_figures_say() -> None:
    """As the first rows in order of a key do: every fifth call takes a tenth."""
    calls = []
    for at in range(1, 31):
        figures = {"pg_cost": 0.0, "pg_mb": 0.0, "duckdb_mb": 10.0 * at, "duckdb_mrow": 0.0}
        calls.append(tune.Call(str(at), "duckdb", (2.0 + 10.0 * at) * (1.0 if at % 5 else 0.1), figures))
    assert tune.fit(Cost(), calls).error["duckdb"][1] < 4


@pytest.mark.parametrize(
    "figures",
    [[{"duckdb_mb": 5.0, "duckdb_mrow": 2.0}] * 9, [{"duckdb_mb": at, "duckdb_mrow": 2 * at} for at in range(1, 10)]],
)
def test_calls_that_are_alike_tell_no_coefficients(figures: list[dict[str, float]]) -> None:
    calls = [
        tune.Call("x", "duckdb", 7.0 + at, {"pg_cost": 1.0, "pg_mb": 1.0, **each}) for at, each in enumerate(figures)
    ]
    assert tune.fit(Cost(), calls).after == Cost()


def test_a_fit_that_would_choose_worse_is_not_kept() -> None:
    """Nine reads that cost PostgreSQL nothing hide the one that is slow on it."""
    duckdb = {"duckdb_mb": 1.0, "duckdb_mrow": 0.1}
    calls = [
        tune.Call(str(at), "pg", 1.0, {"pg_cost": 100.0 * at, "pg_mb": 0.1 * (at % 4), **duckdb}) for at in range(9)
    ]
    for engine, milliseconds in (("pg", 50.0), ("duckdb", 3.0)):
        calls.append(tune.Call("both", engine, milliseconds, {"pg_cost": 1000.0, "pg_mb": 0.1, **duckdb}))
    found = tune.fit(Cost(), calls)
    assert (found.total, found.after) == ((3.0, 50.0), Cost())


def test_figures_that_are_no_numbers_are_no_call(house: Path, served: Server) -> None:
    router = Router.from_config(house / "router.yml")
    router.execute("SELECT count(i) AS n FROM api.both WHERE k < 6", engine="duckdb").table()
    router.close()
    assert [call.engine for call in tune.calls(house)][:1] == ["duckdb"]
    damage = """UPDATE ciq.queries SET estimates = '{"duckdb_mb": null, "duckdb_mrow": "x"}'"""
    execute(served, f"SET session_replication_role = replica; {damage}")
    assert tune.calls(house) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# none yet\n",
        "{}\n",
        "cost:\n  pg_base: 1\n\n  # slow\n  pg_cost: 2\n# mine\nrelations: {a: b}\n",
        "cost: {pg_base: 1,\npg_cost: 2}\n# mine\nrelations: {a: b}\n",
        "\ufeff'cost' : {pg_base: 1} # mine\r\nrelations: {a: b}\r\n",
        "{relations: {a: b}, cost: {pg_base: 1}}",
        "---\n  relations:\n    a: b # mine\n...\n",
    ],
)
def test_coefficients_find_their_place_in_any_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "router.yml"
    path.write_bytes(text.encode())
    tune.write(path, Cost(pg_base=9.0))
    settings = load_settings(path)
    assert (settings.cost, dict(settings.relations)) == (Cost(pg_base=9.0), {"a": "b"} if "relations" in text else {})
    assert path.read_text().count("# mine") == text.count("# mine")


def test_a_file_that_has_no_place_for_coefficients_stays(tmp_path: Path) -> None:
    path = tmp_path / "router.yml"
    path.write_text("null\n")
    with pytest.raises(UsageError, match=r'router\.yml: C102 .*\n.*add cost: \{"pg_base": 9\.0'):
        tune.write(path, Cost(pg_base=9.0))
    assert path.read_text() == "null\n"


@pytest.mark.parametrize("setting", ["statement_timeout: 0", "lock_timeout: 1e300", "memory_mb: 1"])
def test_a_limit_that_an_engine_can_not_keep_is_refused(tmp_path: Path, setting: str) -> None:
    path = tmp_path / "router.yml"
    path.write_text(f"defaults: {{{setting}}}\n")
    with pytest.raises(UsageError, match=r"router\.yml:1:\d+: C107"):
        load_settings(path)


def test_the_file_keeps_what_is_not_fitted(tmp_path: Path) -> None:
    path = tmp_path / "router.yml"
    path.write_text("# mine\ndefaults: {large_select_mb: 5}\ncost:\n  pg_base: 1.0\n  pg_cost: 2.0\nrules: {}")
    tune.write(path, Cost(pg_base=9.0))
    assert path.read_text().startswith("# mine\ndefaults: {large_select_mb: 5}\ncost: {")
    settings = load_settings(path)
    assert (settings.cost.pg_base, settings.cost.pg_cost, settings.defaults.large_select_mb) == (9.0, 0.0027, 5.0)
    (tmp_path / "new.yml").write_text("rules: {}")
    tune.write(tmp_path / "new.yml", Cost(pg_base=9.0))
    assert load_settings(tmp_path / "new.yml").cost.pg_base == 9.0
