"""What is known of a statement from its text alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from ciq.router.grammar import fingerprint

Engine = str
"""An engine by its name: one of ENGINES, or what router.yml calls one that it adds."""

Kind = Literal["read", "write", "unsure"]
ENGINES: tuple[Engine, ...] = ("pg", "duckdb")
"""The engines that are always there."""

Constant = int | float | str
Span = tuple[Constant | None, Constant | None]
"""The least and the largest value, both within; None where there is no such bound."""


class Relation(NamedTuple):
    """A relation as a statement names it; ``schema`` and ``catalog`` are empty where it doesn't say.

    ``is_file`` where DuckDB would read it as the path of a file.
    """

    name: str
    schema: str = ""
    catalog: str = ""
    is_file: bool = False

    def __str__(self) -> str:
        return ".".join(part for part in (self.catalog, self.schema, self.name) if part)


class Filter(NamedTuple):
    """A column must lie in one of ``spans``."""

    column: str
    spans: tuple[Span, ...]


class Scan(NamedTuple):
    """A relation as one FROM reads it. All of ``filters`` hold of its rows, where it has their columns."""

    relation: Relation
    filters: tuple[Filter, ...] = ()


Sought = tuple[tuple[Relation, frozenset[str] | None], ...]
"""Relations, each with the columns by which an index that has one of them might find fewer rows of it than all.

None where fewer will do in any case.
"""


@dataclass(frozen=True)
class Statement:
    """The whole input, judged.

    ``kind`` is "read" only where every node and every called function is known to change nothing. ``dialects`` are the
    engines that could run it as it is written; empty where none may. ``reasons`` say why it is no proved read, or why
    an engine is left out. ``relations`` are read, ``targets`` written; ``targets`` is None where a write doesn't name
    what it changes. ``effects`` are called functions known to have effects that a read-only transaction may not hold.
    ``functions`` are all called names, ``columns`` the last names of column references, where ``*`` stands for all.
    ``hints`` are the engines that comments ask for; ``count`` is the number of statements. ``scans`` are what
    PostgreSQL's grammar says of each FROM. ``differs`` is None where either engine would answer alike, else why not.
    ``sought`` is what a plain query may need less of than all its rows; empty for any other.
    """

    sql: str
    kind: Kind
    dialects: tuple[Engine, ...] = ()
    reasons: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    targets: tuple[Relation, ...] | None = ()
    effects: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    hints: tuple[Engine, ...] = ()
    count: int = 1
    scans: tuple[Scan, ...] = ()
    differs: str | None = "it is not looked into"
    sought: Sought = ()

    @cached_property
    def fingerprint(self) -> str:
        """The same for statements that differ in literals and layout only."""
        return fingerprint(self.sql)
