"""Benchmarks: ratios between two jobs in one run, on generated inputs. ``python -m benchmarks --help`` says how."""
