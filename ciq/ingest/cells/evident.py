"""Cheap proofs that a text says exactly the value that the engine's own cast makes of it.

They are sufficient, not necessary: what they leave open is for :mod:`ciq.ingest.cells.casting`, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.ingest.cells import casting
from ciq.ingest.cells.forms import is_canonical, is_of_four_digits, is_small

SOUND = "_sound"


@dataclass(frozen=True)
class Proof:
    """Of one column its ``value``, which holds where ``evident`` is true, or ``certain``, which costs more."""

    value: exp.Expr
    evident: exp.Expr
    certain: exp.Expr


def is_typed(contract: Contract, name: str, *, plain: bool) -> bool:
    """Whether the engine may read column ``name`` as its own type instead of as text.

    It may where the value alone shows that nothing was lost: that is so for finite floats below the first whole
    number that they can't hold, in a text that is ``plain`` (:class:`ciq.ingest.formats.reader.Scan`). An empty field
    of a typed column is NULL to the engine, whatever the contract says of it.
    """
    source = contract.source
    refuses = source.non_finite == "refuse" and "" in source.null_values
    return plain and refuses and contract.type_of(name).kind == "float"


def typed(contract: Contract, name: str, value: exp.Expr) -> Proof:
    """The proof of a column that the engine reads as its own type."""
    small = is_small(contract.type_of(name), value)
    return Proof(value, small, exp.or_(small.copy(), value.copy().is_(exp.null())))


def of_text(contract: Contract, name: str, text: exp.Expr, tried: exp.Expr | None, *, plain: bool) -> Proof:
    """The proof of a column whose ``text`` the engine ``tried`` to cast, see :func:`ciq.ingest.cells.casting.tried`."""
    value = casting.strict(contract, name, text, plain=plain, naive=True, known=tried)
    absent, present = (exp.paren(each.copy()).is_(exp.null()) for each in (text, value))
    certain = exp.or_(absent, present.not_(), copy=False)
    kind = contract.type_of(name).kind
    if kind == "text":
        return Proof(value, exp.true(), exp.true())
    if tried is not None and kind == "integer":
        return Proof(tried.copy(), is_canonical(text, tried), certain)
    if tried is not None and kind == "datetime" and contract.source.timezone == "UTC":
        canonical = exp.and_(is_of_four_digits(tried), is_canonical(text, tried))
        return Proof(tried.copy(), canonical, certain)
    return Proof(value, present.not_(), certain)


def projection(proofs: dict[str, Proof]) -> list[exp.Expr]:
    """The value of each column, and whether all of a row are proved, as ``_sound``."""
    evident, certain = (
        exp.and_(*(each.copy() for each in conditions), copy=False)
        for conditions in zip(*((proof.evident, proof.certain) for proof in proofs.values()), strict=True)
    )
    sound = exp.Case(
        ifs=[exp.If(this=evident, true=exp.true()), exp.If(this=certain, true=exp.true())], default=exp.false()
    )
    values = [exp.alias_(proof.value, name, quoted=True, copy=False) for name, proof in proofs.items()]
    return [*values, exp.alias_(sound, SOUND, copy=False)]
