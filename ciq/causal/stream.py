"""A design that is read in batches: memory is one batch, a bounded sample and p by p matrices, whatever the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ciq.causal.fit import Design, Matrix, Scale, Sums, Vector, standardised

Batches = Callable[[], Iterable[tuple[Matrix, Vector]]]
"""Called once a pass: pairs of an (n, p) matrix, best column by column in memory, and an (n,) vector of 0 and 1."""

SAMPLE_ROWS = 250_000
SAMPLE_VALUES = 2**23
_BLOCK_VALUES = 2**16  # of a standardised block: small enough for the processor's cache


class Stream:
    """``batches`` as a design; the sample for the warm start is every k-th row.

    Where the sample has room for all rows, they are read once and stay in memory.
    """

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._sample: Design | None = None

    def scale(self) -> Scale:
        """One pass: sums, and the sample on the way."""
        rows = treated = 0
        total, cross, reach = np.zeros(0), np.zeros((0, 0)), np.zeros(0)
        sample = _Sample()
        for x, t in self._batches():
            if not rows:
                columns = x.shape[1]
                total, cross, reach = np.zeros(columns), np.zeros((columns, columns)), np.zeros(columns)
            if not len(t):
                continue
            rows += len(t)
            treated += int(t.sum())
            total += x.sum(axis=0)
            cross += x.T @ x
            reach = np.maximum(reach, np.abs(x).max(axis=0))
            sample.add(x, t)
        if not rows:
            raise ValueError("no rows to fit")
        kept = sample.rows()
        if sample.stride == 1:
            self._batches = lambda: [kept]
        else:
            self._sample = Stream(lambda: [kept])
        return standardised(rows, treated, total, cross, reach)

    def sample(self) -> Design | None:
        """Every k-th row where there are more than the sample holds."""
        return self._sample

    def sums(self, facts: Scale, kept: list[int], beta: Vector) -> Sums:
        """One pass, block by block."""
        total = Total(len(beta))
        for z, t in blocks(self._batches(), facts, kept):
            total.add(z, t, beta)
        return total.per_row(facts.rows)


class Total:
    """Sums that grow block by block."""

    def __init__(self, size: int) -> None:
        self.likelihood, self.score, self.hessian = 0.0, np.zeros(size), np.zeros((size, size))

    def add(self, z: Matrix, t: Vector, beta: Vector) -> None:
        """Add the rows of a standardised block (1 + p, n) at ``beta``."""
        eta = beta @ z
        decay = np.exp(-np.abs(eta))
        e = np.where(eta >= 0, 1.0, decay) / (1 + decay)
        self.likelihood += float(t @ eta - np.maximum(eta, 0).sum() - np.log1p(decay).sum())
        self.score += z @ (t - e)
        self.hessian += z @ (z * (decay / (1 + decay) ** 2)).T

    def per_row(self, rows: int) -> Sums:
        """The sums over ``rows``."""
        return Sums(self.likelihood / rows, self.score / rows, self.hessian / rows)


def blocks(batches: Iterable[tuple[Matrix, Matrix]], facts: Scale, kept: list[int]) -> Iterator[tuple[Matrix, Matrix]]:
    """Standardised columns under a row of ones, (1 + len(kept), n), and the labels of these rows, (..., n)."""
    size = max(_BLOCK_VALUES // (len(kept) + 1), 256)
    block = np.ones((len(kept) + 1, size))
    mean, deviation = facts.mean[kept, None], facts.deviation[kept, None]
    everything = len(kept) == len(facts.mean)
    for x, labels in batches:
        columns = x.T if everything else x.T[kept]
        for start in range(0, x.shape[0], size):
            part = columns[:, start : start + size]
            z = block[:, : part.shape[1]]
            np.subtract(part, mean, out=z[1:])
            z[1:] /= deviation
            yield z, labels[..., start : start + size]


class _Sample:
    """Every ``stride``-th row that was added; the stride doubles when there is no more room."""

    def __init__(self) -> None:
        self.stride = 1
        self._parts: list[tuple[Matrix, Vector]] = []
        self._held = self._next = 0

    def add(self, x: Matrix, t: Vector) -> None:
        """Take the rows of a batch that are due."""
        if self._next < len(t):
            taken = slice(self._next, None, self.stride)
            # Column by column, as the passes read them.
            self._parts.append((x.T[:, taken].copy().T, t[taken].copy()))
            self._held += len(self._parts[-1][1])
            self._next += len(self._parts[-1][1]) * self.stride
        self._next -= len(t)
        while self._held > min(SAMPLE_ROWS, SAMPLE_VALUES // (x.shape[1] + 1)):
            self._thin()

    def _thin(self) -> None:
        """Leave out every other row."""
        x, t = self.rows()
        self._parts = [(x.T[:, ::2].copy().T, t[::2].copy())]
        self._next += self.stride * (self._held % 2)
        self._held = len(self._parts[0][1])
        self.stride *= 2

    def rows(self) -> tuple[Matrix, Vector]:
        """All that was taken, in order."""
        if len(self._parts) > 1:
            x = np.concatenate([part.T for part, _ in self._parts], axis=1).T
            self._parts = [(x, np.concatenate([t for _, t in self._parts]))]
        return self._parts[0]
