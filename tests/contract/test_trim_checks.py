"""A trimmed data set says only what rows that were read already can have, and goes with where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from ciq.contract import load, load_all
from ciq.errors import ContractError

BASE = """\
treatment_col: treated
covariate_cols: [age]
types: {treated: int8, age: int16}
"""
TRIM = "source: {trim: {of: study}}\n"


def said(folder: Path, **contracts: str) -> list[str]:
    """The problems of a project's contracts."""
    for name, text in contracts.items():
        (folder / f"{name}.yaml").write_text(text)
    try:
        load_all(folder)
    except ContractError as error:
        return [str(problem).removeprefix(f"{folder}/") for problem in error.problems]
    return []


def test_a_trim_loads(tmp_path: Path) -> None:
    assert (
        said(tmp_path, study=BASE, narrow=BASE + TRIM, tenth=BASE + "source: {trim: {of: study, alpha: 0.1}}\n") == []
    )
    trims = {name: found.source.trim for name, found in load_all(tmp_path).items()}
    assert trims["study"] is None
    assert [(trim.of, trim.alpha) for name in ("narrow", "tenth") if (trim := trims[name])] == [
        ("study", "crump"),
        ("study", 0.1),
    ]


@pytest.mark.parametrize("alpha", ["0", "0.5", "-0.1", "half", "[0.1]", "true", "null", "1"])
def test_bounds_that_are_none(tmp_path: Path, alpha: str) -> None:
    (problem,) = said(tmp_path, study=BASE, narrow=f"{BASE}source: {{trim: {{of: study, alpha: {alpha}}}}}\n")
    assert problem.startswith("narrow.yaml:4:35: C107 `source.trim.alpha` takes ")


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("source: {trim: {of: study}, files: x.csv}", "`source.files`"),
        ("source: {trim: {of: study}, mode: append}", "`source.mode`"),
        ("source: {trim: {of: study}, delimiter: ;}", "`source.delimiter`"),
        (TRIM + "clean: {fill: {age: 1}}", "`clean.fill`"),
        (TRIM + "on_violation: quarantine", "`on_violation: quarantine`"),
    ],
    ids=["files", "mode", "delimiter", "clean", "quarantine"],
)
def test_settings_for_files(tmp_path: Path, setting: str, named: str) -> None:
    problems = said(tmp_path, study=BASE, narrow=f"{BASE}{setting}\n")
    assert any("C161" in problem and named in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("contracts", "expected"),
    [
        ({"narrow": BASE + TRIM}, "narrow.yaml: C160 `source.trim.of`: study is no data set of this project"),
        ({"study": BASE + TRIM}, "study.yaml: C160 `source.trim.of`: study is trimmed itself"),
        (
            {"study": BASE, "narrow": BASE + TRIM, "twice": BASE + TRIM.replace("study", "narrow")},
            "twice.yaml: C160 `source.trim.of`: narrow is trimmed itself",
        ),
        (
            {"study": BASE, "narrow": BASE.replace("int16", "int32") + TRIM},
            "narrow.yaml: C162 `age` is int32 here, and study has it as int16",
        ),
        (
            {"study": BASE, "narrow": BASE.replace("age", "years") + TRIM},
            "narrow.yaml: C162 `years` is int16 here, and it is not there",
        ),
        (
            {"study": BASE.replace("[age]", "[treated]").replace("col: treated", "col: age"), "narrow": BASE + TRIM},
            "narrow.yaml: C162 the treatment is `treated` here and `age` in study",
        ),
    ],
    ids=["nothing", "itself", "a trim", "type", "column", "treatment"],
)
def test_what_a_trim_must_go_with(tmp_path: Path, contracts: dict[str, str], expected: str) -> None:
    assert any(problem.startswith(expected) for problem in said(tmp_path, **contracts))


def test_the_sole_contract_with_files_keeps_all_of_raw(tmp_path: Path) -> None:
    from ciq.ingest import strays

    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "any name.csv").write_text("treated,age\n")
    assert said(tmp_path, study=BASE, narrow=BASE + TRIM) == []
    assert strays(tmp_path, load_all(tmp_path)) == ()


def test_one_contract_alone_is_loaded_without_the_other(tmp_path: Path) -> None:
    (tmp_path / "narrow.yaml").write_text(BASE + TRIM)
    assert load(tmp_path / "narrow.yaml").source.trim is not None
