"""Personal data: what stands in place of a value before anything of it lands, keyed by a secret of the environment.

``hash`` is HMAC-SHA256 (RFC 2104) of the text's UTF-8 bytes in hex: equal values stay equal in every column and data
set that shares the key. ``tokenize`` is ``tok_`` and the first 128 bits of the same over data set, column and value,
joined by NUL, so that tokens of two columns can't be joined. ``mask`` keeps the shape.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from sqlglot import exp

from ciq.contract.model import Contract, Mask, Name
from ciq.errors import Problem, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KEY = "CIQ_PII_KEY"
_SHORTEST, _BLOCK = 16, 64
_INNER, _OUTER = "ciq_pii_inner", "ciq_pii_outer"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_FROM = f"{_LOWER}{_LOWER.upper()}0123456789"
_TO = "x" * 26 + "X" * 26 + "0" * 10
_NEITHER = r"[^X0 -/:-@\[-`{-~]"
"""All but the signs of ASCII, and the two letters that stand for capitals and digits by then."""


def unlock(con: DuckDBPyConnection, contract: Contract) -> None:
    """Give ``con`` what :func:`protected` needs of the key, as variables: the key is in no statement and no message.

    Raises UsageError where the contract needs the key and the environment has none.
    """
    if not contract.protected:
        return
    block = _key()
    block = (hashlib.sha256(block).digest() if len(block) > _BLOCK else block).ljust(_BLOCK, b"\0")
    for name, pad in ((_INNER, 0x36), (_OUTER, 0x5C)):
        con.execute(f"SET VARIABLE {name} = ?", [bytes(byte ^ pad for byte in block)])


def fingerprint(contract: Contract) -> list[str]:
    """What tells one way of protecting from another: nothing without protected columns. Raises as :func:`unlock`."""
    if not contract.protected:
        return []
    how = [repr((name, contract.columns[name].pii, contract.columns[name].mask)) for name in contract.protected]
    return [hmac.digest(_key(), b"ciq key", "sha256").hex(), *how]


def protected(contract: Contract, name: Name, text: exp.Expr) -> exp.Expr:
    """``text`` (VARCHAR) as it lands in column ``name``; NULL stays NULL. Needs :func:`unlock` first."""
    note = contract.columns[name]
    if note.pii == "hash":
        return _hmac(text)
    if note.pii == "tokenize":
        scope = exp.Literal.string(f"{contract.name}\0{name}\0".encode().hex())
        digest = _call("left", _hmac(text, _call("unhex", scope)), exp.convert(32))
        return exp.DPipe(this=exp.Literal.string("tok_"), expression=digest)
    return _masked(text, note.mask or Mask())


def shape(text: str) -> str:
    """The text as messages show it: letters as x or X, digits as 0, signs of ASCII as they are."""
    return "".join(_shape(character) for character in text)


def _key() -> bytes:
    key = os.environ.get(KEY, "").encode("utf-8", "surrogateescape")
    if len(key) < _SHORTEST:
        message = f"personal data needs a key in {KEY}, {'which is not set' if not key else 'this one is too short'}"
        help_ = f"set {KEY} to a secret of at least {_SHORTEST} bytes and keep it: another key gives other values"
        raise UsageError(Problem("E435", message, help=help_))
    return key


def _hmac(text: exp.Expr, scope: exp.Expr | None = None) -> exp.Expr:
    message = _call("encode", text.copy())
    inner = _joined(_variable(_INNER), message if scope is None else _joined(scope, message))
    return _call("sha256", _joined(_variable(_OUTER), _call("unhex", _call("sha256", inner))))


def _masked(text: exp.Expr, mask: Mask) -> exp.Expr:
    """The shape of the text, its first and last characters as asked, unless it is no longer than these."""
    hidden = _shaped(text)
    if not mask.first + mask.last:
        return hidden
    first, last = exp.convert(mask.first), exp.convert(mask.last)
    between = _call("substr", hidden.copy(), exp.convert(mask.first + 1), _length(text, mask.first + mask.last))
    shown = exp.DPipe(
        this=exp.DPipe(this=_call("left", text.copy(), first), expression=between),
        expression=_call("right", text.copy(), last),
    )
    longer = exp.GT(this=_call("length", text.copy()), expression=exp.convert(mask.first + mask.last))
    return exp.Case(ifs=[exp.If(this=longer, true=shown)], default=hidden)


def _shaped(text: exp.Expr) -> exp.Expr:
    plain = _call("translate", text.copy(), exp.Literal.string(_FROM), exp.Literal.string(_TO))
    ascii_ = exp.EQ(this=_call("length", text.copy()), expression=_call("strlen", text.copy()))
    shaped: exp.Expr = text
    for pattern, sign in ((r"\p{Lu}", "X"), (r"\p{Nd}", "0"), (_NEITHER, "x")):
        shaped = _call("regexp_replace", shaped.copy(), *map(exp.Literal.string, (pattern, sign, "g")))
    return exp.Case(ifs=[exp.If(this=ascii_, true=plain)], default=shaped)


def _length(text: exp.Expr, less: int) -> exp.Expr:
    return exp.Sub(this=_call("length", text.copy()), expression=exp.convert(less))


def _shape(character: str) -> str:
    if character.isascii() and not character.isalnum():
        return character if character.isprintable() else "x"
    return "0" if character.isdigit() else "X" if character.isupper() else "x"


def _variable(name: str) -> exp.Expr:
    return _call("getvariable", exp.Literal.string(name))


def _joined(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.DPipe(this=left, expression=right)


def _call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=list(arguments))
