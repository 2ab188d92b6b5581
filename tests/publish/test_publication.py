"""Where a data set is published, as its contract decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlglot import exp
from sqlmesh.core.config import Config, load_configs
from sqlmesh.core.snapshot.definition import table_name
from whole_project import lay_out

from ciq.contract import load
from ciq.publish.publication import publication_spec

CONTRACT = "treatment_col: treated\ncovariate_cols: [age]\ntypes: {treated: int8, age: int16}\n"


@pytest.mark.parametrize(("version", "suffix"), [("1.4.2", ""), ("spring", ""), ("2.0.0", "_v2")])
def test_a_later_major_version_has_faces_of_its_own(tmp_path: Path, version: str, suffix: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"version: {version}\n{CONTRACT}")
    tables = json.loads(publication_spec(load(path), "0" * 64))["tables"]
    assert tables["causal_ready"] == f"study_causal_ready{suffix}"


def test_the_longest_name_of_a_data_set_fits_a_table_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server cuts what is longer than 63 bytes without a word, and two data sets' tables might become one."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    (config,) = load_configs(None, Config, [tmp_path]).values()
    path = tmp_path / f"{'n' * 33}.yaml"
    path.write_text(CONTRACT)
    longest = load(path).name
    parts = [model.stem for model in (tmp_path / "models" / "publish").glob("*.sql")]
    convention = config.physical_table_naming_convention
    names = [
        table_name("sqlmesh__publish", f"publish.{longest}_{part}", str(2**32 - 1), None, "dev", convention)
        for part in parts
    ]
    assert parts
    assert max(len(exp.to_table(name).name) for name in names) <= 63
