"""A contract as data in which what means the same is the same, said or not, in whatever order."""

from __future__ import annotations

import json
import re
from typing import Any

from ciq.contract.model import Contract, Source

_SUFFIX = re.compile(r"\.([a-z]+)(?:\.(?:gz|bz2))?$", re.IGNORECASE)
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def effective(contract: Contract) -> dict[str, Any]:
    """The contract's facts with what its parts require, its rules by id, and ``published``, the published columns."""
    facts = json.loads(json.dumps(contract.facts()))
    rules = {rule.id: (rule.sql, rule.severity) for rule in contract.constraints.rules}
    unique = [sorted(key) for key in contract.unique_keys]
    facts["constraints"] |= {"rules": rules, "not_null": list(contract.required), "unique": unique}
    facts["columns"] = {
        name: {key: value for key, value in note.items() if value and value != {"first": 0, "last": 0}}
        for name, note in facts["columns"].items()
    }
    facts["clean"]["sentinels"] = {
        name: sorted(values, key=lambda value: (isinstance(value, str), value))
        for name, values in contract.clean.sentinels.items()
        if values
    }
    facts["propensity"] |= {
        "squares": sorted(contract.propensity.squares),
        "interactions": sorted(sorted(pair) for pair in contract.propensity.interactions),
    }
    facts["source"]["delimiter"] = _delimiter(contract.source)
    window, table = contract.schedule.window, contract.publish.table
    facts["schedule"]["window"] = f"{window} of {contract.schedule.cron}" if window else None
    facts["publish"]["table"] = None if table == f"{contract.name}_causal_ready" else table
    return {**facts, "published": contract.published_cols}


def _delimiter(source: Source) -> str | None:
    """What separates the fields of its files, None where they have none; as declared where their format is open."""
    suffix = _SUFFIX.search(source.files or "")
    if suffix is None:
        return source.delimiter
    default = _DELIMITERS.get(suffix[1].lower())
    return default and (source.delimiter or default)
