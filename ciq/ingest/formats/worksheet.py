"""What an xlsx file says of its sheets in XML, where a reader of values alone would see an empty cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZipFile

from ciq.errors import DataRefused, LimitExceeded, Problem

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SMALL = 1 << 22
_MOST_CELLS = 16_000_000
"""Of a sheet's rectangle, which is held in memory."""


@dataclass(frozen=True)
class Sheet:
    """A sheet's name and its member of the archive."""

    name: str
    member: str


def chosen(path: Path, archive: ZipFile, wanted: str | None) -> Sheet:
    """The sheet ``wanted``, or the only visible one. Raises DataRefused where there is no such sheet."""
    if _WORKBOOK not in archive.namelist():
        help_ = "give the file the extension of what it is"
        raise DataRefused(Problem("F102", "called .xlsx, but it is a zip file without a workbook", path, help=help_))
    targets = {str(each.get("Id")): str(each.get("Target")) for each in _elements(archive, _RELATIONS, "Relationship")}
    sheets, hidden = dict[str, Sheet](), set[str]()
    for element in _elements(archive, _WORKBOOK, "sheet"):
        name = str(element.get("name"))
        reference = next((value for key, value in element.items() if key.endswith("}id")), "")
        sheets[name] = Sheet(name, normpath(join("/xl", targets.get(reference, ""))).lstrip("/"))
        if element.get("state") in ("hidden", "veryHidden"):
            hidden.add(name)
    visible = [name for name in sheets if name not in hidden]
    names = ", ".join(map(repr, sheets))
    if wanted is not None and wanted not in sheets:
        raise DataRefused(Problem("F139", f"there is no sheet {wanted!r}: the workbook has {names}", path))
    if wanted is None and len(visible) != 1:
        help_ = "name one in the contract's source.sheet; a contract is drafted for the one that --sheet names"
        raise DataRefused(Problem("F139", f"the workbook has several sheets: {names}", path, help=help_))
    sheet = sheets[visible[0] if wanted is None else wanted]
    if sheet.member not in archive.namelist():
        raise DataRefused(Problem("F138", f"the workbook can't be read: sheet {sheet.name!r} has no cells", path))
    return sheet


def guard(path: Path, archive: ZipFile, sheet: Sheet) -> None:
    """Read every part of the archive once, so that its checksums hold, and each cell of ``sheet``.

    Raises DataRefused for the first error value, and the first formula that was never computed; LimitExceeded for a
    sheet too large.
    """
    for member in archive.infolist():
        if member.filename != sheet.member:
            with archive.open(member) as stream:
                while stream.read(1 << 20):
                    pass
    cells = _Cells(path)
    try:
        with archive.open(sheet.member) as stream:
            cells.parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise DataRefused(Problem("F138", f"the workbook can't be read: {error}", path)) from error
    if cells.found:
        raise DataRefused(*cells.found.values())


def _elements(archive: ZipFile, member: str, tag: str) -> list[ElementTree.Element]:
    with archive.open(member) as stream:
        text = stream.read(_SMALL)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == tag]


class _Cells:
    """The state of the pass over a sheet's cells: the first place of each finding."""

    def __init__(self, path: Path) -> None:
        self.found: dict[str, Problem] = {}
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.buffer_text = True
        self._path = path
        self._cell: dict[str, Any] = {}
        self._formula = self._valued = self._inside = False
        self._rows = self._columns = 0

    def _start(self, name: str, attributes: dict[str, Any]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self._cell, self._formula, self._valued = attributes, False, False
            self._measure(attributes.get("r", ""))
        elif tag == "f":
            self._formula = True
        elif tag == "v":
            self._inside = True

    def _characters(self, text: str) -> None:
        self._valued = self._valued or self._inside

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "v":
            self._inside = False
        elif tag == "c":
            kind, place = self._cell.get("t"), self._cell.get("r", "")
            if kind == "e":
                self._note("F140", f"cell {place} holds an error value", "mend the formula, or empty the cell")
            elif self._formula and not self._valued and kind != "str":
                help_ = "open it in a spreadsheet program, which computes it, and save it"
                self._note("F141", f"the formula in cell {place} has no computed value", help_)

    def _measure(self, place: str) -> None:
        letters = place.rstrip("0123456789")
        row = int(place[len(letters) :] or 0)
        column = 0
        for letter in letters[:4]:
            column = column * 26 + ord(letter.upper()) - 64
        self._rows, self._columns = max(self._rows, row), max(self._columns, column)
        if self._rows * self._columns > _MOST_CELLS:
            message = f"the sheet spans {self._rows} rows and {self._columns} columns"
            help_ = f"save it as CSV or Parquet; at most {_MOST_CELLS:,} cells are read of a sheet"
            raise LimitExceeded(Problem("F133", message, self._path, help=help_))

    def _note(self, rule: str, message: str, help_: str) -> None:
        line = int("".join(filter(str.isdigit, self._cell.get("r", ""))) or 0) or None
        self.found.setdefault(rule, Problem(rule, message, self._path, line, help=help_))
