"""report.json: the facts there and back, and the schema that describes it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import jsonschema
import pytest
from attempt import NOT_FINITE, attempt, refused

from ciq.report.facts import Facts
from ciq.report.page import page
from ciq.report.record import SCHEMA, from_json, to_json
from ciq.report.sentences import Sentences

SCHEMA_OF_RECORD: dict[str, Any] = json.loads(SCHEMA.read_text())


@pytest.mark.parametrize("facts", [attempt(), refused(), NOT_FINITE], ids=["good", "refused", "not finite"])
def test_there_and_back(facts: Facts) -> None:
    text = to_json(facts)
    jsonschema.validate(json.loads(text), SCHEMA_OF_RECORD)
    again = from_json(text)
    assert to_json(again) == text
    assert page(again, Sentences("en")) == page(facts, Sentences("en"))
    assert again == facts or facts is NOT_FINITE


def test_schema_describes_every_fact() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA_OF_RECORD)
    assert set(SCHEMA_OF_RECORD["properties"]) == {field.name for field in fields(Facts)} | {"format", "verdict"}


def test_schema_refuses_what_is_no_record() -> None:
    record = json.loads(to_json(attempt()))
    for change in ({"verdict": "perhaps"}, {"format": 2}, {"gates": [{}]}, {"sources": [{"path": "x"}]}, {"rows": -1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(record | change, SCHEMA_OF_RECORD)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_json(text)
