"""The statistics as macros of a DuckDB connection: ``SELECT smd(age, treated) FROM people``."""

from __future__ import annotations

from importlib.resources import files

from duckdb import DuckDBPyConnection

MACROS = files("ciq").joinpath("ciq.sql").read_text(encoding="utf-8")
"""The text of ciq.sql, for a DuckDB that Python does not reach."""


def load(connection: DuckDBPyConnection) -> None:
    """Define the macros of ciq.sql in ``connection``'s current schema, replacing those of the same names."""
    connection.execute(MACROS)
