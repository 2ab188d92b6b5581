"""Writes the pages, and the SQL, that are derived from the code: ``python docs/generate.py``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from ciq.causal.macros import macros
from ciq.cli.main import cli
from ciq.rules import RULES

ROOT = Path(__file__).parents[1]
_FAMILIES = {
    "C": "The contract",
    "E": "Project and environment",
    "F": "Files",
    "G": "Gates",
    "I": "Cells and rows",
    "P": "PostgreSQL",
    "R": "Routing",
}


def commands(command: click.Command = cli, name: str = "ciq") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups first."""
    yield name, command
    if isinstance(command, click.Group):
        for word in sorted(command.commands):
            yield from commands(command.commands[word], f"{name} {word}")


def help_of(name: str, command: click.Command) -> str:
    """What ``--help`` prints, at a fixed width."""
    settings = {**cli.context_settings, "max_content_width": 100, "terminal_width": 100}
    return command.get_help(click.Context(command, info_name=name, **settings))


def command_page() -> str:
    """docs/commands.md."""
    sections = (f"## {name}\n\n```text\n{help_of(name, command)}\n```" for name, command in commands())
    return "\n\n".join(["# Commands", "What `--help` says of each.", *sections]) + "\n"


def rule_page() -> str:
    """docs/rules.md."""
    parts = ["# Rules", "Each message carries the id of its rule; `ciq explain ID` prints what stands here."]
    for letter, family in groupby(sorted(RULES), key=lambda rule: rule[0]):
        parts.append(f"## {letter}: {_FAMILIES.get(letter, letter)}")
        parts += [
            f"### {id_}: {RULES[id_].title}\n\n{RULES[id_].why}\n\n**To mend it:** {RULES[id_].mend}" for id_ in family
        ]
    return "\n\n".join(parts) + "\n"


PAGES = {"docs/commands.md": command_page, "docs/rules.md": rule_page, "ciq/ciq.sql": macros}

if __name__ == "__main__":
    for page, content in PAGES.items():
        (ROOT / page).write_text(content(), encoding="utf-8")
