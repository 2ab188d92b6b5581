"""Made-up data whose truth is known, for trying things out, tests and benchmarks."""
