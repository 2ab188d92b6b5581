"""Strict casts as expressions: text becomes a value only where it says exactly that value, else NULL.

The engine's own casts round ``2.6`` to an integer, take ``1_000``, ``nan``, blanks and ``yes``, and drop an offset
from a time without a word; so the form of the text is matched first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from ciq.contract import pii
from ciq.contract.model import Contract
from ciq.contract.types import ColumnType, Kind
from ciq.ingest.cells.forms import is_canonical, is_of_four_digits, is_small
from ciq.ingest.cells.zones import as_utc, is_shown_twice
from ciq.ingest.engine import call, column

_RAW = "_raw"
_PLACED = "_placed_"
_INTEGER = r"[+-]?[0-9]+(\.0+)?"
_FLOAT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_NON_FINITE = r"(?i)[+-]?(nan|inf|infinity)"
"""What the engine, like most tools, reads and writes for a float that is no number."""
_DIGITS = r"[+-]?[0-9]+"
_DATE = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0*)?)?"
_NAIVE = f"{_DATE}({_CLOCK})?"
_NO_SECONDS = r"([ T][0-9]{2}:[0-9]{2})( ?[Z+-])"
"""The engine takes no offset after a time without seconds."""
_OFFSET = r" ?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)"
FORMS: dict[Kind, str] = {
    "integer": _INTEGER,
    "float": _FLOAT,
    "date": _DATE,
    "datetime": f"{_DATE}({_CLOCK}({_OFFSET})?)?",
}
"""What the text of every value of a kind matches, unless the contract gives it a format; not all that match are one."""

EXPECTED: dict[Kind, str] = {
    "integer": "a whole number that {type} can hold",
    "float": "a finite number that {type} can hold",
    "bool": "true, false, 1 or 0",
    "text": "text",
    "date": "a date as YYYY-MM-DD",
    "datetime": "an ISO date and time",
}
"""What a cell of each kind must be; ``{type}`` is the contract's word for the type."""

Cells = Mapping[str, tuple[exp.Expr, exp.Expr]]
"""Of each column its text, and its value, which is NULL where the text can't be cast."""


def projection(contract: Contract, cells: Cells, *, demanding: bool) -> list[exp.Expr]:
    """The typed value of each column, then what only a judge asks for.

    That is ``_raw``, the text of cells that can't be cast, NULL for rows without such a cell, see :func:`raw`; and for
    each of :func:`placeable` whether its text names an offset. A ``demanding`` one has none of it and fails with a
    ConversionException at the first such cell: for nearly every file that is the whole truth, at half the work.
    """
    if demanding:
        return [exp.alias_(_demanded(contract, name, *cells[name]), name, quoted=True, copy=False) for name in cells]
    values = [
        exp.alias_(_landing(contract, name, value), name, quoted=True, copy=False) for name, (_, value) in cells.items()
    ]
    cast = [cells[name] for name in _castable(contract)]
    absent = [exp.paren(value.copy()).is_(exp.null()) for _, value in cast]
    failed = [_when(gone.copy(), text.copy()) for (text, _), gone in zip(cast, absent, strict=True)]
    if cast:
        texts = _when(exp.or_(*absent), exp.Array(expressions=failed))
        values.append(exp.alias_(texts, _RAW))
    return values + [
        exp.alias_(names_offset(cells[name][0]), placed(name), quoted=True) for name in placeable(contract)
    ]


