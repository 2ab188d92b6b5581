"""The documents: their commands run and say what is written, generated pages are up to date, links lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import click
import pytest
import yaml
from pydantic import BaseModel
from soaking import examples
from whole_project import ROOT

from ciq.cli.main import cli
from ciq.contract.model import Contract
from ciq.demo.house import HOUSE

DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *sorted(ROOT.glob("README*.md"))]
RECIPES = ROOT / "examples" / "schedule"


def loaded(path: Path) -> ModuleType:
    """A Python file that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = loaded(DOCS / "generate.py")
COMMANDS: dict[str, click.Command] = dict(GENERATE.commands())


@pytest.mark.parametrize("page", GENERATE.PAGES)
def test_generated_pages_are_up_to_date(page: str) -> None:
    assert (ROOT / page).read_text() == GENERATE.PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "ciq"])
def test_every_command_has_an_example_that_parses(name: str) -> None:
    shown = re.findall(rf"^ +({name} ?.*)$", GENERATE.help_of(name, COMMANDS[name]).partition("Example")[2], re.M)
    assert shown, f"{name} --help has no example"
    for line in shown:
        parses(line)


def parses(line: str) -> None:
    """Fails where click would refuse the line; files need not be there."""
    words = shlex.split(line.split(" > ")[0].split(" || ")[0])[1:]
    command: click.Command = cli
    while words and isinstance(command, click.Group):
        context = command.make_context("ciq", list(words), resilient_parsing=True)
        rest = [*context._protected_args, *context.args]
        command, words = command.commands[rest[0]], rest[1:]
    parser = command.make_parser(click.Context(command))
    _, left, _ = parser.parse_args(list(words))
    assert left == [] or any(p.nargs == -1 for p in command.params), line


def blocks(page: Path) -> list[tuple[str, list[str]]]:
    """Each command of the page's console blocks with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def walk(folder: Path, commands: list[tuple[str, list[str]]]) -> None:
    """Runs the commands one after the other; `cd` holds, `# exits with 1` is what it says."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command, said in commands:
        if command.startswith("cd "):
            folder = folder / command[3:]
            continue
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=os.environ | {"PATH": path, "PG_DSN": "off"},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        code = re.search(r"# exits with (\d)", command)
        assert done.returncode == (int(code[1]) if code else 0), f"{command}\n{done.stdout}{done.stderr}"
        for line in said:
            parts = [re.escape(part.strip()) for part in line.split("...") if part.strip()]
            assert re.search(".*".join(parts), done.stdout + done.stderr), f"{command} does not say {line!r}"


def test_the_tutorial(tmp_path: Path) -> None:
    walk(tmp_path, blocks(DOCS / "tutorial.md"))
    assert (tmp_path / "shop" / "artifacts" / "visits" / "report.html").is_file()


@pytest.mark.parametrize("readme", sorted(ROOT.glob("README*.md")), ids=lambda path: path.name)
def test_the_readme(tmp_path: Path, readme: Path) -> None:
    """`make run` is `ciq run` here, because the environment is there already; whole data sets run in make soak."""
    makefile = (ROOT / "Makefile").read_text()
    assert "\nrun: $(VENV)/installed\n\t$(BIN)/ciq run\n" in makefile
    for name in (*HOUSE, "contracts", "data/raw"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    texts = [text for text in re.findall(r"```yaml\n(.*?)```", readme.read_text(), re.S) if "treatment_col" in text]
    for text in texts:
        (tmp_path / "contracts" / "clicks.yaml").write_text(text)
        (tmp_path / "data" / "raw" / "clicks.csv").write_text(clicks())
    commands = [(command.replace("make run", "ciq run"), said) for command, said in blocks(readme)]
    assert commands
    long = ("ciq run", "ciq demo lalonde")
    for command, _ in commands:
        if command.startswith("ciq "):
            parses(command.partition(" #")[0])
    quick = [(command, said) for command, said in commands if not command.startswith(long)]
    chosen = commands if examples(1) > 1 else quick
    walk(tmp_path, [(f"{c} # exits with 1" if "lalonde" in c else c, said) for c, said in chosen])


def clicks() -> str:
    """A file for the README's contract."""
    start = "2026-10-01 10"
    rows = (
        f"{i},{start}:{i % 60:02d}:00,{i * 7 % 5 // 3},{i % 11}.5,{20 + i * 13 % 60},{('free', 'paid')[i % 2]},{i % 9}"
        for i in range(240)
    )
    return "\n".join(["user_id,seen_at,saw_banner,spend,age,plan,visits_before", *rows]) + "\n"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of a contract, dotted."""
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        inner: Any = field.annotation
        if get_origin(inner) is Literal and len(get_args(inner)) == 1:
            continue  # there is nothing to choose
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_the_contract_page_has_every_key() -> None:
    page = (DOCS / "contract.md").read_text()
    code = " ".join(re.findall("`([^`]+)`", page))
    for key in keys(Contract):
        *above, last = key.split(".")
        assert re.search(rf"\b{last}\b", code), f"docs/contract.md does not say {key}"
        assert all(re.search(rf"\b{name}\b", code) for name in above), key


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_recipes_call_commands_that_are_there() -> None:
    lines = [line for path in RECIPES.iterdir() if path.is_file() for line in path.read_text().splitlines()]
    called = [
        match[1]
        for line in lines
        if (match := re.search(r"(?:^|bin/| )(ciq (?:--quiet )?[a-z].*?)(?: >| \|\||$|\"\))", line))
    ]
    called = [line for line in called if line.split()[1].strip("-") in {*cli.commands, "quiet"}]
    assert len(called) >= 7
    for line in called:
        parses(re.sub(r"\{\w+\}", "name", line))


def test_the_workflow_is_valid_and_its_scripts_are_bash() -> None:
    workflow = yaml.safe_load((RECIPES / "review.yml").read_text())
    scripts = [step["run"] for step in workflow["jobs"]["gates"]["steps"] if "run" in step]
    assert len(scripts) == 7
    for script in scripts:
        plain = re.sub(r"\$\{\{.*?\}\}", "x", script)
        subprocess.run(["bash", "-n", "-c", plain], check=True, timeout=60)


def test_the_airflow_dag_compiles_and_loads_where_there_is_airflow() -> None:
    path = RECIPES / "ciq_dag.py"
    compile(path.read_text(), str(path), "exec")
    pytest.importorskip("airflow")
    dag = loaded(path).dag
    assert sorted(dag.task_ids) == ["customers", "nhefs"]
