"""The report again from its record, and two attempts side by side."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest
from small_study import CONTRACT, contents, rows
from whole_project import Project, run_in

from ciq.pipeline.warehouse import review


@pytest.fixture(scope="module")
def published_once(met_a_stray: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study published twice, an environment `dev` that shows the second version, and a refusal at ingest."""
    root = tmp_path_factory.mktemp("reported")
    shutil.copytree(met_a_stray, root, dirs_exist_ok=True)
    (root / "data" / "raw" / "stray.csv").unlink()
    (root / "contracts" / "study.yaml").write_text(CONTRACT + "report: {language: ja}\n")
    (root / "data" / "raw" / "study.csv").write_text(rows(210))
    assert run_in(root) == 0
    with contextlib.chdir(root), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO("y\n"))
        review(root, "dev")
    return root


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) AS n FROM features.study", [{"n": 210}]),
        ("SELECT count(*) AS n FROM features__dev.study", [{"n": 210}]),
        (
            "SELECT gate, verdict FROM diagnostics.study_gates WHERE gate = 'overlap_share'",
            [{"gate": "overlap_share", "verdict": "pass"}],
        ),
        ("SELECT min(n) AS n FROM diagnostics__dev.study_overlap", [{"n": 210}]),
    ],
)
def test_what_environments_show_is_queried_by_its_name(published: Project, sql: str, rows: list[object]) -> None:
    said = published.ciq("sql", sql, "--format", "json")
    assert (said.code, [json.loads(line) for line in said.out.splitlines()]) == (0, rows)


def versions(project: Project) -> tuple[str, str]:
    """The names of the first and the second version."""
    folder = project.root / "artifacts" / "study" / "versions"
    by_rows = sorted(folder.glob("*.json"), key=lambda path: int(json.loads(path.read_text())["rows"]))
    first, second = (path.stem for path in by_rows)
    return first, second


def test_report_is_written_again_the_same(published: Project) -> None:
    folder = published.root / "artifacts" / "study"
    before = contents(folder)
    for path in (*folder.glob("*.html"), *folder.glob("*.svg"), *folder.glob("*.md")):
        path.unlink()
    said = published.ciq("report")
    assert (said.code, said.out, said.err) == (0, "artifacts/study/report.html: pass\n", "")
    assert contents(folder) == before


def test_report_in_the_language_of_the_contract_or_of_the_option(published: Project) -> None:
    page = published.root / "artifacts" / "study" / "report.html"
    assert '<html lang="ja">' in page.read_text()
    assert published.ciq("report", "study", "--lang", "en").code == 0
    assert '<html lang="en">' in page.read_text()
    assert published.ciq("report").code == 0
    assert '<html lang="ja">' in page.read_text()


def test_report_opens_the_page(published: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", opened.append)
    assert published.ciq("report", "--open").code == 0
    assert opened == [str(published.root / "artifacts" / "study" / "report.html")]


def test_report_as_json(published: Project) -> None:
    (found,) = json.loads(published.ciq("report", "--format", "json").out)["results"]
    assert (found["dataset"], found["verdict"], found["path"]) == ("study", "pass", "artifacts/study/report.html")


def test_two_versions_side_by_side(published: Project) -> None:
    first, second = versions(published)
    said = published.ciq("report", "--lang", "en", "--compare", first, second[:6])
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"## study: {first} → {second[:6]}\n\n**Verdict: pass**\n")
    assert "| Rows | 200 | 210 |" in said.out
    assert "| Overlap share | 100% | 100% | ≥ 60% | pass |" in said.out
    assert "| age |" in said.out


def test_an_environment_beside_a_version(published: Project) -> None:
    first, _ = versions(published)
    said = published.ciq("report", "--compare", first, "dev", "--lang", "en")
    assert "| Rows | 200 | 210 |" in said.out
    same = published.ciq("report", "--compare", "prod", "dev", "--lang", "en")
    assert "| Rows | 210 | 210 |" in same.out
    assert "| age |" not in same.out


def test_what_there_is_to_compare_is_named(published: Project) -> None:
    said = published.ciq("report", "--compare", "prod", "staging")
    assert (said.code, said.out) == (2, "")
    assert "E442 study has neither an environment nor one version named staging" in said.err
    assert "dev, prod, " in said.err
    for version in versions(published):
        assert version in said.err


def test_no_report_yet(study: Project) -> None:
    said = study.ciq("report", "study")
    assert (said.code, said.out) == (2, "")
    assert "artifacts/study: E440 there is no report of study yet\n  help: `ciq run study` makes it" in said.err


@pytest.mark.parametrize("content", ["", "{}", '{"format": 2}'])
def test_no_record(published: Project, content: str) -> None:
    (published.root / "artifacts" / "study" / "report.json").write_text(content)
    before = contents(published.root / "artifacts")
    said = published.ciq("report")
    assert (said.code, said.out) == (2, "")
    assert "artifacts/study/report.json: E441 " in said.err
    assert contents(published.root / "artifacts") == before
