"""Which raw file belongs to whom."""

from __future__ import annotations

import bz2
import gzip

import pytest
from small_project import GOOD

from ciq.errors import DataRefused
from ciq.ingest import ingest, strays, waiting
from ciq.ingest.sources import claimed


def test_a_sole_contract_takes_all_but_hidden_files_and_the_readme(project, make):
    project.put(GOOD, "anything.csv")
    project.put(b"", ".gitkeep")
    project.put(b"# raw", "README.md")
    assert [source.path for source in ingest(project.root, {"d": make()}, "d").manifest.sources] == [
        "data/raw/anything.csv"
    ]


def test_names_globs_and_strays(project, make):
    contracts = {"d": make(), "e": make(name="e"), "f": make(name="f", source={"files": "*_old.csv"})}
    for name in ("d.csv", "d_old.csv", "z.csv"):
        project.put(GOOD, name)
    found = strays(project.root, contracts)
    assert [(problem.rule, str(problem.path)) for problem in found] == [
        ("F124", "data/raw/d_old.csv"),
        ("F122", "data/raw/z.csv"),
    ]
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, contracts, "d")
    assert [problem.rule for problem in refused.value.problems] == ["F124"]
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, contracts, "e")
    assert [problem.rule for problem in refused.value.problems] == ["F123"]
    assert not waiting(project.root, contracts, "e")


def test_what_excel_leaves_while_a_workbook_is_open_says_so(project, make):
    project.put(b"\x05owner", "~$d.xlsx")
    (problem,) = strays(project.root, {"d": make()})
    assert (problem.rule, str(problem.path)) == ("F122", "data/raw/~$d.xlsx")
    assert problem.help is not None and problem.help.startswith("close the workbook in Excel")


def test_the_longest_name_takes_a_file(project, make):
    contracts = {name: make(name=name) for name in ("d", "d_new")}
    for name in ("d.csv", "d_new.csv", "d_newer.csv", "d_new_2.csv"):
        project.put(GOOD, name)
    assert strays(project.root, contracts) == ()
    found = {name: [path.name for path in claimed(project.root, contracts, name)] for name in contracts}
    assert found == {"d": ["d.csv", "d_newer.csv"], "d_new": ["d_new.csv", "d_new_2.csv"]}


def test_the_same_content_twice(project, make):
    project.put(GOOD, "d_1.csv")
    project.put(GOOD, "d_2.csv")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    assert [(problem.rule, str(problem.path)) for problem in refused.value.problems] == [("F125", "data/raw/d_2.csv")]


def test_a_file_and_what_it_is_packed_in(project, make):
    project.put(GOOD, "d_1.csv")
    project.put(gzip.compress(GOOD), "d_1.csv.gz")
    project.put(bz2.compress(GOOD + b"9,1,2.5,a\n"), "d_2.csv.bz2")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    (problem,) = refused.value.problems
    assert (problem.rule, problem.path.name, problem.message) == ("F125", "d_1.csv.gz", "d_1.csv in another packing")


def test_a_folder_in_raw_is_refused(project, make):
    (project.raw / "d_more").mkdir()
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    assert [problem.rule for problem in refused.value.problems] == ["F101"]
