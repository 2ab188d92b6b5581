"""The nearest known name, and how far the search for it goes."""

from __future__ import annotations

from ciq.contract.nearest import did_you_mean, nearest, nearest_of


def test_the_nearest_name_is_found_without_case() -> None:
    assert nearest("Covariate_Col", ["covariate_cols", "types"]) == "covariate_cols"
    assert did_you_mean("zzz", ["covariate_cols", "types"]) is None


def test_only_the_first_of_very_many_names_are_looked_up() -> None:
    known = [f"column_{number:04}" for number in range(3_000)]
    found = nearest_of((f"colum_{number:04}" for number in range(3_000)), known)
    assert list(found) == [f"colum_{number:04}" for number in range(20)]
    assert found["colum_0007"] == "column_0007"
