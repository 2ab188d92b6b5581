"""The figures of a frame: propensity scores, overlap and balance of rows that a program holds in its hands.

A frame is anything that speaks the Arrow C stream: a pandas or polars DataFrame, an Arrow table, a DuckDB relation.
It goes through the project's own models in a DuckDB in memory, the contract's ``clean`` steps first, so that the
figures are those of the product's tables.
"""

from ciq.frames.diagnostics import Diagnostics, balance, diagnostics, overlap, propensity

__all__ = ["Diagnostics", "balance", "diagnostics", "overlap", "propensity"]
