"""datacontract-cli reads the ODCS exports, and finds that the raw files are as they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from soaking import campaign
from whole_project import ROOT

pytestmark = pytest.mark.skipif(not campaign(False, True), reason="`make soak` makes an environment for it")
SHIPPED = sorted(path.stem for path in (ROOT / "contracts").glob("*.yaml"))


@pytest.fixture(scope="module")
def datacontract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own: it takes another typer than the tools of this one."""
    environment = tmp_path_factory.mktemp("datacontract") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, timeout=300)
    python = str(environment / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "pip>=25.1,<27"], check=True, timeout=300)
    subprocess.run([*pip, "--group", "odcs"], cwd=ROOT, check=True, timeout=900)
    return environment / "bin" / "datacontract"


@pytest.fixture
def run(datacontract: Path, tmp_path: Path):
    """A command on the export of a shipped contract, in the repository, where its raw file is."""

    def ran(command: str, text: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "exported.odcs.yaml"
        path.write_text(text, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        call = [str(datacontract), command, str(path)]
        return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)

    return ran


def exported(name: str) -> str:
    from ciq.contract import load
    from ciq.contract.export import EXPORTS

    return EXPORTS["odcs"](load(ROOT / "contracts" / f"{name}.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_lint_and_test_pass_on_the_raw_file(name: str, run) -> None:
    for command in ("lint", "test"):
        said = run(command, exported(name))
        assert said.returncode == 0, said.stdout + said.stderr


def test_it_would_tell_a_range_that_the_file_breaks(run) -> None:
    said = run("test", exported("nhefs").replace("maximum: 70", "maximum: 7"))
    assert said.returncode == 1
    assert "smokeyrs has a maximum of 7" in " ".join(said.stdout.replace("│", " ").split())
