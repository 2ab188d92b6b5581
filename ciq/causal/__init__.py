"""The statistics: pure numerics and SQL expressions, no input or output."""
