"""JSON Schema (2020-12) of one row as a JSON object, after the mends."""

from __future__ import annotations

import json
from typing import Any

from ciq.contract.export.bounds import bounds
from ciq.contract.model import Contract
from ciq.contract.patterns import whole
from ciq.contract.types import Kind

_TYPES: dict[Kind, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}


def json_schema(contract: Contract) -> str:
    """The schema as indented JSON. Keys over several rows and row rules have no word in it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:ciq:{contract.name}:{contract.version}",
        "title": contract.name,
        "description": contract.description or "",
        "type": "object",
        "properties": {name: _property(contract, name) for name in contract.types},
        "required": list(contract.types),
        "additionalProperties": contract.extra_columns == "drop",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _property(contract: Contract, name: str) -> dict[str, Any]:
    kind, constraints = contract.type_of(name).kind, contract.constraints
    found = dict(_TYPES[kind])
    if name in contract.columns and contract.columns[name].description:
        found["description"] = contract.columns[name].description
    if kind in ("integer", "float"):
        found["minimum"], found["maximum"] = bounds(contract, name)
    if name in constraints.categories:
        found["enum"] = list(constraints.categories[name])
    if name in constraints.patterns:
        found["pattern"] = f"^{whole(contract, name)}$"
    if name not in contract.required:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"].append(None)
    return found
