"""What a Parquet file says of itself, and how much of it a scan has to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from ciq.router.statement import Constant, Filter, Span

Bounds = tuple[Any, Any]
"""The least and the largest value of a column, of Parquet's own type."""


@dataclass(frozen=True)
class Group:
    """A row group: its rows, each column's compressed bytes, and the bounds of the columns that have any."""

    rows: int
    sizes: Mapping[str, int]
    bounds: Mapping[str, Bounds]


@dataclass(frozen=True)
class Footer:
    """The row groups of a file."""

    groups: tuple[Group, ...]

    def read(self, columns: frozenset[str], filters: Iterable[Filter] = ()) -> tuple[float, int]:
        """The MB and rows that are read of ``columns`` (of all where ``*`` is among them); rows are counted unread.

        A row group is passed over where its bounds say that no row of it can pass ``filters``, as DuckDB does.
        """
        whole = self._whole
        groups = [whole]
        if filters := [each for each in filters if each.column in whole.sizes]:
            found = [group for group in self.groups if all(_may_hold(group, each) for each in filters)]
            groups = groups if len(found) == len(self.groups) else found
        names = whole.sizes if "*" in columns else columns.intersection(whole.sizes)
        rows = sum(group.rows for group in groups) if names else 0
        return sum(sum(map(group.sizes.__getitem__, names)) for group in groups) / 1e6, rows

    @cached_property
    def _whole(self) -> Group:
        """All groups as one, without bounds."""
        sizes = Counter[str]()
        for group in self.groups:
            sizes.update(group.sizes)
        return Group(sum(group.rows for group in self.groups), sizes, {})


def read_footer(path: Path) -> Footer:
    """The footer of a file."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    return Footer(tuple(_group(metadata.row_group(at)) for at in range(metadata.num_row_groups)))


def _group(group: Any) -> Group:
    sizes: dict[str, int] = {}
    bounds: dict[str, Bounds] = {}
    for at in range(group.num_columns):
        column = group.column(at)
        name, _, inside = column.path_in_schema.partition(".")
        sizes[name] = sizes.get(name, 0) + column.total_compressed_size
        if not inside and (found := _bounds(column.statistics)):
            bounds[name] = found
    return Group(group.num_rows, sizes, bounds)


def _bounds(statistics: Any) -> Bounds | None:
    """None where there are none, or none that Python has a value for, as of the year 10000."""
    if statistics is None or not statistics.has_min_max:
        return None
    try:
        return statistics.min, statistics.max
    except (OverflowError, ValueError):
        return None


def _may_hold(group: Group, wanted: Filter) -> bool:
    """Whether a row of a group may lie in one of the spans; it may where nothing is known."""
    bounds = group.bounds.get(wanted.column)
    return bounds is None or any(_overlap(bounds, span) for span in wanted.spans)


def _overlap(bounds: Bounds, span: Span) -> bool:
    low, high = (None if bound is None else _like(bounds[0], bound) for bound in span)
    try:
        return (low is None or low <= bounds[1]) and (high is None or bounds[0] <= high)
    except (ArithmeticError, TypeError):
        return True


def _like(sample: Any, constant: Constant) -> Any:
    """A constant as a value of the sample's type; as it is where it can't be one."""
    if not isinstance(constant, str):
        return constant
    try:
        if isinstance(sample, datetime):
            found = datetime.fromisoformat(constant)
            zone = sample.tzinfo and (found.tzinfo or UTC)
            return found.replace(tzinfo=zone)
        if isinstance(sample, date):
            return date.fromisoformat(constant)
        return Decimal(constant) if isinstance(sample, int | float | Decimal) else constant
    except (ArithmeticError, ValueError):
        return constant
