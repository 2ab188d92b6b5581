"""Between which numbers the values of a column lie, whatever of the contract says so."""

from __future__ import annotations

from ciq.contract.constraint_checks import extent
from ciq.contract.magnitude import LARGEST, squared
from ciq.contract.model import Contract, Name, Number


def bounds(contract: Contract, name: Name) -> tuple[Number, Number]:
    """The smallest and largest value of a numeric column: its range, within what its type and its part take."""
    smallest, largest = (-LARGEST, LARGEST) if name in squared(contract) else extent(contract.types[name])
    if name == contract.treatment_col:
        smallest, largest = 0, 1
    low, high = contract.constraints.ranges.get(name, (None, None))
    return smallest if low is None else max(low, smallest), largest if high is None else min(high, largest)
