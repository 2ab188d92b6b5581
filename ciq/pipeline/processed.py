"""``data/processed/<dataset>/causal_ready.parquet``: the promoted data set, stamped with where it comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import duckdb
from sqlglot import exp

from ciq.files import aside


@dataclass(frozen=True)
class Stamp:
    """What a published file says of itself, as Parquet key-value metadata."""

    ciq_dataset: str
    ciq_contract_version: str
    ciq_source_version: str
    ciq_snapshot: str
    ciq_estimand: str
    ciq_population: str


def causal_ready(project: Path, dataset: str) -> Path:
    """Where a data set is published as Parquet."""
    return project / "data" / "processed" / dataset / "causal_ready.parquet"


def published(project: Path, dataset: str) -> Stamp | None:
    """The stamp of what is published now; None where nothing is, or not by ciq."""
    path = causal_ready(project, dataset)
    if not path.is_file():
        return None
    with duckdb.connect() as memory:
        try:
            rows = memory.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
        except duckdb.Error:
            return None
    said = {bytes(key).decode(): bytes(value).decode() for key, value in rows}
    names = [field.name for field in fields(Stamp)]
    return Stamp(**{name: said[name] for name in names}) if all(name in said for name in names) else None


def publish(cursor: duckdb.DuckDBPyConnection, project: Path, stamp: Stamp) -> None:
    """Copy the promoted ``features.<dataset>`` to its Parquet file, whole or not at all."""
    view = exp.table_(stamp.ciq_dataset, db="features", quoted=True)
    metadata = ", ".join(f"{key}: {exp.convert(value).sql('duckdb')}" for key, value in asdict(stamp).items())
    copy_view(cursor, view, causal_ready(project, stamp.ciq_dataset), f", KV_METADATA {{{metadata}}}")


def copy_view(cursor: duckdb.DuckDBPyConnection, view: exp.Table, target: Path, options: str = "") -> None:
    """Copy a view of the warehouse to a Parquet file, whole or not at all; ``options`` are more of COPY's."""
    query = exp.select("*").from_(view).sql("duckdb")
    with aside(target) as path:
        place = exp.convert(str(path)).sql("duckdb")
        cursor.execute(f"COPY ({query}) TO {place} (FORMAT parquet, COMPRESSION zstd{options})")
