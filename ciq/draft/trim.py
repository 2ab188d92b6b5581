"""The contract of a data set that is trimmed from another one."""

from __future__ import annotations

from typing import Any, Literal

import yaml

from ciq.contract import Contract

_OF_FILES = ("on_violation", "tolerance", "extra_columns", "leakage_forbidden_cols")
_OF_READING = ("pii", "mask", "covariate")


def trimmed_contract(parent: Contract, name: str, alpha: float | Literal["crump"]) -> str:
    """YAML that says of the trimmed rows what ``parent`` says, less what was done as its files were read.

    Mends are left out but for the key that ``deduplicate`` names, and so is the name of the published table.
    """
    facts: dict[str, Any] = parent.model_dump(mode="json", exclude_unset=True)
    bounds = "Crump's trim" if alpha == "crump" else f"{alpha} and {1 - alpha}"
    kept: dict[str, Any] = {
        "contract": 1,
        "name": name,
        "description": f"{parent.description or parent.name}; rows with a propensity score within {bounds}",
        "source": {"trim": {"of": parent.name, "alpha": alpha}},
    }
    kept |= {key: value for key, value in facts.items() if key not in (*kept, *_OF_FILES, "clean")}
    kept["columns"] = _noted(facts.get("columns", {}))
    if deduplicate := facts.get("clean", {}).get("deduplicate"):
        kept["clean"] = {"deduplicate": deduplicate}
    for part, key in (("publish", "table"), ("schedule", "lookback"), ("schedule", "window")):
        kept.get(part, {}).pop(key, None)
    head = f"# The rows of {parent.name} that its propensity scores let overlap; made by `ciq trim`, yours to edit.\n"
    said = {key: value for key, value in kept.items() if value not in ({}, [])}
    return head + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _noted(columns: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is said of the columns that are there, which by now hold what protection made of their values."""
    there = {column: note for column, note in columns.items() if note.get("pii") != "drop"}
    said = {
        column: {key: text for key, text in note.items() if key not in _OF_READING} for column, note in there.items()
    }
    return {column: note for column, note in said.items() if note}
