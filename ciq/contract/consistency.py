"""What one field of a contract says of another: names, roles and their types."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator

from ciq.contract.balance_checks import balance_findings
from ciq.contract.constraint_checks import constraint_findings
from ciq.contract.date_formats import format_findings
from ciq.contract.finding import Finding, Path
from ciq.contract.forbidden import matches
from ciq.contract.mend_checks import mend_findings
from ciq.contract.mode_checks import mode_findings
from ciq.contract.model import Contract
from ciq.contract.nearest import did_you_mean, nearest_of
from ciq.contract.pii_checks import pii_findings
from ciq.contract.propensity_checks import propensity_findings
from ciq.contract.rule_checks import rule_findings
from ciq.contract.sql_words import CLAUSES, RESERVED_WORDS
from ciq.contract.trim_checks import trim_findings
from ciq.contract.types import NUMERIC_KINDS
from ciq.rules.cell import CELL_RULES

RESERVED = frozenset({"ps_hat", "weight", "row_id", "w_ate", "w_att", "w_atc", "w_ato", "filename", "file_row_number"})
_SYNTAX = (";", "--", "/*", "*/")
_SIGILS = ("$", ":", "@")
# SQLMesh puts a variable's value there, inside quotes too.
_MACRO = re.compile(r"@(@|\{?[a-z_])", re.IGNORECASE)
_QUOTED = re.compile(r"""[a-z]?(['"]).*\1""", re.IGNORECASE | re.DOTALL)
_ROLES = ("id_col", "time_col", "treatment_col", "outcome_col")
_TIMES = ("date", "datetime")
# Schemas of the server that hold what consumers must not see, or that nobody may make.
_KEPT = re.compile("(ciq|publish|information_schema)$|publish__|sqlmesh|pg_")


def findings(contract: Contract) -> Iterator[Finding]:
    """Everything in ``contract`` that contradicts the rest of it."""
    yield from _names(contract)
    yield from _untyped(contract)
    yield from _roles(contract)
    yield from _repeats(contract)
    yield from _role_types(contract)
    yield from _times(contract)
    yield from _forbidden(contract)
    yield from constraint_findings(contract)
    yield from mend_findings(contract)
    yield from rule_findings(contract)
    yield from _tolerances(contract)
    yield from pii_findings(contract)
    yield from propensity_findings(contract)
    yield from _thresholds(contract)
    yield from _schema(contract)
    yield from _indexes(contract)
    yield from balance_findings(contract)
    yield from mode_findings(contract)
    yield from trim_findings(contract)


def _names(contract: Contract) -> Iterator[Finding]:
    if contract.name in RESERVED_WORDS:
        message = f"`{contract.name}` is a word of SQL and can't name a data set"
        yield Finding("C116", ("name",), message, "give another `name`", contract.name)
    seen: dict[str, str] = {}
    for column in contract.types:
        path, folded = ("types", column), column.casefold()
        if column.startswith("_"):
            message = f"`{column}` begins with an underscore; such names are ciq's own"
            yield Finding("C116", path, message, "rename the column", column, at_key=True)
        if folded in RESERVED:
            message = f"`{column}` is the name of a column that ciq or DuckDB adds"
            yield Finding("C116", path, message, "rename the column", column, at_key=True)
        if column != column.strip():
            message = f"`{column}` begins or ends with white space, which SQLMesh leaves out of names"
            help_ = f"rename the column to `{column.strip()}`, in the file too"
            yield Finding("C116", path, message, help_, column, at_key=True)
        elif _is_syntax(column):
            message = f"`{column}` would be read as SQL, not as a name"
            yield Finding("C116", path, message, "rename the column", column, at_key=True)
        if folded in seen:
            message = f"`{column}` and `{seen[folded]}` are one name to SQL, which compares without case"
            yield Finding("C116", path, message, "rename one of the two", column, at_key=True)
        seen.setdefault(folded, column)


def _is_syntax(column: str) -> bool:
    marked = any(mark in column for mark in _SYNTAX) or column.startswith(_SIGILS)
    return marked or column.casefold() in CLAUSES or bool(_QUOTED.fullmatch(column) or _MACRO.search(column))


def _role_columns(contract: Contract) -> Iterator[tuple[Path, str]]:
    for role in _ROLES:
        column = getattr(contract, role)
        if column:
            yield (role,), column


def _lists(contract: Contract) -> Iterator[tuple[Path, tuple[str, ...]]]:
    yield ("covariate_cols",), contract.covariate_cols
    yield ("segment_cols",), contract.segment_cols
    yield ("constraints", "not_null"), contract.constraints.not_null
    for at, key in enumerate(contract.constraints.unique):
        yield ("constraints", "unique", at), key
    yield ("clean", "upper"), contract.clean.upper
    if contract.clean.deduplicate:
        yield ("clean", "deduplicate", "by"), contract.clean.deduplicate.by
    yield ("propensity", "squares"), contract.propensity.squares


def _keyed(contract: Contract) -> Iterator[tuple[Path, str]]:
    holders: tuple[tuple[Path, dict[str, object]], ...] = (
        (("columns",), {name: note for name, note in contract.columns.items() if note.pii != "drop"}),
        (("source", "datetime_format"), {**contract.source.datetime_format}),
        (("constraints", "categories"), {**contract.constraints.categories}),
        (("constraints", "ranges"), {**contract.constraints.ranges}),
        (("constraints", "patterns"), {**contract.constraints.patterns}),
        (("clean", "sentinels"), {**contract.clean.sentinels}),
        (("clean", "fill"), {**contract.clean.fill}),
        (("clean", "unknown_category"), {**contract.clean.unknown_category}),
    )
    for path, holder in holders:
        for column in holder:
            yield (*path, column), column


def _untyped(contract: Contract) -> Iterator[Finding]:
    named = [(path, column, False) for path, column in _role_columns(contract)]
    named += [((*path, at), column, False) for path, columns in _lists(contract) for at, column in enumerate(columns)]
    named += [(path, column, True) for path, column in _keyed(contract)]
    named += [
        (("columns", column, "available_at"), note.available_at, False)
        for column, note in contract.columns.items()
        if note.available_at
    ]
    untyped = [one for one in named if one[1] not in contract.types]
    near = nearest_of(dict.fromkeys(column for _, column, _ in untyped), contract.types)
    for path, column, at_key in untyped:
        help_ = f"did you mean `{near[column]}`?" if column in near else f"add `{column}` to `types`"
        yield Finding("C109", path, f"the column `{column}` has no type", help_, column, at_key)


def _roles(contract: Contract) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for path, column in _role_columns(contract):
        if column in taken:
            message = f"`{column}` is `{taken[column]}` already and can't be `{path[0]}` too"
            yield Finding("C110", path, message, column=column)
        taken.setdefault(column, str(path[0]))
    for role, columns in (("covariate", contract.covariate_cols), ("segment", contract.segment_cols)):
        for at, column in enumerate(columns):
            if column in taken:
                message = f"`{column}` is `{taken[column]}` and can't be a {role} too"
                yield Finding("C110", (f"{role}_cols", at), message, "remove it here", column)


def _repeats(contract: Contract) -> Iterator[Finding]:
    for path, columns in _lists(contract):
        for at, column in enumerate(columns):
            if column in columns[:at]:
                yield Finding("C110", (*path, at), f"`{column}` stands twice in the list", "remove one", column)


def _role_types(contract: Contract) -> Iterator[Finding]:
    fits: tuple[tuple[str, tuple[str, ...], str], ...] = (
        ("treatment_col", ("bool", "integer"), "a treatment is bool or an integer type, with values 0 and 1"),
        ("time_col", _TIMES, "a time is date or datetime"),
        ("outcome_col", tuple(NUMERIC_KINDS), "an outcome is numeric or bool"),
    )
    for role, kinds, said in fits:
        column = getattr(contract, role)
        if column in contract.types and contract.type_of(column).kind not in kinds:
            yield Finding("C111", (role,), f"{said}; `{column}` is {contract.types[column]}", column=column)
    for at, column in enumerate(contract.covariate_cols):
        if column in contract.types and contract.type_of(column).kind in _TIMES:
            message = f"a covariate is a number, bool, category or string; `{column}` is {contract.types[column]}"
            help_ = "turn it into a number, such as the days before `time_col`"
            yield Finding("C111", ("covariate_cols", at), message, help_, column)
    for at, column in enumerate(contract.segment_cols):
        if column in contract.types and contract.type_of(column).kind not in ("text", "bool", "integer"):
            message = f"a segment is a category, string, bool or integer; `{column}` is {contract.types[column]}"
            yield Finding("C111", ("segment_cols", at), message, column=column)


def _times(contract: Contract) -> Iterator[Finding]:
    for column, note in contract.columns.items():
        path, available = ("columns", column, "available_at"), note.available_at
        if available in contract.types and contract.type_of(str(available)).kind not in _TIMES:
            message = (
                f"`available_at` names a date or datetime column; `{available}` is {contract.types[str(available)]}"
            )
            yield Finding("C111", path, message, column=available)
        if available and not contract.time_col:
            message = "`available_at` is compared with the row's time, and the contract has no `time_col`"
            yield Finding("C106", path, message, "add `time_col`", column)
    yield from format_findings(contract)
    zone = contract.source.timezone
    if zone != "UTC" and zone not in (zones := zoneinfo.available_timezones()):
        help_ = did_you_mean(zone, sorted(zones)) or "use an IANA name such as Asia/Tokyo"
        yield Finding("C119", ("source", "timezone"), f"unknown time zone {zone!r}", help_)


def _forbidden(contract: Contract) -> Iterator[Finding]:
    for at, glob in enumerate(contract.leakage_forbidden_cols):
        for column in contract.types:
            if matches(glob, column):
                message = f"the glob {glob!r} forbids `{column}`, which the contract declares"
                help_ = "narrow the glob, or take the column out of the contract"
                yield Finding("C115", ("leakage_forbidden_cols", at), message, help_, column)


def _tolerances(contract: Contract) -> Iterator[Finding]:
    known = ("default", *(rule.id for rule in CELL_RULES))
    for rule in contract.tolerance:
        if rule not in known:
            help_ = did_you_mean(rule, known) or f"known here: {', '.join(known)}"
            yield Finding(
                "C105", ("tolerance", rule), f"`{rule}` is no rule of cells or rows", help_, rule, at_key=True
            )
    tolerates = any(contract.tolerance.values())
    if tolerates and contract.on_violation == "fail":
        message = "`on_violation: fail` tolerates nothing"
        yield Finding("C120", ("tolerance",), message, "set `on_violation: quarantine`, or remove the key")
    if contract.on_violation == "quarantine" and not tolerates:
        message = "a quarantine that tolerates no violation refuses every file that needs it"
        yield Finding(
            "C120", ("on_violation",), message, "add `tolerance: {default: 0.01}`, or set `on_violation: fail`"
        )


def _indexes(contract: Contract) -> Iterator[Finding]:
    for at, index in enumerate(contract.publish.indexes):
        for place, column in enumerate(index):
            if column not in contract.published_cols:
                help_ = did_you_mean(column, contract.published_cols) or "name a key, role, covariate or segment column"
                message = f"`{column}` is not published and can't be indexed"
                yield Finding("C109", ("publish", "indexes", at, place), message, help_, column)


def _schema(contract: Contract) -> Iterator[Finding]:
    schema = str(contract.publish.schema)
    if _KEPT.match(schema):
        message = f"the schema `{schema}` is not for consumers"
        yield Finding("C164", ("publish", "schema"), message, "name another; `api` is the usual one", schema)


def _thresholds(contract: Contract) -> Iterator[Finding]:
    smd = contract.gates.smd
    if "warn" in smd.model_fields_set and smd.warn > smd.fail:
        message = f"`gates.smd.warn` is {smd.warn:g}, above `fail`, which is {smd.fail:g}"
        yield Finding("C120", ("gates", "smd", "warn"), message, "give warn <= fail")
