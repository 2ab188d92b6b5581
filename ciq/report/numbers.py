"""Figures for people."""

from __future__ import annotations

import math
from typing import Any, TypeGuard


def figure(value: Any) -> str:
    """Four significant digits, counts whole; nothing where there is no figure."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def decimals(value: Any, places: int = 3) -> str:
    """A figure in a column of its like: fixed places and a real minus sign; a dash where there is none."""
    if not is_finite(value):
        return "–"  # noqa: RUF001
    text = f"{value:,.{places}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.removeprefix("-")  # noqa: RUF001


def is_finite(value: Any) -> TypeGuard[float]:
    """Whether there is a figure at all: a number that is neither infinite nor NaN."""
    return isinstance(value, int | float) and math.isfinite(value)


def percent(share: float) -> str:
    """A share of 1 in percent: 12%, 3.4%, 0.01%; never 0% or 100% for what is not."""
    for places in (0, 1, 2):
        text = f"{share:.{places}%}"
        fits = abs(share * 100 - float(text[:-1])) < 1e-9 or (places or 0.1 <= share <= 0.9)
        if fits and (share in (0, 1) or float(text[:-1]) not in (0, 100)):
            return text.replace(".0%", "%")
    return "<0.01%" if share < 0.5 else ">99.99%"