def _demanded(contract: Contract, name: str, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    """What lands of a cell. The engine's own error() would keep it from using its threads: a cast fails as well."""
    landing = _landing(contract, name, value)
    if contract.type_of(name).kind == "text":
        return landing
    lost = exp.and_(exp.paren(value.copy()).is_(exp.null()), exp.paren(text.copy()).is_(exp.null()).not_())
    refused = _cast(_when(lost, exp.Literal.string("no value")), "BOOLEAN")
    return exp.Coalesce(this=landing, expressions=[_when(refused, exp.null())])


def _landing(contract: Contract, name: str, value: exp.Expr) -> exp.Expr:
    return pii.protected(contract, name, value) if name in contract.protected else value


def placeable(contract: Contract) -> list[str]:
    """The columns whose times may stand with or without an offset: those without a format of their own."""
    formats = contract.source.datetime_format
    return [name for name in contract.types if contract.type_of(name).kind == "datetime" and name not in formats]


def placed(name: str) -> str:
    """What :func:`projection` calls the flag of a column of :func:`placeable`."""
    return f"{_PLACED}{name}"


def raw(contract: Contract, name: str) -> exp.Expr | None:
    """The text of column ``name`` in a row of :func:`projection` where it can't be cast; None for text columns."""
    castable = _castable(contract)
    return call("list_extract", column(_RAW), exp.convert(castable.index(name) + 1)) if name in castable else None


def skipped(contract: Contract, name: str, text: exp.Expr) -> exp.Expr:
    """Whether the text of a datetime that can't be cast is a time that its clock skipped."""
    local = _local(contract, name, text)
    twice = is_shown_twice(local, contract.source.timezone)
    return exp.and_(_is_far_from_ends(local), exp.not_(twice))


def shown_twice(contract: Contract, name: str, text: exp.Expr) -> exp.Expr:
    """Whether the text of a datetime that can't be cast is a time that its clock showed twice."""
    return exp.Coalesce(
        this=is_shown_twice(_local(contract, name, text), contract.source.timezone), expressions=[exp.false()]
    )


def raw_columns(contract: Contract) -> list[exp.Column]:
    """What :func:`projection` adds to the declared columns."""
    return [column(_RAW)] if _castable(contract) else []


def said(contract: Contract, text: exp.Expr, *, floats: bool) -> exp.Expr:
    """The text of a cell, but NULL for one of ``floats`` that is not finite, where these count as missing."""
    if contract.source.non_finite == "refuse" or not floats:
        return text
    return exp.Case(ifs=[exp.If(this=_matches(text, _NON_FINITE), true=exp.null())], default=text)


def tried(contract: Contract, name: str, text: exp.Expr) -> exp.Expr | None:
    """The engine's own cast of ``text`` (VARCHAR), on which :func:`strict` builds; None where it doesn't."""
    target = contract.type_of(name)
    if name in contract.source.datetime_format or target.kind in ("text", "bool"):
        return None
    return _try(text, target.duckdb)


def strict(
    contract: Contract, name: str, text: exp.Expr, *, plain: bool, naive: bool, known: exp.Expr | None = None
) -> exp.Expr:
    """``text`` (VARCHAR) as the declared type of column ``name``; NULL where it is not exactly that.

    ``plain`` promises what :class:`ciq.ingest.formats.reader.Scan` says of it, which spares numbers some matching;
    ``naive`` takes no time with an offset in a column of :func:`placeable`. ``known`` is :func:`tried` where it is
    computed already: the engine would compute it anew wherever it stands.
    """
    target = contract.type_of(name)
    value = known or tried(contract, name, text) or text
    if plain and target.kind == "float":
        return _plain_float(target, text, value)
    pattern = contract.source.datetime_format.get(name)
    if pattern is not None and target.kind in ("date", "datetime"):
        return _by_format(contract, target, text, pattern)
    if naive and target.kind == "datetime":
        return exp.Case(ifs=_naive(contract, text, value))
    return _BY_KIND[target.kind](contract, target, text, value)


def _castable(contract: Contract) -> list[str]:
    return [name for name in contract.types if contract.type_of(name).kind != "text"]


def _integer(_: Contract, __: ColumnType, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case(
        ifs=[
            exp.If(this=is_canonical(text, value), true=value.copy()),
            exp.If(this=_matches(text, _INTEGER), true=value.copy()),
        ]
    )


def _float(_: Contract, target: ColumnType, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    return _when(exp.and_(_matches(text, _FLOAT), _exact(target, text, value)), value.copy())


def _plain_float(target: ColumnType, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    """As ``_float``, where nothing stands that the engine takes beyond a number's form but what is not finite."""
    return _when(_exact(target, text, value), value.copy())


def _exact(target: ColumnType, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Whether a number is finite, and the very one where its text is a whole number too large for most floats."""
    fraction = exp.not_(_matches(text, _DIGITS))
    same = exp.EQ(this=_try(value, "HUGEINT"), expression=_try(text, "HUGEINT"))
    return exp.or_(is_small(target, value), exp.and_(call("isfinite", value.copy()), exp.or_(fraction, same)))


def _bool(_: Contract, __: ColumnType, text: exp.Expr, ___: exp.Expr) -> exp.Expr:
    lowered = exp.Lower(this=text.copy())
    return exp.Case(
        ifs=[
            exp.If(this=exp.In(this=lowered, expressions=_texts("true", "1")), true=exp.true()),
            exp.If(this=exp.In(this=lowered.copy(), expressions=_texts("false", "0")), true=exp.false()),
        ]
    )


def _text(_: Contract, __: ColumnType, text: exp.Expr, ___: exp.Expr) -> exp.Expr:
    return text.copy()


def _date(_: Contract, __: ColumnType, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    return _when(_matches(text, _DATE), value)


def _datetime(contract: Contract, _: ColumnType, text: exp.Expr, value: exp.Expr) -> exp.Expr:
    whole = call("regexp_replace", text.copy(), exp.Literal.string(_NO_SECONDS), exp.Literal.string(r"\1:00\2"))
    placed = exp.AtTimeZone(this=_try(whole, "TIMESTAMPTZ"), zone=exp.Literal.string("UTC"))
    offset = exp.If(this=_matches(text, f"{_DATE}{_CLOCK}{_OFFSET}"), true=_when(is_of_four_digits(placed), placed))
    return exp.Case(ifs=[*_naive(contract, text, value), offset])


def _naive(contract: Contract, text: exp.Expr, local: exp.Expr) -> list[exp.If]:
    value = as_utc(local, contract.source.timezone)
    if value is not local:
        value = _when(is_of_four_digits(value), value)
    return [
        exp.If(this=exp.and_(is_of_four_digits(local), is_canonical(text, local)), true=value),
        exp.If(this=_matches(text, _NAIVE), true=value.copy()),
    ]


def _by_format(contract: Contract, target: ColumnType, text: exp.Expr, pattern: str) -> exp.Expr:
    value = call("try_strptime", text.copy(), exp.Literal.string(pattern))
    if _has_offset(pattern):
        value = exp.AtTimeZone(this=value, zone=exp.Literal.string("UTC"))
    sound = exp.and_(_trimmed(text), is_of_four_digits(value))
    if target.kind == "date":
        sound = exp.and_(sound, exp.EQ(this=_cast(value, "DATE"), expression=value.copy()))
    elif not _has_offset(pattern) and contract.source.timezone != "UTC":
        value = as_utc(value, contract.source.timezone)
        sound = exp.and_(sound, is_of_four_digits(value))
    return _when(sound, _cast(value, target.duckdb))


def _local(contract: Contract, name: str, text: exp.Expr) -> exp.Expr:
    """The text of a datetime without an offset as it stands, on no clock; NULL for any other text."""
    pattern = contract.source.datetime_format.get(name)
    if pattern is None:
        return _when(_matches(text, _NAIVE), _try(text, "TIMESTAMP"))
    if _has_offset(pattern):
        return exp.cast(exp.null(), "TIMESTAMP")
    value = call("try_strptime", text.copy(), exp.Literal.string(pattern))
    return _when(exp.and_(_trimmed(text), is_of_four_digits(value)), value)


def _is_far_from_ends(local: exp.Expr) -> exp.Expr:
    """Whether a time is one on any clock: NULL is none, and the last day of the year 9999 may be of 10000 in UTC."""
    day = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
    ends = [exp.Sub(this=local.copy(), expression=day), exp.Add(this=local.copy(), expression=day.copy())]
    return exp.Coalesce(this=exp.and_(*map(is_of_four_digits, ends)), expressions=[exp.false()])


def _has_offset(pattern: str) -> bool:
    return "%z" in pattern or "%Z" in pattern


def _trimmed(text: exp.Expr) -> exp.Expr:
    return exp.EQ(this=exp.Trim(this=text.copy()), expression=text.copy())


def names_offset(text: exp.Expr) -> exp.Expr:
    """Whether a sound time names its offset; the 17th character of one that doesn't is a colon, if there is one."""
    length = call("strlen", text.copy())
    seventeenth = call("substr", text.copy(), exp.convert(17), exp.convert(1))
    rest = call("substr", text.copy(), exp.convert(20))
    return exp.Case(
        ifs=[
            exp.If(this=exp.LT(this=length, expression=exp.convert(17)), true=exp.false()),
            exp.If(this=exp.NEQ(this=seventeenth, expression=exp.Literal.string(":")), true=exp.true()),
            exp.If(this=exp.LT(this=length.copy(), expression=exp.convert(20)), true=exp.false()),
        ],
        default=call("regexp_matches", rest, exp.Literal.string("[Z+-]")),
    )


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def _matches(text: exp.Expr, pattern: str) -> exp.Expr:
    return call("regexp_full_match", text.copy(), exp.Literal.string(pattern))


def _try(text: exp.Expr, kind: str) -> exp.Expr:
    return exp.TryCast(this=text.copy(), to=exp.DataType.build(kind, dialect="duckdb"), safe=True)


def _cast(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.cast(value.copy(), kind, dialect="duckdb")


def _texts(*values: str) -> list[exp.Expr]:
    return [exp.Literal.string(value) for value in values]


_BY_KIND: dict[Kind, Callable[[Contract, ColumnType, exp.Expr, exp.Expr], exp.Expr]] = {
    "integer": _integer,
    "float": _float,
    "bool": _bool,
    "text": _text,
    "date": _date,
    "datetime": _datetime,
}
