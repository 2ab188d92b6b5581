"""A file becomes a contract that accepts it: a look at its first rows, then one scan, or two, over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from ciq.contract.consistency import findings
from ciq.contract.model import LONGEST_NAME, Contract, Source
from ciq.contract.types import Kind
from ciq.draft.dates import formed, in_forms
from ciq.draft.infer import Inferred, infer, words_for_missing
from ciq.draft.kinds import settled
from ciq.draft.profile import KINDS, Figures, Profile, Wanted, measure
from ciq.draft.roles import Roles, assign, check_fit, check_names, first_time, may_be_id
from ciq.draft.write import Draft, yaml_text
from ciq.errors import DataRefused, Problem
from ciq.ingest.cells.widening import FLOATS
from ciq.ingest.engine import call, column, connection, is_exhausted, rows
from ciq.ingest.formats.header import is_cell
from ciq.ingest.formats.jsonlines import JsonLines, Nested
from ciq.ingest.formats.table import recognised
from ciq.ingest.reading import Scanned, open_all, scan_one
from ciq.ingest.verdict.findings import Opened

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SAMPLE = 2_000
_AT_ONCE = 24
"""So few rows are read again at less than what a longer statement costs more."""
_PREFIX = "data_"
"""Before what by itself is no name."""
_DELIMITERS = (";", "\t", "|")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NOTHING_ASKED = Roles()
_UNQUOTED: tuple[Kind, ...] = ("bool", "integer", "float")
_ALL: tuple[Kind, ...] = tuple(KINDS)
_TEXT: Kind = "text"


def draft(path: Path, asked: Roles = NOTHING_ASKED, sheet: str | None = None) -> str:
    """The text of a commented contract whose types, ranges, levels and nulls are those of the file at ``path``.

    Parts that ``asked`` names are taken, the others guessed and marked so; ``sheet`` is for a workbook of several.
    Raises DataRefused where the file can't be
    read or no column can be the treatment, UsageError where ``asked`` doesn't fit it, LimitExceeded.
    """
    import duckdb

    with TemporaryDirectory(prefix="ciq-draft-") as folder, connection(Path(folder)) as con:
        probe, left_out = _probe(path, Path(folder), sheet)
        check_names(asked, list(probe.types), path)
        (opened,) = open_all([path], probe, Path(folder))
        probe, scanned, nested = _scanned(opened, probe)
        left_out += nested
        source = scanned.opened
        texts = source.reader.rows(probe, source.header, scanned.scan, demanding=True)
        try:
            drafted = _drafted(con, probe, texts, scanned, asked)
        except duckdb.Error as error:
            if is_exhausted(error):
                raise
            raise source.reader.refusal(source.raw, probe, source.header, error) from error
        except DataRefused as refused:
            reasons = [Problem("E433", f"a column is left out: {reason}", path) for reason in left_out]
            raise DataRefused(*refused.problems, *reasons) from refused
    return yaml_text(replace(drafted, left_out=left_out))


def _probe(path: Path, aside: Path, sheet: str | None) -> tuple[Contract, tuple[str, ...]]:
    """A contract that reads every column of the file as text, and why columns are left out of it."""
    plain = _contract(path, Source(sheet=sheet), ["column"])
    raw, reader = recognised(path, plain, aside)
    header = reader.header(raw, plain)
    source, names = plain.source, header.names
    for other in _DELIMITERS if len(names) == 1 else ():
        split = Source(delimiter=other)
        more = reader.header(raw, _contract(path, split, ["column"])).names
        if len(more) > len(names):
            source, names = split, more
    no_cells = {name: kind for name, kind in zip(names, header.types or (), strict=False) if not is_cell(kind)}
    readable = [name for name in dict.fromkeys(names) if name and not _CONTROL.search(name) and name not in no_cells]
    if not readable:
        raise _unnameable(path)
    probe = _contract(path, source, readable)
    refused = {found.column: found.message for found in findings(probe) if found.rule == "C116" and found.column}
    kept = [name for name in readable if name not in refused]
    left_out = [f"{name!r} has a control character in its name" for name in names if _CONTROL.search(name)]
    left_out += [f"{name!r} is {kind}, whose values have no text form" for name, kind in no_cells.items()]
    if not kept:
        raise _unnameable(path)
    return _contract(path, source, kept), (*left_out, *refused.values())


def _scanned(opened: Opened, probe: Contract) -> tuple[Contract, Scanned, tuple[str, ...]]:
    """The file behind its guards, the contract without the columns in which a line of it is nested, and these."""
    left_out: tuple[str, ...] = ()
    while True:
        try:
            return probe, scan_one(opened, probe, lambda size: None), left_out
        except Nested as nested:
            left_out += tuple(f"{name!r} is nested, whose values have no text form" for name in nested.names)
            kept = [name for name in probe.types if name not in nested.names]
            if not kept:
                raise _unnameable(opened.path) from nested
            probe = _contract(opened.path, probe.source, kept)


def _unnameable(path: Path) -> DataRefused:
    return DataRefused(Problem("E433", "no column of the file can be named in a contract", path))


def _contract(path: Path, source: Source, names: Sequence[str]) -> Contract:
    return Contract(
        name="draft",
        path=path,
        source=source,
        treatment_col=names[0],
        covariate_cols=(names[0],),
        types=dict.fromkeys(names, "string"),
        extra_columns="drop",
    )


def _drafted(con: DuckDBPyConnection, probe: Contract, texts: exp.Select, scanned: Scanned, asked: Roles) -> Draft:
    path = scanned.opened.path
    sample, seen, forms = _first_look(con, probe, texts, scanned)
    kinds = _kinds(seen)
    probe = formed(probe, forms)
    every = partial(measure, con, probe, texts, plain=scanned.scan.plain)
    identity = asked.id or _identity(kinds, sample)
    keys = [{identity: kinds[identity]}] if identity else []
    more = {name: [kind] for name, kind in kinds.items()} if sample.rows == _SAMPLE else {}
    whole = every(more, keys, seen=seen)
    count = max(sample.rows, whole.rows)
    if scanned.scan.records not in (None, count):
        raise scanned.opened.reader.refusal(scanned.opened.raw, probe, scanned.opened.header, None)
    profiles = seen | {name: whole.profiles[name][kind] for name, (kind,) in more.items()}
    late = [name for name, profile in profiles.items() if sample.profiles[name][_TEXT].blank and not profile.blank]
    unsettled = [name for name, profile in profiles.items() if not profile.settled or name in late]
    if unsettled:
        again = every({name: (kinds[name], _TEXT) if name in forms else _ALL for name in unsettled})
        found = {name: _kind(again, name) for name in unsettled}
        if late:
            strings = dict.fromkeys(set(kinds).difference(late), _TEXT)
            found |= dict.fromkeys(_quoted(con, probe, scanned, {**found, **strings}), _TEXT)
        profiles |= {name: again.profiles[name][kind] for name, kind in found.items()}
    inferred, words, nans = _inferred(con, texts, scanned, profiles, count, identity)
    columns = tuple(inferred.values())
    check_fit(columns, asked, path)
    time = asked.time or first_time(columns)
    unique = identity not in unsettled and whole.distinct == (count,)
    if identity and not unique and (time or identity in unsettled):
        keys = [{name: profiles[name].kind for name in key} for key in ([identity], [identity, time or identity])]
        unique = count in every({}, keys).distinct
    roles = assign(columns, asked, identity if identity and unique and not inferred[identity].nullable else None)
    dated = {name: form for name, form in forms.items() if profiles[name].kind == kinds[name]}
    source = formed(probe, dated).source
    return Draft(_name(path), _glob(path), count, source, words, nans, columns, (), roles)


def _first_look(
    con: DuckDBPyConnection, probe: Contract, texts: exp.Select, scanned: Scanned
) -> tuple[Figures, dict[str, Profile], dict[str, str]]:
    """The texts of the first rows, each column's figures as the kind that they are of, and forms of times not in ISO.

    Fewer rows than the sample may have are all that the file has.
    """
    first, names = texts.limit(_SAMPLE), list(probe.types)

    def look(like: Contract, wanted: Wanted, keys: Sequence[Mapping[str, Kind]] = ()) -> Figures:
        return measure(con, like, first, wanted, keys, plain=scanned.scan.plain, at_once=_AT_ONCE)

    sample = look(probe, dict.fromkeys(names, (_TEXT,)), [{name: _TEXT} for name in names])
    strings = {name: profiles[_TEXT] for name, profiles in sample.profiles.items()}
    seen = settled(partial(look, probe), strings)
    seen |= {name: strings[name] for name in _quoted(con, probe, scanned, _kinds(seen))}
    forms = in_forms(look, probe, [profile for profile in seen.values() if profile.kind == _TEXT])
    seen |= {name: profile for name, (profile, _) in forms.items()}
    return sample, seen, {name: form for name, (_, form) in forms.items()}


def _inferred(
    con: DuckDBPyConnection,
    texts: exp.Select,
    scanned: Scanned,
    profiles: Mapping[str, Profile],
    count: int,
    identity: str | None,
) -> tuple[dict[str, Inferred], tuple[str, ...], bool]:
    """The columns, the words that stand for a missing value in any of them, and whether NaN does so among floats.

    A profile has not all texts of an identity: whether it has one of the words is asked of its rows.
    """
    nans = _non_finite(scanned, profiles)
    words = words_for_missing([profile for name, profile in profiles.items() if name not in nans])
    missing = {name: frozenset([*words, *nans.get(name, ())]) for name in profiles}
    inferred = {name: infer(profile, count, missing[name]) for name, profile in profiles.items()}
    if identity and words and profiles[identity].kind == "text":
        gaps = profiles[identity].filled < count or _has(con, texts, identity, words)
        inferred[identity] = replace(inferred[identity], nullable=gaps)
    return inferred, words, bool(nans)


def _has(con: DuckDBPyConnection, texts: exp.Select, name: str, words: Sequence[str]) -> bool:
    """Whether one of ``words`` stands in a column."""
    said = exp.In(this=column(name), expressions=[exp.Literal.string(word) for word in words])
    return bool(rows(con, exp.select(exp.LogicalOr(this=said)).from_(texts.subquery("t")))[0][0])


def _non_finite(scanned: Scanned, profiles: Mapping[str, Profile]) -> dict[str, tuple[str, ...]]:
    """The columns of floats with what stands in them instead of a number: such values are no texts."""
    header = scanned.opened.header
    floats = [name for name, kind in zip(header.names, header.types or (), strict=False) if kind in FLOATS]
    found = {name: profiles[name] for name in floats if name in profiles}
    return {name: profile.odd for name, profile in found.items() if profile.odd and profile.kind != "text"}


def _kinds(profiles: Mapping[str, Profile]) -> dict[str, Kind]:
    return {name: profile.kind for name, profile in profiles.items()}


def _kind(figures: Figures, name: str) -> Kind:
    """The first kind that all cells of a column are of."""
    return next(kind for kind, profile in figures.profiles[name].items() if profile.settled)


def _quoted(con: DuckDBPyConnection, probe: Contract, scanned: Scanned, kinds: Mapping[str, Kind]) -> list[str]:
    """The columns that seem to be numbers or truth values, where JSON has strings, which only text types take."""
    names = [name for name, kind in kinds.items() if kind in _UNQUOTED]
    if not names or not isinstance(scanned.opened.reader, JsonLines):
        return []
    strict = probe.model_copy(update={"types": {name: KINDS[kind] for name, kind in kinds.items()}})
    again = scan_one(scanned.opened, strict, lambda size: None)
    texts = scanned.opened.reader.rows(probe, scanned.opened.header, again.scan, demanding=True)
    strings = [exp.LogicalOr(this=call("starts_with", column(name), exp.Literal.string('"'))) for name in names]
    found = rows(con, exp.select(*strings).from_(texts.subquery("t")))[0]
    return [name for name, quoted in zip(names, found, strict=True) if quoted]


def _identity(kinds: Mapping[str, Kind], sample: Figures) -> str | None:
    """The first column that never repeats in the sample and is called like an identity, or stands first."""
    names = list(kinds)
    for name, distinct in zip(names, sample.distinct, strict=True):
        if distinct == sample.rows and kinds[name] in ("integer", "text") and may_be_id(name, names[0]):
            return name
    return None


def _name(path: Path) -> str:
    """A data set's name after the file's."""
    stem = path.name.partition(".")[0].casefold()
    name = re.sub(r"[^a-z0-9_]+", "_", stem)[: LONGEST_NAME - len(_PREFIX)].strip("_")
    return name if re.match("[a-z]", name) and name not in DuckDB.Generator.RESERVED_KEYWORDS else f"{_PREFIX}{name}"


def _glob(path: Path) -> str:
    """A glob that covers the file's name alone."""
    return re.sub(r"([\[*?])", r"[\1]", path.name)
