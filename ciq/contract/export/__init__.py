"""A contract in the words of other tools."""

from collections.abc import Callable
from functools import partial

from ciq.contract.export.ddl import ddl
from ciq.contract.export.json_schema import json_schema
from ciq.contract.export.odcs import odcs
from ciq.contract.export.pandera_source import pandera_source
from ciq.contract.model import Contract

EXPORTS: dict[str, Callable[[Contract], str]] = {
    "odcs": odcs,
    "json-schema": json_schema,
    "pandera": pandera_source,
    "ddl-duckdb": partial(ddl, dialect="duckdb"),
    "ddl-postgres": partial(ddl, dialect="postgres"),
}
"""Each gives the text of a file."""

__all__ = ["EXPORTS"]
