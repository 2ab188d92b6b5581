"""`ciq contract draft`: to stdout or to a new file, and then `ciq check` is content."""

from __future__ import annotations

from whole_project import Project


def test_a_draft_accepts_its_file(study: Project) -> None:
    said = study.ciq("contract", "draft", "data/raw/study.csv", "-o", "draft.yaml", "--outcome", "y")
    assert (said.code, said.out) == (0, "draft.yaml: written\n")
    assert "ciq check data/raw/study.csv --contract draft.yaml" in said.err
    assert study.ciq("check", "data/raw/study.csv", "--contract", "draft.yaml").code == 0
    assert study.ciq("contract", "lint", "draft.yaml").code == 0
    printed = study.ciq("contract", "draft", "data/raw/study.csv", "--outcome", "y")
    assert (printed.out, printed.err) == ((study.root / "draft.yaml").read_text(), "")


def test_what_is_there_is_not_written_over(study: Project) -> None:
    before = study.contract("study").read_text()
    said = study.ciq("contract", "draft", "data/raw/study.csv", "-o", "contracts/study.yaml")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("contracts/study.yaml: E432 ")
    assert study.contract("study").read_text() == before


def test_a_column_that_is_not_there(study: Project) -> None:
    said = study.ciq("contract", "draft", "data/raw/study.csv", "--treatment", "treatd", "-o", "draft.yaml")
    assert (said.code, said.out) == (2, "")
    assert "data/raw/study.csv: E431 the file has no column 'treatd'" in said.err
    assert "did you mean `treated`?" in said.err
    assert not (study.root / "draft.yaml").exists()
