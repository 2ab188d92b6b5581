"""What asking for help costs: none of the heavy packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from whole_project import Project

HEAVY = {"pandas", "sqlmesh", "duckdb", "numpy", "pyarrow", "sqlglot", "pydantic", "rich"}
SCRIPT = """\
import sys
sys.argv = ["ciq", *sys.argv[1:]]
from ciq.cli.main import main
try:
    main()
except SystemExit as ended:
    print("imported", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
    raise
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["nonsense"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == (2 if arguments == ["nonsense"] else 0), done.stderr
    imported = set(done.stderr.rpartition("imported ")[2].split())
    assert {"ciq", "click"} <= imported
    assert imported & HEAVY == set()


# What each command may import of the heavy packages; numpy and pyarrow are how ingest reads files.
NEEDED = {
    "explain I203": set(),
    "contract lint": {"pydantic"},
    "status": {"pydantic", "sqlglot", "duckdb", "numpy", "pyarrow"},
    "report study": {"sqlglot"},
    "doctor": {"pydantic", "sqlglot", "duckdb", "numpy", "pyarrow"},
}


def imported(project: Project, command: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *command.split()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=project.root,
        env=os.environ | {"PG_DSN": "off"},
    )
    found = set(done.stderr.rpartition("imported ")[2].split())
    assert {"ciq", "click"} <= found, done.stderr
    return found & HEAVY


@pytest.mark.parametrize("command", NEEDED)
def test_no_command_imports_what_it_does_not_use(study: Project, command: str) -> None:
    assert imported(study, command) <= NEEDED[command]


def test_only_row_rules_that_are_not_evident_ask_for_sql(study: Project) -> None:
    path = study.contract("study")
    path.write_text(path.read_text().replace("age < 85", "abs(age) < 85"))
    assert imported(study, "contract lint") == {"pydantic", "sqlglot", "duckdb"}


def test_help_lists_the_commands_and_exit_codes() -> None:
    ciq = Path(sys.executable).with_name("ciq")
    done = subprocess.run([str(ciq), "--help"], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ciq ")
    for said in ("run", "ingest", "check", "plan", "status", "demo", "0 ok, 1 data or gate failed, 2 usage"):
        assert said in done.stdout
