"""One document on stdout in each format, with all that text says."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import CONTRACT, rows
from whole_project import Project

from ciq import contract, ingest
from ciq.cli import output
from ciq.cli.formats import Result, Said, as_github, as_json, as_junit
from ciq.errors import Problem

CHECK = ("check", "data/raw/bad.csv", "--contract", "contracts/study.yaml")
ANY_TEXT = st.text(st.characters())
PROBLEMS = st.builds(
    Problem,
    rule=st.sampled_from(["I203", "C105"]),
    message=ANY_TEXT,
    path=st.none() | ANY_TEXT.map(Path),
    line=st.none() | st.integers(1),
    column=st.none() | st.integers(1),
    help=st.none() | ANY_TEXT,
)


@pytest.fixture
def bad(study: Project) -> Project:
    """The small study with two bad cells."""
    text = rows().replace("\n5,", "\nfive,").replace("\n9,1,9.5,77\n", "\n9,1,9.5,177\n")
    study.raw("bad.csv", text)
    return study


def document(project: Project, *arguments: str) -> dict[str, Any]:
    said = project.ciq(*arguments, "--format", "json")
    assert said.err == ""
    found: dict[str, Any] = json.loads(said.out)
    assert list(found) == ["format", "command", "exit_code", "problems", "warnings", "results"]
    assert (found["format"], found["exit_code"]) == (1, said.code)
    return found


def test_check_in_json_is_the_library_s_verdict(bad: Project) -> None:
    found = document(bad, *CHECK)
    verdict = ingest.check(Path("data/raw/bad.csv"), contract.load("contracts/study.yaml"))
    assert (found["command"], found["exit_code"]) == ("ciq check", 1)
    assert [(p["rule"], p["message"], p["path"], p["line"]) for p in found["problems"]] == [
        (p.rule, p.message, str(p.path), p.line) for p in verdict.problems
    ]
    assert {p["rule"] for p in found["problems"]} == {"I203", "I202"}
    (told,) = found["results"]
    assert set(told) == {"ok", "message"} | {field.name for field in fields(verdict)} - {"problems", "tolerated"}
    assert (told["ok"], told["message"], told["rows"]) == (False, None, verdict.rows)


def test_check_of_a_good_file_in_json(study: Project) -> None:
    study.raw("bad.csv", rows().replace("\n9,1,9.5,77\n", "\n9,1,9.5,88\n"))
    found = document(study, *CHECK)
    assert found["problems"] == []
    assert [warning["rule"] for warning in found["warnings"]] == ["I208"]
    (told,) = found["results"]
    assert (told["ok"], told["rows"], told["warnings"]) == (True, 200, {"young_and_well": 1})


def test_a_refusal_before_any_check_is_in_the_document_too(study: Project) -> None:
    study.contract("study").write_text(CONTRACT.replace("covariate_cols", "covariat_cols"))
    found = document(study, "check", "data/raw/study.csv", "--contract", "contracts/study.yaml")
    assert (found["exit_code"], found["results"]) == (2, [])
    assert ("C105", 5, 1) in {(p["rule"], p["line"], p["column"]) for p in found["problems"]}


def test_ingest_in_json(study: Project) -> None:
    (told,) = document(study, "ingest")["results"]
    assert (told["ok"], told["dataset"], told["state"], told["rows"]) == (True, "study", "staged", 200)
    study.raw("study.csv", rows().replace("\n5,", "\nfive,"))
    found = document(study, "ingest")
    (told,) = found["results"]
    assert (told["ok"], told["state"], found["exit_code"]) == (False, "refused", 1)
    assert [p["path"] for p in found["problems"]] == ["data/raw/study.csv"]


def test_lint_in_every_format(study: Project) -> None:
    (told,) = document(study, "contract", "lint")["results"]
    assert (told["ok"], told["name"], told["columns"]) == (True, "study", 4)
    text = study.ciq("contract", "lint")
    assert (text.code, text.out, text.err) == (0, "contracts/study.yaml: study 1.0.0, 4 columns\n", "")
    study.contract("study").write_text(CONTRACT.replace("covariate_cols", "covariat_cols"))
    assert document(study, "contract", "lint", "contracts/study.yaml")["exit_code"] == 2
    assert study.ciq("contract", "lint", "--format", "junit").code == 2
    said = study.ciq("contract", "lint", "--format", "github")
    assert "\n::error file=contracts/study.yaml,line=5,col=1,title=C105::" in said.out


def test_lint_sees_two_contracts_of_one_name(study: Project) -> None:
    (study.root / "contracts" / "other.yaml").write_text(f"name: study\n{CONTRACT}")
    said = study.ciq("contract", "lint")
    assert (said.code, said.out) == (2, "")
    assert "C121" in said.err


def test_check_in_junit(bad: Project) -> None:
    said = bad.ciq(*CHECK, "--format", "junit")
    suites = ElementTree.fromstring(said.out)
    (suite,) = suites
    failures = suite.findall("testcase/failure")
    assert (said.code, said.err, suite.get("name")) == (1, "", "ciq check")
    assert {failure.get("type") for failure in failures} == {"I202", "I203"}
    assert suite.get("failures") == suites.get("failures") == str(len(failures))
    assert {case.get("file") for case in suite.findall("testcase[failure]")} == {"data/raw/bad.csv"}


def test_check_in_github_annotations(bad: Project) -> None:
    said = bad.ciq(*CHECK, "--format", "github")
    assert said.code == 1
    assert all(
        re.match(r"::error file=data/raw/bad.csv,line=\d+,title=I20[23]::", line) for line in said.out.splitlines()
    )


def test_usage_gives_no_document(study: Project) -> None:
    said = study.ciq("check", "--format", "json")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Usage: ")
    assert study.ciq("check", "--format", "yaml").code == 2


def test_the_format_of_one_command_is_not_the_next_one_s(study: Project) -> None:
    document(study, "contract", "lint")
    assert study.ciq("contract", "lint").out.startswith("contracts/study.yaml: ")


@given(problems=st.lists(PROBLEMS), text=ANY_TEXT)
def test_whatever_a_message_holds_the_documents_can_be_read(problems: list[Problem], text: str) -> None:
    said = Said("ciq check", problems, problems, [Result(text, True, {})])
    assert json.loads(as_json(said, 1))["problems"][: len(problems)] == [
        {
            "rule": problem.rule,
            "message": problem.message,
            "path": None if problem.path is None else problem.path.as_posix(),
            "line": problem.line,
            "column": problem.column,
            "help": problem.help,
        }
        for problem in problems
    ]
    (suite,) = ElementTree.fromstring(as_junit(said, 1))
    assert len(suite) == 2 * len(problems) + 1
    assert len(as_github(said, 1).split("\n")) == max(1, 2 * len(problems) + bool(text))


def test_a_program_that_goes_on_after_a_command_is_not_kept_in_its_format(bad: Project) -> None:
    bad.ciq("--quiet", *CHECK, "--format", "json")
    output.result("said")
    output.warning(Problem("C105", "heeded"))
    said = bad.capsys.readouterr()
    assert (said.out, said.err) == ("said\n", "warning: C105 heeded\n")
