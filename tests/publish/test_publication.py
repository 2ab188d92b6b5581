"""Where a data set is published, as its contract decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ciq.contract import load
from ciq.publish.publication import publication_spec


@pytest.mark.parametrize(("version", "suffix"), [("1.4.2", ""), ("spring", ""), ("2.0.0", "_v2")])
def test_a_later_major_version_has_faces_of_its_own(tmp_path: Path, version: str, suffix: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(
        f"version: {version}\ntreatment_col: treated\ncovariate_cols: [age]\ntypes: {{treated: int8, age: int16}}\n"
    )
    tables = json.loads(publication_spec(load(path), "0" * 64))["tables"]
    assert tables["causal_ready"] == f"study_causal_ready{suffix}"
