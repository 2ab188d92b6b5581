"""Excel workbooks (xlsx) as Parquet of texts: one sheet, its first row the names, each cell as it says."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from ciq.contract.model import Contract
from ciq.errors import DataRefused, LimitExceeded, Problem
from ciq.ingest.content.compression import allowed
from ciq.ingest.content.raw import Raw
from ciq.ingest.formats import texts, worksheet
from ciq.ingest.formats.columnar import Parquet
from ciq.ingest.formats.reader import Header, Place

_EXACT = 2.0**53


class Worksheet(Parquet):
    """What was converted from a sheet: its first row has the names, and no row amid it is blank."""

    def places(self, raw: Raw, contract: Contract, header: Header, wanted: Sequence[int]) -> Mapping[int, Place]:
        """As in any Parquet file, with the number that the spreadsheet program shows beside each row for its line."""
        found = super().places(raw, contract, header, wanted)
        return {at: replace(place, line=at + 1) for at, place in found.items()}


def to_parquet(raw: Raw, packed: Path, target: Path) -> None:
    """Write the sheet of workbook ``packed`` to ``target`` as texts.

    Raises DataRefused where the sheet can't be told or holds what has no value, LimitExceeded for a bomb.
    """
    try:
        with ZipFile(packed) as archive:
            _bounded(raw, archive, packed.stat().st_size)
            sheet = worksheet.chosen(raw.path, archive, raw.source.sheet)
            worksheet.guard(raw.path, archive, sheet)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error) as error:
        raise _unreadable(raw.path, error) from error
    rows = _rows(raw.path, packed, sheet.name)
    names = [_text(cell) or "" for cell in next(rows, ())]
    if not names:
        raise DataRefused(Problem("F111", f"the sheet {sheet.name!r} is empty", raw.path))
    repeated = [name for name, times in Counter(names).items() if times > 1 and name]
    if repeated:
        message = f"column {repeated[0]!r} stands {names.count(repeated[0])} times in the header"
        raise DataRefused(Problem("F108", message, raw.path, 1))
    if "" in names:
        message = f"column {names.index('') + 1} has no name"
        raise DataRefused(Problem("F109", message, raw.path, 1, help="name every column in the first row"))
    texts.write(target, names, texts.batches([_text(cell) for cell in row] for row in rows))


def _bounded(raw: Raw, archive: ZipFile, size: int) -> None:
    declared = sum(member.file_size for member in archive.infolist())
    most = allowed(raw.source.limits, size)
    if declared > most:
        message = f"the workbook unpacks to {declared} bytes, the limit is {most}"
        help_ = "raise source.limits.max_decompressed or max_ratio if that is meant"
        raise LimitExceeded(Problem("F133", message, raw.path, help=help_))


def _rows(path: Path, packed: Path, name: str) -> Iterator[Sequence[Any]]:
    """The rows of a sheet from its first one, all of one length; blank ones at its end don't count."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(str(packed)).get_sheet_by_name(name)
        blank = 0
        for at, row in enumerate(sheet.to_python(skip_empty_area=False), start=1):
            if all(cell == "" for cell in row):
                blank = blank or at
                continue
            if blank:
                message = f"row {blank} of the sheet is blank, and others follow"
                raise DataRefused(Problem("F142", message, path, blank, help="remove the blank row"))
            yield row
    except CalamineError as error:
        raise _unreadable(path, error) from error


def _text(cell: Any) -> texts.Text:
    """What a cell says, nothing for an empty one: a whole number has no decimals, a time no fraction that is zero."""
    if cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def _unreadable(path: Path, error: Exception) -> DataRefused:
    message = f"the workbook can't be read: {str(error).partition(chr(10))[0]}"
    return DataRefused(Problem("F138", message, path, help="save it again as .xlsx, without a password"))
