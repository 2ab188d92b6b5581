"""The macros give what the project's models give."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from golden_figures import SHIPPED
from test_diagnostics import shipped

from ciq import frames
from ciq.blueprint.roles import numbers
from ciq.causal.sql import WEIGHTINGS
from ciq.contract import Contract
from ciq.duckdb import load


@pytest.fixture(scope="module", params=SHIPPED)
def measured(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, frames.Diagnostics, Contract]]:
    """The scores of a data set as the table ``scores``, macros loaded."""
    table, contract = shipped(request.param)
    diagnostics = frames.diagnostics(table, contract)
    with duckdb.connect() as connection:
        load(connection)
        connection.register("given", diagnostics.scores)
        connection.execute("CREATE TABLE scores AS FROM given")
        yield connection, diagnostics, contract


def one(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    ((value,),) = connection.execute(query).fetchall()
    return float(value)


def test_balance(measured: tuple[duckdb.DuckDBPyConnection, frames.Diagnostics, Contract]) -> None:
    connection, diagnostics, contract = measured
    rows = {row["covariate"]: row for row in diagnostics.balance.to_pylist()}
    for name in numbers(contract):
        built, asked = rows[name], {"smd_unadjusted": f"smd({name}, _treated)"}
        for w in WEIGHTINGS:
            asked[f"smd_{w}"] = f"smd({name}, _treated, w_{w}, '{w}')"
        if built["type"] == "continuous":
            asked["variance_ratio_unadjusted"] = f"variance_ratio({name}, _treated)"
            for w in WEIGHTINGS:
                asked[f"variance_ratio_{w}"] = f"variance_ratio({name}, _treated, w_{w})"
        for figure, macro in asked.items():
            found = one(connection, f"SELECT {macro} FROM scores")  # noqa: S608
            assert found == pytest.approx(built[figure], rel=1e-9, abs=1e-10), (name, figure)


def test_overlap_and_weights(measured: tuple[duckdb.DuckDBPyConnection, frames.Diagnostics, Contract]) -> None:
    connection, diagnostics, _ = measured
    overlap = diagnostics.overlap
    asked = {
        "overlap_share": "SELECT overlap_share(ps_hat) FROM scores",
        "equipoise": f"SELECT equipoise(ps_hat, {overlap['prevalence']!r}::DOUBLE) FROM scores",  # noqa: S608
        "crump_alpha": "FROM crump_alpha('scores')",
        "ess_att_control": "SELECT ess(w_att) FROM scores WHERE _treated = 0",
        "n_treated": "SELECT sum(treated) FROM overlap_histogram('scores', bins := 7)",
        "n_control": "SELECT sum(control) FROM overlap_histogram('scores')",
    }
    for figure, query in asked.items():
        assert one(connection, query) == pytest.approx(overlap[figure], rel=1e-12, abs=1e-12), figure
    for w in WEIGHTINGS:
        assert one(connection, f"SELECT max(abs(ipw(ps_hat, _treated, '{w}') / w_{w} - 1)) FROM scores") <= 1e-15  # noqa: S608


def test_another_estimand_is_an_error() -> None:
    with duckdb.connect() as connection:
        load(connection)
        with pytest.raises(duckdb.Error, match="the estimand is ATE, ATT, ATC or ATO, not LATE"):
            connection.execute("SELECT ipw(0.5, 1, 'LATE')").fetchall()
