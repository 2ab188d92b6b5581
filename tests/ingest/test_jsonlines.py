"""JSON Lines: what each line must be, with its number; what its values become."""

from __future__ import annotations

import pytest

from ciq.errors import LimitExceeded
from ciq.ingest import check, ingest

GOOD = '{"id":1,"treated":0,"x":1.5,"g":"a"}\n{"id":2,"treated":1,"x":null,"g":"b"}\n'


def said(project, make, body, **fields):
    path = project.put(body if isinstance(body, bytes) else body.encode(), "d.jsonl")
    return [(problem.rule, problem.line) for problem in check(path, make(**fields)).problems]


def landed(project, make, body, kind, **fields):
    project.put(body.encode(), "d.ndjson")
    types = {"id": "int64", "treated": "int8", "x": kind, "g": "category"}
    manifest = ingest(project.root, {"d": make(types=types, **fields)}, "d").manifest
    return [value for (value,) in project.rows(manifest, "x::VARCHAR")]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('{"id":3,"treated":0,"x":1.5,"g":"a"', "F135"),
        ('{"id":3,"treated":0,"x":1.5,"g":"a",}', "F135"),
        ('{"id":3,"treated":0,"x":NaN,"g":"a"}', "F135"),
        ('{"id":3,"treated":0,"x":-Infinity,"g":"a"}', "F135"),
        ('{"id":3,"treated":0,"x":01,"g":"a"}', "F135"),
        ('{"id":3,"treated":0,"x":1.5,"g":"\t"}', "F135"),
        ('{"id":3,"treated":0,"x":1.5,"g":"\\ud800"}', "F135"),
        ('{"id":3,"treated":0,"x":1.5,"g":"\\u0000"}', "F114"),
        ('{"id":3,"treated":0,"x":1.5,"g":"\\ufffd"}', "F116"),
        ('{"id":3,"treated":0,"x":1.5,"g":"\ufffd"}', "F116"),
        ('{"id":3,"treated":0,"x":1.5,"g":"a"}{}', "F135"),
        ("[1, 2]", "F135"),
        ('"text"', "F135"),
        ("[" * 100_000, "F135"),
        ('{"id":3,"treated":0,"x":1.5,"x":1.5,"g":"a"}', "F136"),
        ('{"id":3,"treated":0,"g":"a"}', "F137"),
        ('{"id":3,"treated":0,"x":1.5,"g":"a","h":1}', "F137"),
        ('{"id":3,"treated":0,"x":[1.5],"g":"a"}', "F121"),
        ('{"id":3,"treated":0,"x":1.5,"g":{"a":1}}', "F121"),
        ('{"id":"3","treated":0,"x":1.5,"g":"a"}', "I203"),
        ('{"id":3,"treated":true,"x":1.5,"g":"a"}', "I203"),
        ('{"id":3,"treated":0,"x":"1.5","g":"a"}', "I203"),
        ('{"id":3.5,"treated":0,"x":1.5,"g":"a"}', "I203"),
        ('{"id":9223372036854775808,"treated":0,"x":1.5,"g":"a"}', "I203"),
        ('{"id":3,"treated":0,"x":1e999,"g":"a"}', "I203"),
        ('{"id":3,"treated":2,"x":1,"g":"a"}', "I206"),
    ],
)
def test_a_bad_line_is_named(line, rule, project, make):
    assert said(project, make, GOOD + "\n" + line + "\n") == [(rule, 4)]


def test_bytes_that_are_no_text(project, make):
    assert said(project, make, GOOD.encode() + b'{"id":3,"treated":0,"x":1,"g":"\xe9"}') == [("F115", 3)]


def test_headers(project, make):
    assert said(project, make, '{"id":1,"id":1,"treated":0,"x":1.5,"g":"a"}')[0] == ("F108", 1)
    assert said(project, make, '{"id":1,"treated":0,"x":1.5}') == [("F106", 1)]
    assert said(project, make, GOOD.replace('"g":', '"h":1,"g":')) == [("F107", 1)]
    assert said(project, make, GOOD.replace('"g":', '"h":[{}],"g":'), extra_columns="drop") == []
    assert [rule for rule, _ in said(project, make, "\n \n")] == ["F106"] * 4


def test_a_line_too_long(project, make):
    with pytest.raises(LimitExceeded):
        said(
            project,
            make,
            GOOD + '{"id":3,"treated":0,"x":1.5,"g":"' + "a" * 900 + '"}',
            source={"limits": {"max_line": 500}},
        )


def test_keys_in_another_order(project, make):
    assert landed(project, make, GOOD + '{"g":"c","x":7,"treated":0,"id":3}', "float64") == ["1.5", None, "7.0"]


@pytest.mark.parametrize(
    ("kind", "value", "lands"),
    [
        ("float64", "1.10", "1.1"),
        ("float64", "-0", "-0.0"),
        ("float64", "1E3", "1000.0"),
        ("int64", "9007199254740993", "9007199254740993"),
        ("int64", "42.0", "42"),
        ("string", '"007"', "007"),
        ("string", "1.10", "1.10"),
        ("string", "12345678901234567890123", "12345678901234567890123"),
        ("string", "true", "true"),
        ("string", '"\\u00e9\\ud83d\\ude00"', "é😀"),
        ("string", '"{\\"a\\": 1}"', '{"a": 1}'),
        ("string", '""', None),
        ("float64", '""', None),
        ("bool", "false", "false"),
        ("bool", "1", "true"),
        ("date", '"2024-02-29"', "2024-02-29"),
        ("datetime", '"2024-02-29T10:00:00Z"', "2024-02-29 10:00:00"),
    ],
)
def test_what_a_value_becomes(kind, value, lands, project, make):
    assert landed(project, make, f'{{"id":1,"treated":0,"x":{value},"g":"a"}}', kind) == [lands]


def test_a_text_that_means_missing_does_so_in_any_column(project, make):
    body = '{"id":1,"treated":0,"x":"NA","g":"a"}\n{"id":2,"treated":0,"x":2,"g":"NA"}'
    assert landed(project, make, body, "float64", source={"null_values": ("NA",)}) == [None, "2.0"]
