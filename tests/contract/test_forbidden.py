"""Globs of forbidden columns: only `*` and `?` are special, and none is slow."""

from __future__ import annotations

import pytest

from ciq.contract.forbidden import matches


@pytest.mark.parametrize(
    ("glob", "name", "covers"),
    [
        ("future_*", "future_spend", True),
        ("future_*", "FUTURE_", True),
        ("future_*", "a_future_x", False),
        ("*_post", "y_post", True),
        ("?ge", "age", True),
        ("?ge", "ge", False),
        ("a[bc]", "ab", False),
        ("a[bc]", "a[bc]", True),
        ("a.c", "abc", False),
        ("*a*b*", "xxaxxbx", True),
        ("*ab", "aab", True),
        ("*", "", True),
        ("", "a", False),
        ("*a" * 40 + "b", "a" * 200, False),
    ],
)
def test_globs(glob: str, name: str, covers: bool) -> None:
    assert matches(glob, name) is covers
