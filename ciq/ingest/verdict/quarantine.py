"""Rows that break the contract set aside, so that the others land: ``on_violation: quarantine``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.errors import DataRefused, Problem
from ciq.ingest.engine import column, rows
from ciq.ingest.formats.reader import Place
from ciq.ingest.verdict.findings import SAMPLES, Opened, problems
from ciq.ingest.verdict.judging import POSITION, Judged, positions
from ciq.ingest.verdict.uniqueness import Repeat, repeated_rows, repeats

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TABLE = "rejected"
_CHUNK = 20_000


def tally(judged: Judged, repeated: Sequence[Repeat]) -> dict[str, int]:
    """The violations of each rule, over all columns; of a key that repeats every row counts."""
    counts = Counter[str]()
    for found in judged.violations:
        counts[found.check.rule] += found.count
    for repeat in repeated:
        counts["I207"] += repeat.rows
    return dict(sorted(counts.items()))


def excess(contract: Contract, counts: Mapping[str, int], total: int, of: str | None = None) -> Iterator[Problem]:
    """A problem for each rule whose violations are a larger share of the ``total`` rows than is tolerated.

    ``of`` is the name of the file whose rows these are, if they are of one alone.
    """
    among = f"the {total} rows of {of}" if of else f"{total} rows"
    for rule, count in counts.items():
        tolerated = contract.tolerated(rule)
        if count > tolerated * total:
            message = f"{rule} is violated {count} times in {among}, tolerated is a share of {tolerated:g}"
            help_ = f"mend the source, or raise tolerance.{rule}"
            yield Problem("I213", message, contract.path, help=help_)


def none_left(contract: Contract, of: str | None = None) -> Problem:
    """All rows, or all of the file ``of``, would be set aside."""
    return Problem("I213", f"no row of {of} is left" if of else "no row is left", contract.path)


def set_aside(
    con: DuckDBPyConnection,
    contract: Contract,
    typed: exp.Query,
    judged: Judged,
    repeated: Sequence[Repeat],
    files: Sequence[Opened],
) -> list[int]:
    """Note every violation in a table of the connection; how many rows of each of the ``files`` it has.

    Raises DataRefused where a key repeats among the rows that are left.
    """
    found = [
        _noted(
            positions(contract, typed, each.check, fresh=True),
            each.check.rule,
            each.check.column,
            None if each.check.column else each.check.expected,
        )
        for each in judged.violations
    ]
    found += [
        _noted(repeated_rows(contract, typed, repeat.key), "I207", None, ", ".join(repeat.key)) for repeat in repeated
    ]
    every: exp.Query = found[0]
    for other in found[1:]:
        every = exp.union(every, other, distinct=False, copy=False)
    temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
    create = exp.Create(this=exp.to_table(_TABLE), kind="TABLE", expression=every, properties=temporary)
    con.execute(create.sql(dialect="duckdb"))
    _must_be_unique(con, contract, kept(typed), files)
    place, record = map(column, POSITION)
    count = exp.Count(this=exp.Distinct(expressions=[record]))
    per_file = dict(rows(con, exp.select(place, count).from_(_TABLE).group_by(place)))
    return [per_file.get(file, 0) for file in range(len(files))]


def _must_be_unique(con: DuckDBPyConnection, contract: Contract, left: exp.Query, files: Sequence[Opened]) -> None:
    """Refuse a key that repeats only now: a row that was set aside no longer supersedes the one before it."""
    if contract.clean.deduplicate:
        again = tuple(repeats(con, contract, left, SAMPLES))
        found = problems(con, contract, left, Judged((), {}, {}), again, files, fresh=True)
        if found:
            raise DataRefused(*(replace(each, message=f"{each.message}, once rows are set aside") for each in found))


def kept(typed: exp.Query) -> exp.Query:
    """The rows that are not set aside."""
    same = [exp.column(name, "t", quoted=True).eq(exp.column(name, "r", quoted=True)) for name in POSITION]
    noted = exp.select(exp.convert(1)).from_(exp.to_table(_TABLE, alias="r")).where(*same)
    return exp.select("*").from_(typed.copy().subquery("t")).where(exp.not_(exp.Exists(this=noted)))


def write(con: DuckDBPyConnection, contract: Contract, files: Sequence[Opened], target: Path) -> None:
    """Write every violation with its place: file, line, record, byte offset in the text, column, rule and raw text.

    The raw text is that of the cell, or for what concerns several columns of the whole record, as a JSON object; of
    these ``constraint`` tells which it was: the id of the row rule, or the columns of the key.
    """
    import pyarrow as pa
    from pyarrow import parquet

    texts, numbers = ("file", "column", "rule", "constraint", "raw"), ("line", "record", "byte_offset")
    schema = pa.schema([(name, pa.string()) for name in texts] + [(name, pa.int64()) for name in numbers])
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for ordinal, file in enumerate(files):
            for chunk in _chunks(con, ordinal):
                wanted = sorted({noted[0] for noted in chunk})
                places = file.reader.places(file.raw, contract, file.header, wanted)
                lines = [_line(contract, file, places[noted[0]], *noted) for noted in chunk]
                writer.write_table(pa.Table.from_pylist(lines, schema))


def _line(
    contract: Contract, file: Opened, place: Place, record: int, rule: str, name: str | None, constraint: str | None
) -> dict[str, Any]:
    values = dict(zip(file.header.names, place.values, strict=True))
    record_text = json.dumps({each: values[each] for each in contract.types}, ensure_ascii=False)
    return {
        "file": file.path.name,
        "column": name,
        "rule": rule,
        "constraint": constraint,
        "raw": record_text if name is None else values[name],
        "line": place.line,
        "record": record,
        "byte_offset": place.offset,
    }


def _noted(found: exp.Select, rule: str, name: str | None, constraint: str | None) -> exp.Select:
    noted = {"rule": rule, "name": name, "constraint": constraint}
    return found.select(*(exp.alias_(exp.cast(exp.convert(text), "TEXT"), each) for each, text in noted.items()))


def _chunks(con: DuckDBPyConnection, ordinal: int) -> Iterator[list[tuple[int, str, str | None, str | None]]]:
    place, record = map(column, POSITION)
    noted = (record, *map(column, ("rule", "name", "constraint")))
    query = exp.select(*noted).from_(_TABLE).where(place.eq(ordinal)).order_by(*noted)
    found = con.execute(query.sql(dialect="duckdb"))
    while chunk := found.fetchmany(_CHUNK):
        yield chunk
