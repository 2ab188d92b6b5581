"""The made-up customers: the same rows each time, and the truth that is claimed of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from ciq.contract import load, load_all
from ciq.demo.customers import EFFECT, generate, true_propensity

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(200_000, 11, path)
    return path


def table(path: Path, columns: str = "*") -> list[tuple[object, ...]]:
    return duckdb.read_parquet(str(path)).project(columns).fetchall()


@pytest.mark.parametrize("mess", [False, True])
def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(tmp_path: Path, mess: bool) -> None:
    for threads in (1, 2):
        generate(150_000, 3, tmp_path / f"{threads}.csv", mess=mess, threads=threads)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_another_seed_gives_other_rows(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(100, seed, tmp_path / f"{seed}.csv")
    assert (tmp_path / "1.csv").read_bytes() != (tmp_path / "2.csv").read_bytes()


def test_a_longer_file_begins_with_the_shorter_one(tmp_path: Path) -> None:
    generate(50, 1, tmp_path / "short.csv")
    generate(100, 1, tmp_path / "long.csv")
    assert (tmp_path / "long.csv").read_bytes().startswith((tmp_path / "short.csv").read_bytes())


def test_no_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate(0, 1, tmp_path / "none.csv")


def test_the_treated_share_is_that_of_the_true_propensity(large: Path) -> None:
    propensity = true_propensity().sql(dialect="duckdb")
    rows = np.array(table(large, f"treated, {propensity}"), dtype=float)
    treated, e = rows.T
    error = np.sqrt(np.mean(e * (1 - e)) / len(e))
    assert abs(treated.mean() - e.mean()) < 4 * error
    assert np.mean((e > 0.05) & (e < 0.95)) > 0.9
    deciles = np.digitize(e, np.quantile(e, np.linspace(0.1, 0.9, 9)))
    for decile in range(10):
        inside = deciles == decile
        bound = 4 * np.sqrt(np.mean(e[inside] * (1 - e[inside])) / inside.sum())
        assert abs(treated[inside].mean() - e[inside].mean()) < bound


def test_the_effect_is_found_by_weighting_with_the_true_propensity_and_missed_without(large: Path) -> None:
    propensity = true_propensity().sql(dialect="duckdb")
    treated, y, e = np.array(table(large, f"treated, y, {propensity}"), dtype=float).T
    one, none = treated / e, (1 - treated) / (1 - e)
    mean_one, mean_none = (one @ y) / one.sum(), (none @ y) / none.sum()
    influence = one * (y - mean_one) - none * (y - mean_none)
    error = influence.std() / np.sqrt(len(y))
    assert error < 0.05
    assert abs(mean_one - mean_none - EFFECT) < 4 * error
    assert abs(y[treated == 1].mean() - y[treated == 0].mean() - EFFECT) > 10 * error


def test_a_clean_file_keeps_to_the_contract_without_its_mends(large: Path) -> None:
    contract = load(ROOT / "contracts" / "customers.yaml")
    rows = duckdb.read_parquet(str(large))
    assert set(rows.columns) == set(contract.types)
    for column, (low, high) in contract.constraints.ranges.items():
        assert rows.filter(f"{column} IS NULL OR {column} NOT BETWEEN {low} AND {high}").shape[0] == 0
    levels = {level for (level,) in rows.project("gender").distinct().fetchall()}
    assert levels == set(contract.constraints.categories["gender"])
    assert rows.project("customer_id").distinct().shape[0] == rows.shape[0]
    for rule in contract.constraints.rules:
        assert rows.filter(f"NOT ({rule.sql})").shape[0] == 0


def test_the_mess_is_all_there_and_the_last_version_is_the_right_one(tmp_path: Path) -> None:
    messy_path, clean_path = tmp_path / "messy.csv", tmp_path / "clean.csv"
    generate(20_000, 5, messy_path, mess=True)
    generate(20_000, 5, clean_path)
    with duckdb.connect() as connection:
        messy = connection.read_csv(str(messy_path)).row_number("over () AS line", "*")  # noqa: F841
        clean = connection.read_csv(str(clean_path))  # noqa: F841
        assert connection.sql("FROM messy WHERE age = -1").shape[0] > 0
        assert connection.sql("FROM messy WHERE gender IN ('m', 'f', 'u')").shape[0] > 0
        assert connection.sql("FROM messy WHERE upper(gender) NOT IN ('M', 'F', 'U')").shape[0] > 0
        assert connection.sql("FROM messy WHERE prior_7d_spend IS NULL").shape[0] > 0
        repeated = connection.sql(
            "SELECT count(DISTINCT y) AS versions FROM messy GROUP BY customer_id HAVING count(*) > 1"
        )
        assert {versions for (versions,) in repeated.fetchall()} == {1, 2}
        last = connection.sql("FROM messy QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY line DESC) = 1")  # noqa: F841
        kept = connection.sql("SELECT customer_id, event_time, treated, y FROM last")  # noqa: F841
        assert connection.sql("FROM kept EXCEPT SELECT customer_id, event_time, treated, y FROM clean").shape[0] == 0
        assert connection.sql("FROM kept").shape[0] == 20_000


def test_every_shipped_contract_loads() -> None:
    assert set(load_all(ROOT / "contracts")) >= {"customers", "nhefs", "nsw_rct"}
    assert set(load_all(ROOT / "examples" / "lalonde" / "contracts")) == {"lalonde", "nsw_cps"}
