"""The Open Data Contract Standard (v3): a contract as ODCS, and back.

What the standard has words for stands in its own fields; the rest (roles, mends, gates) is a custom property each,
``ciq.<key>``, so that an import gives the same contract again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ciq.contract.model import Contract
from ciq.contract.types import COLUMN_TYPES, Kind

VERSION = "v3.1.0"
PREFIX = "ciq."
_LOGICAL: dict[Kind, str] = {
    "integer": "integer",
    "float": "number",
    "bool": "boolean",
    "text": "string",
    "date": "date",
    "datetime": "timestamp",
}
_WITHIN = ("source", "constraints")
"""Keys whose parts are custom properties of their own where the standard can't say them."""

Facts = dict[str, Any]


class Plain(yaml.SafeDumper):
    """YAML without anchors, which contracts do without."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_yaml(facts: Mapping[str, Any]) -> str:
    """Plain data as YAML, keys in their order."""
    return yaml.dump(dict(facts), Dumper=Plain, sort_keys=False, allow_unicode=True, width=100)


def odcs(contract: Contract) -> str:
    """The contract as an ODCS file."""
    facts = contract.model_dump(mode="json", exclude_defaults=True)
    document = _document(contract)
    rest = list(_unsaid(facts, facts_of(document)))
    if rest:
        document["customProperties"] = [{"property": f"{PREFIX}{path}", "value": value} for path, value in rest]
    return to_yaml(document)


def facts_of(document: Mapping[str, Any]) -> Facts:
    """The contract's facts in an ODCS document. Raises LookupError, TypeError or ValueError where it is none."""
    (table,) = document["schema"]
    properties = table["properties"]
    facts: Facts = {"name": table["name"], "version": document["version"]}
    if "purpose" in document.get("description", {}):
        facts["description"] = document["description"]["purpose"]
    if document.get("domain"):
        facts["owner"] = document["domain"]
    facts["types"] = {each["name"]: _type(each) for each in properties}
    notes = {each["name"]: {"description": each["description"]} for each in properties if each.get("description")}
    constraints = _constraints(properties)
    facts |= {key: value for key, value in (("columns", notes), ("constraints", constraints)) if value}
    for custom in document.get("customProperties", ()):
        if str(custom["property"]).startswith(PREFIX):
            _put(facts, custom["property"].removeprefix(PREFIX).split(".", 1), custom["value"])
    return facts


def _document(contract: Contract) -> dict[str, Any]:
    described = {"description": {"purpose": contract.description}} if contract.description else {}
    owner = {"domain": contract.owner} if contract.owner else {}
    server = {"server": "local", "type": "local", "path": f"data/raw/{contract.source.files or contract.name + '.csv'}"}
    return {
        "apiVersion": VERSION,
        "kind": "DataContract",
        "id": f"urn:ciq:{contract.name}",
        "name": contract.name,
        "version": contract.version,
        "status": "active",
        **owner,
        **described,
        "servers": [{**server, "format": "csv", "delimiter": contract.source.delimiter or ","}],
        "schema": [
            {
                "name": contract.name,
                "physicalName": contract.name,
                "physicalType": "table",
                "logicalType": "object",
                "properties": [_property(contract, name) for name in contract.types],
            }
        ],
    }


def _property(contract: Contract, name: str) -> dict[str, Any]:
    constraints, kind = contract.constraints, contract.type_of(name)
    found: dict[str, Any] = {"name": name, "logicalType": _LOGICAL[kind.kind], "physicalType": kind.duckdb}
    note = contract.columns.get(name)
    if note and note.description:
        found["description"] = note.description
    if name in contract.constraints.not_null:
        found["required"] = True
    options: dict[str, Any] = {}
    low, high = constraints.ranges.get(name, (None, None))
    options |= {key: bound for key, bound in (("minimum", low), ("maximum", high)) if bound is not None}
    if name in constraints.patterns:
        options["pattern"] = constraints.patterns[name]
    if options:
        found["logicalTypeOptions"] = options
    if [name] in [list(key) for key in constraints.unique]:
        found["unique"] = True
    if name in constraints.categories:
        levels = list(constraints.categories[name])
        known = {"metric": "invalidValues", "arguments": {"validValues": levels}, "mustBe": 0}
        found["quality"] = [{"type": "library", **known}]
    found["customProperties"] = [{"property": f"{PREFIX}type", "value": contract.types[name]}]
    return found


def _type(declared: Mapping[str, Any]) -> str:
    """The contract's type of a property: its own word for it, else what the physical or the logical type says."""
    for custom in declared.get("customProperties", ()):
        if custom["property"] == f"{PREFIX}type":
            return str(custom["value"])
    physical = str(declared.get("physicalType", "")).upper()
    by_engine = {kind.duckdb: name for name, kind in reversed(COLUMN_TYPES.items())}
    by_logic = {"integer": "int64", "number": "float64", "boolean": "bool", "date": "date", "timestamp": "datetime"}
    return by_engine.get(physical) or by_logic.get(declared.get("logicalType", ""), "string")


def _constraints(properties: list[Mapping[str, Any]]) -> Facts:
    options = {each["name"]: each.get("logicalTypeOptions", {}) for each in properties}
    bounds = {name: [found.get("minimum"), found.get("maximum")] for name, found in options.items()}
    found = {
        "not_null": [each["name"] for each in properties if each.get("required")],
        "categories": {each["name"]: levels for each in properties for levels in _levels(each)},
        "ranges": {name: pair for name, pair in bounds.items() if pair != [None, None]},
        "unique": [[each["name"]] for each in properties if each.get("unique")],
        "patterns": {name: given["pattern"] for name, given in options.items() if "pattern" in given},
    }
    return {key: value for key, value in found.items() if value}


def _levels(declared: Mapping[str, Any]) -> Iterator[list[str]]:
    for rule in declared.get("quality", ()):
        if rule.get("metric") == "invalidValues" and "validValues" in rule.get("arguments", {}):
            yield [str(level) for level in rule["arguments"]["validValues"]]


def _unsaid(facts: Facts, said: Facts) -> Iterator[tuple[str, Any]]:
    """What ``said`` lacks or has otherwise, by path."""
    for key, value in facts.items():
        if key in _WITHIN and isinstance(value, dict):
            within = said.get(key, {})
            yield from ((f"{key}.{part}", each) for part, each in value.items() if within.get(part) != each)
        elif said.get(key) != value:
            yield key, value


def _put(facts: Facts, path: list[str], value: Any) -> None:
    if len(path) == 1:
        facts[path[0]] = value
    else:
        facts.setdefault(path[0], {})[path[1]] = value
