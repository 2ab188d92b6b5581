"""`ciq contract diff`: each change a line, and exit 1 where the asked-for kind is among them."""

from __future__ import annotations

import json

import pytest
from small_study import CONTRACT
from whole_project import Project


@pytest.mark.parametrize(
    ("fail_on", "tightened", "widened"),
    [(None, 0, 0), ("breaking", 1, 1), ("producer", 1, 0), ("consumer", 0, 1), ("any", 1, 1)],
)
def test_who_is_broken(study: Project, fail_on: str | None, tightened: int, widened: int) -> None:
    for bound, code, who in (("[18, 80]", tightened, "producers"), ("[18, 99]", widened, "consumers")):
        (study.root / "new.yaml").write_text(f"name: study\n{CONTRACT}".replace("[18, 90]", bound))
        arguments = ["--fail-on", fail_on] if fail_on else []
        said = study.ciq("contract", "diff", "contracts/study.yaml", "new.yaml", *arguments)
        assert said.code == code
        assert said.out.startswith("constraints.ranges.age: range_")
        assert f"breaks {who}: " in said.out
        assert said.err.startswith("new.yaml: C130 1 of 1 changes") == bool(code)


def test_nothing_changed_and_json(study: Project) -> None:
    same = ("contract", "diff", "contracts/study.yaml", "contracts/study.yaml", "--fail-on", "any")
    assert (study.ciq(*same).code, study.ciq(*same).out) == (0, "")
    (study.root / "new.yaml").write_text(f"name: study\n{CONTRACT}".replace("[18, 90]", "[18, 80]"))
    said = study.ciq("contract", "diff", "contracts/study.yaml", "new.yaml", "--format", "json", "--fail-on", "any")
    document = json.loads(said.out)
    (told,) = document["results"]
    assert (said.code, told["kind"], told["after"], told["ok"]) == (1, "range_tightened", [18, 80], False)
    assert [problem["rule"] for problem in document["problems"]] == ["C130"]
