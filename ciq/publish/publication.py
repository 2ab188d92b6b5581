"""What a published model says of itself: one JSON text in the model, whole in SQLMesh's state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from ciq.contract import Contract

MAIN = "causal_ready"


@dataclass(frozen=True)
class Publication:
    """One published table: its data set, versions, stable face, readers and indexes beside the key."""

    dataset: str
    contract_version: str
    source_version: str
    schema: str
    table: str
    grants: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]

    @property
    def face(self) -> exp.Table:
        """The view that consumers read."""
        return exp.table_(self.table, db=self.schema, quoted=True)

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Publication:
        """From the model's ``materialization_properties``: ``publication`` and ``part``."""
        facts = json.loads(str(properties["publication"]))
        tables, indexes, part = facts.pop("tables"), facts.pop("indexes"), str(properties["part"])
        return cls(
            table=tables[part],
            indexes=tuple(tuple(index) for index in indexes) if part == MAIN else (),
            **{**facts, "grants": tuple(facts["grants"])},
        )


def publication_spec(contract: Contract, source_version: str) -> str:
    """The publications of a data set as JSON text for a blueprint variable.

    From the second major version of the contract on, the faces carry it: what reads the first one goes on reading it.
    A version that does not begin with a number is of the first.
    """
    first = contract.version.split(".")[0]
    major = int(first) if first.isdecimal() else 1
    suffix = f"_v{major}" if major > 1 else ""
    names = {MAIN: contract.publish.table or f"{contract.name}_{MAIN}"}
    names |= {part: f"{contract.name}_{part}" for part in ("overlap", "balance", "gate_results")}
    key = [list(contract.key)] if contract.key else []
    return json.dumps(
        {
            "dataset": contract.name,
            "contract_version": contract.version,
            "source_version": source_version,
            "schema": contract.publish.schema,
            "tables": {part: f"{name}{suffix}" for part, name in names.items()},
            "grants": list(contract.publish.grants),
            "indexes": [*key, *(list(index) for index in contract.publish.indexes if list(index) not in key)],
        }
    )
