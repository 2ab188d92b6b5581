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


class Sought(NamedTuple):
    """A relation of a FROM and what it is ``called`` there.

    ``columns`` are those by which an index that has one of them might find fewer rows of it than all; None where fewer
    will do in any case.
    """

    called: str
    relation: Relation
    columns: frozenset[str] | None


Column = tuple[str, str]
"""What a relation is called, and a column of it."""


class Plain(NamedTuple):
    """A query with no other in it: its relations, in the order of its scans.

    ``equal`` are pairs of columns that must be equal in each row that is joined. Where a sole relation is sorted by a
    column and the first rows of it are taken, ``first`` has the column and their number. ``sole`` is whether the answer
    is one row, of all that are read. ``sorted_by`` are the columns by whose order the first rows are taken: an index
    that has it may spare all relations to be read to the end.
    """

    sought: tuple[Sought, ...]
    equal: tuple[tuple[Column, Column], ...] = ()
    first: tuple[str, int] | None = None
    sole: bool = False
    sorted_by: frozenset[Column] = frozenset()


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
    ``plain`` is None for a query with another in it.
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
    plain: Plain | None = None

    @cached_property
    def fingerprint(self) -> str:
        """The same for statements that differ in literals and layout only."""
        return fingerprint(self.sql)
