"""What a command said, as one document for machines; docs/diagnostics.md describes each format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from ciq.errors import Problem

JSON_FORMAT = 1
"""Raised whenever a key of the JSON document goes or changes its meaning."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Result:
    """One line of result, None where people are told by the problems alone, and its facts for machines."""

    text: str | None
    ok: bool
    facts: Mapping[str, Any]


@dataclass
class Said:
    """All that one ``command`` said: ``problems`` refuse, ``warnings`` don't."""

    command: str = "ciq"
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


def as_json(said: Said, code: int) -> str:
    """One JSON object."""
    document = {
        "format": JSON_FORMAT,
        "command": said.command,
        "exit_code": code,
        "problems": [_facts(problem) for problem in said.problems],
        "warnings": [_facts(warning) for warning in said.warnings],
        "results": [{"ok": result.ok, "message": result.text, **result.facts} for result in said.results],
    }
    return json.dumps(document, indent=2, default=str)


def as_junit(said: Said, code: int) -> str:
    """One test suite: a failed case for each problem, a passed one for each warning and each good result."""
    suite = ElementTree.Element("testsuite", name=_xml(said.command))
    for problem in said.problems:
        failure = ElementTree.SubElement(
            _case(suite, problem), "failure", type=problem.rule, message=_xml(problem.message)
        )
        failure.text = _xml(str(problem))
    for warning in said.warnings:
        ElementTree.SubElement(_case(suite, warning), "system-out").text = _xml(f"warning: {warning}")
    for result in said.results:
        if result.ok:
            ElementTree.SubElement(suite, "testcase", classname=_xml(said.command), name=_xml(str(result.text)))
    counts = {"tests": str(len(suite)), "failures": str(len(said.problems)), "errors": "0"}
    suite.attrib.update(counts)
    suites = ElementTree.Element("testsuites", counts)
    suites.append(suite)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}'


def as_github(said: Said, code: int) -> str:
    """An annotation a line, problems first, then the results as they are."""
    annotations = [_annotation("error", problem) for problem in said.problems]
    annotations += [_annotation("warning", warning) for warning in said.warnings]
    return "\n".join([*annotations, *(_escaped(result.text) for result in said.results if result.text)])


FORMATS: dict[str, Callable[[Said, int], str]] = {"json": as_json, "junit": as_junit, "github": as_github}
"""Each takes what was said and the exit code."""


def _facts(problem: Problem) -> dict[str, Any]:
    return {
        "rule": problem.rule,
        "message": problem.message,
        "path": None if problem.path is None else problem.path.as_posix(),
        "line": problem.line,
        "column": problem.column,
        "help": problem.help,
    }


def _case(suite: ElementTree.Element, problem: Problem) -> ElementTree.Element:
    place = ":".join(str(part) for part in (problem.line, problem.column) if part is not None)
    case = ElementTree.SubElement(
        suite, "testcase", classname=_xml(str(problem.path or "ciq")), name=f"{problem.rule} {place}".rstrip()
    )
    if problem.path is not None:
        case.set("file", _xml(str(problem.path)))
    if problem.line is not None:
        case.set("line", str(problem.line))
    return case


def _xml(text: str) -> str:
    """Without the characters that XML can't hold."""
    return _NO_XML.sub("\ufffd", text)


def _annotation(level: str, problem: Problem) -> str:
    place = {"file": problem.path, "line": problem.line, "col": problem.column, "title": problem.rule}
    properties = ",".join(
        f"{key}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in place.items()
        if value is not None
    )
    message = f"{problem.message}\nhelp: {problem.help}" if problem.help else problem.message
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
