"""What asking for help costs: none of the heavy packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_help_lists_the_commands_and_exit_codes() -> None:
    ciq = Path(sys.executable).with_name("ciq")
    done = subprocess.run([str(ciq), "--help"], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ciq ")
    for said in ("run", "ingest", "check", "plan", "status", "demo", "0 ok, 1 data or gate failed, 2 usage"):
        assert said in done.stdout
