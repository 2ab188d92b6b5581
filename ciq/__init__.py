"""ciq: from raw files and a data contract to a causal-safe data set, or a refusal that says why."""

__version__ = "0.1.0"
