"""The same work on several files at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from ciq.errors import DataRefused

WORKERS = min(4, os.cpu_count() or 1)
"""Files in work at a time; each one holds buffers, whatever its size."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def gathered(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of ``work`` on each item, in order.

    Raises DataRefused for all items that were refused; any other error at once, and then begins no further item.
    """
    refused = list[DataRefused]()

    def guarded(item: Item) -> Result | None:
        try:
            return work(item)
        except DataRefused as error:
            refused.append(error)
            return None

    if len(items) == 1:
        return [work(items[0])]
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(guarded, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            for future in futures:
                future.cancel()
    results = [future.result() for future in futures if not future.cancelled()]
    if refused:
        raise DataRefused(*(problem for error in refused for problem in error.problems))
    return [result for result in results if result is not None]
