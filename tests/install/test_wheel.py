"""The wheel as somebody installs it: away from the repository, from nothing to a verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from soaking import examples
from whole_project import ROOT

HOUSE = ("config.yaml", "models", "audits", "macros", "python_models", "signals", "contracts", "examples", "data/raw")
ROWS = "\n".join(
    [
        "visit,got_coupon,spend,age,city",
        *(f"{i},{i * 7 % 5 // 3},{i % 11}.5,{20 + i * 13 % 60},{('kobe', 'nara')[i % 2]}" for i in range(240)),
    ]
)


@dataclass(frozen=True)
class Installed:
    """The wheel, and the command that it installs."""

    wheel: Path
    ciq: Path

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command in ``folder``, with nothing of the repository to be found."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command = [str(self.ciq), *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own, which borrows the dependencies of this one."""
    root = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(root), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = root.glob("ciq-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "venv")], check=True, timeout=300)
    python = root / "venv" / "bin" / "python"
    subprocess.run(
        [*pip, "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    borrowed = Path(found.stdout.strip()) / "borrowed.pth"
    borrowed.write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return Installed(wheel, root / "venv" / "bin" / "ciq")


def test_the_wheel_carries_the_reference_project(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        packed = {name.removeprefix("ciq/house/") for name in wheel.namelist() if name.startswith("ciq/house/")}
    tracked = subprocess.run(["git", "ls-files", *HOUSE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert packed == set(tracked.stdout.split())


def test_a_new_project_has_a_sample_that_ciq_accepts(installed: Installed, tmp_path: Path) -> None:
    said = installed.run(tmp_path, "init", "trial")
    assert (said.returncode, said.stdout) == (0, "trial: a project with contracts/nsw_rct.yaml\n"), said.stderr
    assert said.stderr == "next: cd trial && ciq run\n"
    checked = installed.run(tmp_path / "trial", "check", "data/raw/nsw_rct.csv", "--contract", "contracts/nsw_rct.yaml")
    assert (checked.returncode, checked.stdout) == (0, "data/raw/nsw_rct.csv: 445 rows, as the contract says\n")
    again = installed.run(tmp_path, "init", "trial")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("trial: E444 the folder is not empty\n  help: ")


def test_from_a_file_to_a_verdict_in_two_commands(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(ROWS)
    made = installed.run(
        tmp_path, "init", "mine", "--from", "visits.csv", "--treatment", "got_coupon", "--outcome", "spend"
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout == "mine: a project with contracts/visits.yaml\n"
    ran = installed.run(tmp_path / "mine", "run")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("visits: published, pass, 240 rows, ")
    assert (tmp_path / "mine" / "artifacts" / "visits" / "report.html").is_file()


@pytest.mark.skipif(examples(1) == 1, reason="runs three data sets; make soak does")
def test_lalonde_is_told_anywhere(installed: Installed, tmp_path: Path) -> None:
    said = installed.run(tmp_path, "demo", "lalonde")
    assert said.returncode == 1
    assert "Share with 0.05 < e < 0.95" in said.stdout
    assert said.stdout.splitlines()[-3].split() == ["Verdict", "Pass", "Refused", "Refused"]
    for dataset in ("nsw_rct", "lalonde", "nsw_cps"):
        assert (tmp_path / "ciq-demo-lalonde" / "artifacts" / dataset / "report.html").is_file()
