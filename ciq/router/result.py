"""The rows of a statement, and what is put down of it once they have been read."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pyarrow as pa

from ciq.errors import CiqError
from ciq.router.decide import Decision
from ciq.router.engine import Rows
from ciq.router.log import Log
from ciq.router.statement import Engine


class Result:
    """Rows as they come, in record batches, to be had once; ``engine`` ran the statement.

    ``fallback`` says why not the chosen one. ``rows``, ``bytes`` and ``elapsed`` (seconds that the engine took) grow as
    the rows are read.
    """

    def __init__(self, decision: Decision, engine: Engine, rows: Rows, log: Log, started: float) -> None:
        self.decision, self.engine = decision, engine
        self.schema, self._batches = rows
        self.fallback: str | None = None
        self.rows = self.bytes = 0
        self.elapsed = time.perf_counter() - started
        self._log, self._closed = log, False
        self._error: str | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            while True:
                start = time.perf_counter()
                batch = next(self._batches, None)
                self.elapsed += time.perf_counter() - start
                if batch is None:
                    return
                self.rows += batch.num_rows
                self.bytes += batch.nbytes
                yield batch
        except CiqError as refusal:
            self._error = type(refusal).__name__
            raise
        finally:
            self.close()

    def table(self) -> pa.Table:
        """All rows."""
        return pa.Table.from_batches(list(self), self.schema)

    def close(self) -> None:
        """Let the engine go, and put the call down; rows that were not read are lost."""
        if self._closed:
            return
        self._closed = True
        close = getattr(self._batches, "close", None)
        if close:
            close()
        counted = {"row_count": self.rows, "byte_count": self.bytes, "elapsed": self.elapsed}
        self._log.add(self.decision, engine=self.engine, fallback=self.fallback, error_class=self._error, **counted)
