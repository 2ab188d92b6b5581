"""Whether a column's date format can be read with, and says of which year a time is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ciq.contract.finding import Finding
from ciq.contract.model import Contract

_DIRECTIVE = re.compile(r"%-?.?", re.DOTALL)
# Those of DuckDB but %n: of nanoseconds it makes another type, which no column has.
_KNOWN = {f"%{letter}" for letter in "aAbBcdfgGhHIjmMpSTuUVwWxXyYzZ%"} | {f"%-{letter}" for letter in "dHIjmMSy"}
_YEARS = {"%Y", "%y", "%-y", "%G", "%c", "%x"}


def format_findings(contract: Contract) -> Iterator[Finding]:
    """Formats of columns that are no times, with a directive that the engine doesn't know, or without a year."""
    for column, form in contract.source.datetime_format.items():
        path, directives = ("source", "datetime_format", column), _DIRECTIVE.findall(form)
        if column in contract.types and contract.type_of(column).kind not in ("date", "datetime"):
            message = f"a date format is for date and datetime; `{column}` is {contract.types[column]}"
            yield Finding("C111", path, message, column=column, at_key=True)
        for unknown in dict.fromkeys(each for each in directives if each not in _KNOWN):
            help_ = "%f is a fraction of a second, %d, %m, %Y, %H, %M and %S are as in Python"
            yield Finding("C166", path, f"{form!r} has {unknown!r}, which is no directive", help_, column)
        if _YEARS.isdisjoint(directives):
            yield Finding("C165", path, f"{form!r} has no year", "write it as %Y or %y", column)
