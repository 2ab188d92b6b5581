"""SQLMesh's console, reduced to progress and to what failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmesh.core.console import NoopConsole
from sqlmesh.utils.concurrency import NodeExecutionFailedError

Step = Callable[[str, int, int], None]
"""Told of the model just done, how many are done and how many there are."""


class QuietConsole(NoopConsole):  # type: ignore[misc]  # SQLMesh is not followed by the type checker
    """Prints nothing; keeps the failures of the last plan and reports each model that is done."""

    def __init__(self, step: Step) -> None:
        self.failures: list[NodeExecutionFailedError[Any]] = []
        self._step = step
        self._done = self._total = 0

    def start_evaluation_progress(self, batched_intervals: Any, *args: Any, **kwargs: Any) -> None:
        """Count what there is to do."""
        self.failures = []
        self._done, self._total = 0, sum(len(intervals) for intervals in batched_intervals.values())

    def update_snapshot_evaluation_progress(self, snapshot: Any, *args: Any, **kwargs: Any) -> None:
        """Count one batch of one model as done."""
        self._done += 1
        self._step(snapshot.name.replace('"', "").split(".", 1)[-1], self._done, self._total)

    def log_failed_models(self, errors: list[NodeExecutionFailedError[Any]]) -> None:
        """Keep what failed for the refusal's message."""
        self.failures = list(errors)

    def log_warning(self, short_message: str, long_message: str | None = None) -> None:
        """Say nothing: warnings of gates are read from their table."""
