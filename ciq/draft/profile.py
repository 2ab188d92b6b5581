"""What the cells of each column are: figures of one scan over a file's texts, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.contract.types import Kind, TypeName
from ciq.ingest.cells import casting
from ciq.ingest.cells.forms import is_canonical
from ciq.ingest.engine import call, column, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTHING_ELSE = ("\\N",)
"""What dumps of databases write where there is no value, and nobody for one."""
MISSING_WORDS = ("NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "#N/A", ".", *NOTHING_ELSE)
"""What people write where there is no value; taken so only where all other cells are of one kind."""

MOST_LEVELS = 50
AT_ONCE = 100
"""Columns times kinds in one statement, whose time and memory grow with the square of that."""
KINDS: dict[Kind, TypeName] = {
    "bool": "bool",
    "integer": "int64",
    "float": "float64",
    "date": "date",
    "datetime": "datetime",
    "text": "string",
}
"""The kinds in the order in which they are tried, each with its widest type."""

_TIMES = ("date", "datetime")
_EXACT = 2**53
_WHOLE = r"[+-]?[0-9]+(\.0*)?"


@dataclass(frozen=True)
class Profile:
    """The cells of one column, read as ``kind``.

    ``filled`` cells have a text, ``fit`` of them say exactly a value of the kind, from ``low`` to ``high``. ``odd``
    are some of the other texts; of a text column they are its levels, or more than 50 of them. ``narrow`` counts the
    values that float32 holds without loss, ``placed`` the times that name their offset.
    """

    name: str
    kind: Kind
    filled: int
    fit: int
    low: Any
    high: Any
    odd: tuple[str, ...]
    narrow: int
    placed: int

    @property
    def blank(self) -> bool:
        """Of a text column: whether no cell has more than a word for a missing value."""
        return self.kind == "text" and set(self.odd) <= set(MISSING_WORDS)

    @property
    def settled(self) -> bool:
        """Whether every cell is of the kind, or one of the words for a missing value; of times, whether in one form."""
        words = bool(self.odd) and set(self.odd) <= set(MISSING_WORDS)
        fits = self.fit > 0 and (self.fit == self.filled or words)
        return self.kind == "text" or (fits and self.placed in (0, self.fit))


Wanted = Mapping[str, Sequence[Kind]]
"""The kinds to try of each column."""

_Pair = tuple[str, Kind]


@dataclass(frozen=True)
class Figures:
    """``profiles`` by column and kind, over ``rows``; ``distinct`` counts the values of each key asked for."""

    rows: int
    profiles: Mapping[str, Mapping[Kind, Profile]]
    distinct: tuple[int, ...]


def measure(
    con: DuckDBPyConnection,
    probe: Contract,
    texts: exp.Query,
    wanted: Wanted,
    keys: Sequence[Mapping[str, Kind]] = (),
    *,
    plain: bool,
    seen: Mapping[str, Profile] | None = None,
    at_once: int = AT_ONCE,
) -> Figures:
    """One scan of ``texts``, the columns of ``probe`` as VARCHAR, for every ``at_once`` columns times kinds.

    Each of ``keys`` is a set of columns, with their kinds, whose values are to be told apart; ``plain`` is what
    :class:`ciq.ingest.formats.reader.Scan` promises. ``seen`` is what the first rows say of each column, as the kind
    wanted of it: what is decided by them is not asked of the others, and texts that don't fit are not collected.
    """
    width = max(1, at_once // max(map(len, wanted.values()), default=1))
    names, count, distinct = list(wanted), 0, list[int]()
    profiles = dict[str, Mapping[Kind, Profile]]()
    for at in range(0, max(len(names), len(keys)), width):
        some = {name: wanted[name] for name in names[at : at + width]}
        figures = _measured(con, probe, texts, some, keys[at : at + width], plain, seen)
        count = figures.rows
        profiles |= figures.profiles
        distinct += figures.distinct
    return Figures(count, profiles, tuple(distinct))


def _measured(
    con: DuckDBPyConnection,
    probe: Contract,
    texts: exp.Query,
    wanted: Wanted,
    keys: Sequence[Mapping[str, Kind]],
    plain: bool,
    seen: Mapping[str, Profile] | None,
) -> Figures:
    pairs = [(name, kind) for name, kinds in wanted.items() for kind in kinds]
    told_apart = [pair for key in keys for pair in key.items()]
    at = {pair: f"v{position}" for position, pair in enumerate(dict.fromkeys([*pairs, *told_apart]))}
    asked = {pair: _asked(probe, *pair, seen) for pair in at}
    inner = _values(probe, texts, at, asked, plain)
    outer: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for pair in pairs:
        outer += _aggregates(column(pair[0]), column(at[pair]), pair[1], asked[pair])
    outer += [_distinct([column(at[pair]) for pair in key.items()]) for key in keys]
    found = iter(rows(con, exp.select(*outer).from_(inner.subquery("v")))[0])
    count = int(next(found))
    profiles: dict[str, dict[Kind, Profile]] = {}
    for name, kind in pairs:
        profiles.setdefault(name, {})[kind] = _profile(name, kind, found)
    return Figures(count, profiles, tuple(int(each) for each in found))


@dataclass(frozen=True)
class _Asked:
    """What is asked of a column beyond its values; ``naive`` times name no offset, or are no values."""

    strays: bool
    narrow: bool
    placed: bool
    naive: bool


def _asked(probe: Contract, name: str, kind: Kind, seen: Mapping[str, Profile] | None) -> _Asked:
    """A float that float32 can't hold, or a time without an offset, decides for its column."""
    iso = kind == "datetime" and name not in probe.source.datetime_format
    first = seen.get(name) if seen else None
    wide = first is not None and first.narrow < first.fit
    naive = iso and first is not None and first.placed < first.fit
    return _Asked(seen is None, kind == "float" and not wide, iso and not naive, naive)


