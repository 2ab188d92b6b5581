"""SVG as text: the same numbers give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 120


def shown(text: str, longest: int = _LONGEST) -> str:
    """A name as it is shown: what no document may hold is replaced, what is too long ends in its length."""
    whole = _NOT_XML.sub("\ufffd", text)
    return whole if len(whole) <= longest else f"{whole[: longest - 1]}… ({len(whole):,})"


def tag(name: str, *children: str, **attributes: str | float) -> str:
    """An element of ``children``, which are elements or :func:`text`; ``class_`` is class, ``x_y`` is x-y."""
    given = (f" {key.rstrip('_').replace('_', '-')}={_quoted(value)}" for key, value in attributes.items())
    head = f"{name}{''.join(given)}"
    return f"<{head}>{''.join(children)}</{name}>" if children else f"<{head}/>"


def text(content: str) -> str:
    """Text between elements, escaped."""
    return escape(_NOT_XML.sub("\ufffd", content))


def picture(width: int, height: float, title: str, description: str, name: str, body: Iterable[str]) -> str:
    """A whole drawing; ``name`` keeps its ids apart from those of others on the same page."""
    labels = (
        tag("title", text(title), id=f"{name}-title"),
        tag("desc", text(description), id=f"{name}-desc"),
    )
    return tag(
        "svg",
        *labels,
        *body,
        xmlns="http://www.w3.org/2000/svg",
        class_="figure",
        viewBox=f"0 0 {width} {_number(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def standalone(drawing: str, style: str) -> str:
    """A drawing as a file of its own, with the style that a page would give it."""
    return drawing.replace("<title", f"<style>{style}</style><title", 1) + "\n"


def _quoted(value: str | float) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", value) if isinstance(value, str) else _number(value))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
