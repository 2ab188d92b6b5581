"""A contract's queries are rendered once, and another contract's are its own."""

from __future__ import annotations

from pathlib import Path

from ciq.contract import load
from ciq.frames.queries import queries

CONTRACT = """
treatment_col: treated
covariate_cols: [age]
types: {treated: int8, age: int16}
"""


def test_what_a_contract_says_decides_and_not_where_it_lies(tmp_path: Path) -> None:
    found = {}
    for folder, estimand in (("one", "ATE"), ("other", "ATE"), ("changed", "ATT")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "study.yaml"
        path.write_text(CONTRACT + f"estimand: {estimand}\n")
        found[folder] = queries(load(path))
    assert found["one"] is found["other"]
    one, changed = (found[folder].of("diagnostics/judgements").sql for folder in ("one", "changed"))
    assert ("ess_ate_treated" in one, "ess_att_treated" in changed) == (True, True)


def test_a_query_names_the_diagnostics_that_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(CONTRACT)
    known = queries(load(path))
    assert "scores" in known.of("diagnostics/moments").reads
    assert known.of("curated/dataset").reads == ()
