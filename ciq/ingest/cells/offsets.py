"""Times with and without an offset don't stand in one column of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.ingest.cells.casting import placeable, placed
from ciq.ingest.engine import call, column, file_literal, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def mixed(con: DuckDBPyConnection, contract: Contract, cast: Path) -> Iterator[tuple[str, int, int]]:
    """Each such column of a cast file, with the 1-based records of the first time without and with an offset."""
    names = placeable(contract)
    if not names:
        return
    firsts = [_first(name, with_offset) for name in names for with_offset in (False, True)]
    source = call("read_parquet", file_literal(cast), file_row_number=exp.true())
    (found,) = rows(con, exp.select(*firsts).from_(source))
    for at, name in enumerate(names):
        naive, named = found[2 * at : 2 * at + 2]
        if naive is not None and named is not None:
            yield name, naive + 1, named + 1


def _first(name: str, with_offset: bool) -> exp.Expr:
    flag = column(placed(name)) if with_offset else exp.not_(column(placed(name)))
    sound = exp.and_(column(name).is_(exp.null()).not_(), flag)
    return exp.Filter(this=exp.Min(this=column("file_row_number")), expression=exp.Where(this=sound))
