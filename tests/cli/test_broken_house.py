"""What a run says where its own files can't be used."""

from __future__ import annotations

import pytest
from soaking import campaign
from whole_project import Project


def test_a_state_without_its_warehouse_is_refused_until_it_goes_too(ran: Project) -> None:
    (ran.root / "warehouse" / "warehouse.duckdb").unlink()
    said = ran.ciq("run")
    assert (said.code, said.out) == (2, "")
    assert "warehouse: E407 SQLMesh's state has " in said.err
    assert "delete warehouse/state.duckdb too" in said.err
    if campaign(False, True):
        (ran.root / "warehouse" / "state.duckdb").unlink()
        assert ran.ciq("run").code == 0
        assert ran.prod("SELECT COUNT(*) FROM features.study") == [(200,)]


@pytest.mark.parametrize("place", ["data/staged", "warehouse", *campaign([], ["artifacts", "data/processed"])])
def test_a_file_where_a_folder_should_be_is_named(study: Project, place: str) -> None:
    (study.root / place).write_text("")
    said = study.ciq("run")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(place)
    assert " E408 the system refused: " in said.err


def test_a_gate_that_the_models_lack_is_told_by_the_audit_that_counts_them(study: Project) -> None:
    judgements = study.root / "models" / "diagnostics" / "judgements.sql"
    part = "  UNION ALL\n  SELECT\n    *\n  FROM diagnostics.@{dataset}_judged_outcome\n"
    text = judgements.read_text()
    assert part in text
    judgements.write_text(text.replace(part, ""))
    said = study.ciq("run")
    assert said.code == 1
    assert "G320 diagnostics.study_gates: audit number_of_rows found " in said.err
