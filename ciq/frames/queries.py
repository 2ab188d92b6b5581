"""The queries of the models for one contract, as DuckDB takes them: each is rendered once a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from ciq.blueprint.statements import statement
from ciq.blueprint.variables import decided
from ciq.contract import Contract

_CONTRACTS = 8


@dataclass(frozen=True)
class Query:
    """The SQL of a model and the names, without the data set's, of the diagnostics that it reads."""

    sql: str
    reads: tuple[str, ...]


class Queries:
    """Those of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._prefix = f"{contract.name}_"
        self._decided = decided(contract)
        self._rendered: dict[str, Query] = {}

    def of(self, model: str) -> Query:
        """That of ``model``, a file of models/ without its suffix such as ``diagnostics/balance``."""
        if model not in self._rendered:
            query = statement(self._decided, model)
            names = (table.name for table in query.find_all(exp.Table) if table.db == "diagnostics")
            reads = tuple(dict.fromkeys(name.removeprefix(self._prefix) for name in names))
            self._rendered[model] = Query(query.sql("duckdb"), reads)
        return self._rendered[model]


@dataclass(frozen=True)
class _Said:
    """A contract, the same wherever its file lies."""

    text: str
    contract: Contract = field(compare=False)


def queries(contract: Contract) -> Queries:
    """Those of ``contract``, kept for the last contracts that were asked for."""
    return _of(_Said(contract.model_dump_json(), contract))


@lru_cache(maxsize=_CONTRACTS)
def _of(said: _Said) -> Queries:
    return Queries(said.contract)
