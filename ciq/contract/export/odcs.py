"""The Open Data Contract Standard (v3): a contract as ODCS, and back.

What the standard has words for stands in its own fields; the rest (roles, mends, gates) is a custom property each,
``ciq.<key>``, so that an import gives the same contract again. The document is about the raw files: what holds of a
column only after its ``clean`` steps is a custom property too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ciq.contract.model import Constraints, Contract
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
_FORMATS = {".parquet": "parquet", ".jsonl": "json", ".ndjson": "json"}
"""What the standard calls a file's format, by its extension; all other text is CSV."""

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
    if "purpose" in (document.get("description") or {}):
        facts["description"] = document["description"]["purpose"]
    if document.get("domain"):
        facts["owner"] = document["domain"]
    facts["types"] = {each["name"]: _type(each) for each in properties}
    notes = {each["name"]: {"description": each["description"]} for each in properties if each.get("description")}
    constraints = _constraints(properties)
    facts |= {key: value for key, value in (("columns", notes), ("constraints", constraints)) if value}
    for custom in document.get("customProperties") or ():
        if str(custom["property"]).startswith(PREFIX):
            _put(facts, custom["property"].removeprefix(PREFIX).split(".", 1), custom["value"])
    return facts


def _document(contract: Contract) -> dict[str, Any]:
    described = {"description": {"purpose": contract.description}} if contract.description else {}
    owner = {"domain": contract.owner} if contract.owner else {}
    return {
        "apiVersion": VERSION,
        "kind": "DataContract",
        "id": f"urn:ciq:{contract.name}",
        "name": contract.name,
        "version": contract.version,
        "status": "active",
        **owner,
        **described,
        **({} if contract.source.trim else {"servers": [_server(contract)]}),
        "schema": [
            {
                "name": contract.name,
                "physicalName": contract.name,
                "physicalType": "table",
                "logicalType": "object",
                "properties": [_property(contract, _of_raw(contract), name) for name in contract.types],
            }
        ],
    }


def _server(contract: Contract) -> dict[str, Any]:
    files = contract.source.files or f"{contract.name}.csv"
    kind = next((kind for suffix, kind in _FORMATS.items() if suffix in files), "csv")
    separator = contract.source.delimiter or ("\t" if ".tsv" in files else ",")
    delimiter = {"delimiter": separator} if kind == "csv" else {}
    return {"server": "local", "type": "local", "path": f"data/raw/{files}", "format": kind, **delimiter}


def _of_raw(contract: Contract) -> Constraints:
    """The constraints that hold of the values as they stand in the file: of columns that no ``clean`` step names."""
    constraints, clean = contract.constraints, contract.clean
    mended = {*clean.sentinels, *clean.upper, *clean.fill, *clean.unknown_category}

    def raw(by_column: Mapping[str, Any]) -> Facts:
        return {name: value for name, value in by_column.items() if name not in mended}

    return Constraints(
        not_null=tuple(name for name in constraints.not_null if name not in mended),
        categories=raw(constraints.categories),
        ranges=raw(constraints.ranges),
        unique=() if clean.deduplicate else tuple(key for key in constraints.unique if mended.isdisjoint(key)),
        patterns=raw(constraints.patterns),
    )


def _property(contract: Contract, constraints: Constraints, name: str) -> dict[str, Any]:
    kind = contract.type_of(name)
    found: dict[str, Any] = {"name": name, "logicalType": _LOGICAL[kind.kind], "physicalType": kind.duckdb}
    note = contract.columns.get(name)
    if note and note.description:
        found["description"] = note.description
    if name in constraints.not_null:
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
    """The contract's type of a property: its own word for it, else what the physical or the logical type says.

    FLOAT is a double to most engines.
    """
    for custom in declared.get("customProperties") or ():
        if custom["property"] == f"{PREFIX}type":
            return str(custom["value"])
    physical = str(declared.get("physicalType", "")).upper()
    by_engine = {kind.duckdb: name for name, kind in reversed(COLUMN_TYPES.items()) if kind.duckdb != "FLOAT"}
    by_logic = {"integer": "int64", "number": "float64", "boolean": "bool", "date": "date", "timestamp": "datetime"}
    return by_engine.get(physical) or by_logic.get(declared.get("logicalType", ""), "string")


def _constraints(properties: list[Mapping[str, Any]]) -> Facts:
    options = {each["name"]: each.get("logicalTypeOptions") or {} for each in properties}
    key = [each["name"] for each in sorted(properties, key=_place_in_key) if each.get("primaryKey")]
    bounds = {name: [found.get("minimum"), found.get("maximum")] for name, found in options.items()}
    found = {
        "not_null": [each["name"] for each in properties if each.get("required") or each["name"] in key],
        "categories": {each["name"]: levels for each in properties for levels in _levels(each)},
        "ranges": {name: pair for name, pair in bounds.items() if pair != [None, None]},
        "unique": [[each["name"]] for each in properties if each.get("unique")] + ([key] if key else []),
        "patterns": {name: given["pattern"] for name, given in options.items() if "pattern" in given},
    }
    return {key: value for key, value in found.items() if value}


def _place_in_key(declared: Mapping[str, Any]) -> int:
    return int(declared.get("primaryKeyPosition", -1))


def unread(document: Mapping[str, Any]) -> Iterator[str]:
    """What a document asks of the values that :func:`facts_of` has no word for."""
    (table,) = document["schema"]
    yield from (f"a rule of quality, {_rule(rule)}" for rule in table.get("quality") or ())
    for declared in table["properties"]:
        options = (declared.get("logicalTypeOptions") or {}).keys() - {"minimum", "maximum", "pattern"}
        yield from (f"`{declared['name']}`: {option}" for option in sorted(options))
        for rule in declared.get("quality") or ():
            if not list(_levels({"quality": [rule]})) or rule["arguments"].keys() != {"validValues"}:
                yield f"`{declared['name']}`: a rule of quality, {_rule(rule)}"


def _rule(rule: Mapping[str, Any]) -> str:
    return str(rule.get("metric") or rule.get("rule") or rule.get("type") or "custom")


def _levels(declared: Mapping[str, Any]) -> Iterator[list[str]]:
    for rule in declared.get("quality") or ():
        if rule.get("metric") == "invalidValues" and "validValues" in rule.get("arguments", {}):
            yield [str(level) for level in rule["arguments"]["validValues"]]


def _unsaid(facts: Facts, said: Facts) -> Iterator[tuple[str, Any]]:
    """What ``said`` lacks or has otherwise, by path; of what is told by column only the columns where that is so."""
    for key, value in facts.items():
        if key in _WITHIN and isinstance(value, dict):
            within = said.get(key, {})
            for part, each in value.items():
                told = within.get(part)
                if told != each:
                    yield f"{key}.{part}", _beside(told, each) if isinstance(told, dict) else each
        elif said.get(key) != value:
            yield key, value


def _beside(told: Facts, each: Facts) -> Facts:
    return {column: value for column, value in each.items() if told.get(column) != value}


def _put(facts: Facts, path: list[str], value: Any) -> None:
    if len(path) == 1:
        facts[path[0]] = value
        return
    within = facts.setdefault(path[0], {})
    told = within.get(path[1])
    within[path[1]] = {**told, **value} if isinstance(told, dict) and isinstance(value, dict) else value