def _values(
    probe: Contract, texts: exp.Query, at: Mapping[_Pair, str], asked: Mapping[_Pair, _Asked], plain: bool
) -> exp.Select:
    """The texts, and the value of each pair ``at`` its name; the engine's own casts below, to be made once."""
    texts_only = [column(name) for name in dict.fromkeys(name for name, _ in at)]
    casts, values = list[exp.Expr](), list[exp.Expr]()
    for (name, kind), called in at.items():
        typed = _typed(probe, name, kind)
        tried = casting.tried(typed, name, column(name))
        known = column(f"{called}_tried") if tried else None
        if tried:
            casts.append(exp.alias_(tried, f"{called}_tried", quoted=True))
        value = _value(typed, name, kind, plain, asked[name, kind], known)
        values.append(exp.alias_(value, called, quoted=True))
    cast = exp.select(*texts_only, *casts).from_(texts.subquery("t"))
    return exp.select(*texts_only, *values).from_(cast.subquery("c"))


def _typed(probe: Contract, name: str, kind: Kind) -> Contract:
    """The contract with a column read as the widest type of ``kind``."""
    source = probe.source if kind in _TIMES else probe.source.model_copy(update={"datetime_format": {}})
    return probe.model_copy(update={"types": {name: KINDS[kind]}, "source": source})


def _value(typed: Contract, name: str, kind: Kind, plain: bool, asked: _Asked, known: exp.Expr | None) -> exp.Expr:
    """The text of a column as a value of ``kind``, NULL where that would lose something of it."""
    text = column(name)
    value = casting.strict(typed, name, text, plain=plain, naive=asked.naive, known=known)
    if kind == "bool":
        words = exp.In(this=exp.Lower(this=text.copy()), expressions=[exp.convert("true"), exp.convert("false")])
        return _when(words, value)
    if kind == "integer":
        number = known or value
        unpadded = exp.If(this=exp.not_(_padded(text)), true=value)
        return exp.Case(ifs=[exp.If(this=is_canonical(text, number), true=number.copy()), unpadded])
    if kind == "float":
        beyond = exp.GT(this=exp.Abs(this=(known or value).copy()), expression=exp.Literal.number(_EXACT))
        whole = call("regexp_full_match", text.copy(), exp.Literal.string(_WHOLE))
        inexact = exp.Case(ifs=[exp.If(this=beyond, true=whole)], default=exp.false())
        return _when(exp.not_(exp.or_(_padded(text), inexact)), value)
    return value


def _padded(text: exp.Expr) -> exp.Expr:
    """Whether the text begins with a zero that a number would lose, as in 007: it is a code."""
    return exp.Between(this=text.copy(), low=exp.Literal.string("00"), high=exp.Literal.string("0:"))


def _aggregates(text: exp.Expr, value: exp.Expr, kind: Kind, asked: _Asked) -> list[exp.Expr]:
    unfit = exp.Where(this=value.copy().is_(exp.null()))
    levels = call("approx_top_k", text.copy(), exp.Literal.number(MOST_LEVELS + 1))
    odd = call("approx_top_k", text.copy(), exp.Literal.number(len(MISSING_WORDS) + 1))
    single = exp.cast(
        exp.TryCast(this=value.copy(), to=exp.DataType.build("FLOAT", dialect="duckdb"), safe=True), "DOUBLE"
    )
    narrow = exp.Where(this=exp.EQ(this=single, expression=value.copy()))
    placed = exp.Where(this=casting.names_offset(text))
    return [
        exp.Count(this=text.copy()),
        exp.Count(this=value.copy()),
        exp.Min(this=value.copy()) if kind != "text" else exp.null(),
        exp.Max(this=value.copy()) if kind != "text" else exp.null(),
        levels if kind == "text" else exp.Filter(this=odd, expression=unfit) if asked.strays else exp.null(),
        exp.Filter(this=exp.Count(this=value.copy()), expression=narrow) if asked.narrow else exp.convert(0),
        exp.Filter(this=exp.Count(this=value.copy()), expression=placed) if asked.placed else exp.convert(0),
    ]


def _profile(name: str, kind: Kind, figures: Iterator[Any]) -> Profile:
    filled, fit, low, high, odd, narrow, placed = (next(figures) for _ in range(7))
    return Profile(name, kind, filled, fit, low, high, tuple(sorted(odd or ())), narrow, placed)


def _distinct(values: list[exp.Column]) -> exp.Expr:
    whole = values[0] if len(values) == 1 else exp.Tuple(expressions=values)
    return exp.Count(this=exp.Distinct(expressions=[whole]))


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=value)])
