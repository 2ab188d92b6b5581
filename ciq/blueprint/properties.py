"""The MODEL properties that a contract decides: columns, their descriptions and the audits, per layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlglot
from sqlglot import exp
from sqlmesh.core.dialect import ModelKind

from ciq.blueprint.datasets import Dataset
from ciq.blueprint.roles import typed
from ciq.blueprint.variables import manifest_of_parts
from ciq.causal import sql
from ciq.contract import Contract
from ciq.ingest.manifest import version_key

_PROVENANCE = {
    "_source": ("VARCHAR", "sha256 of the source file"),
    "_file": ("INTEGER", "The source file's position among the files in name order"),
    "_row": ("BIGINT", "The record's number within its file"),
}
_ROW_ID = {"row_id": ("VARCHAR", "md5 of the key; of source file and row where there is no key")}
_SCORES = {
    "_treated": ("INTEGER", "The treatment as 0 or 1"),
    "ps_hat": ("DOUBLE", "Fitted probability of treatment"),
    "w_ate": ("DOUBLE", "Weight towards the whole population"),
    "w_att": ("DOUBLE", "Weight towards the treated"),
    "w_atc": ("DOUBLE", "Weight towards the untreated"),
    "w_ato": ("DOUBLE", "Weight towards the overlap population"),
}
_FEATURES = {
    "ps_hat": ("DOUBLE", "Fitted probability of treatment"),
    "weight": ("DOUBLE", "Weight for the declared estimand"),
}


def properties(dataset: Dataset, layer: str) -> list[exp.Property]:
    """Columns, column descriptions and audits of one layer: staging, curated, scores or features."""
    contract, kind = dataset.contract, list[exp.Property]()
    declared = _declared(contract, contract.types)
    match layer:
        case "staging":
            columns = {**declared, **_PROVENANCE}
            kind = [*_kind(dataset, "VIEW"), *_due(dataset)]
            audits = [
                _call("number_of_rows", threshold=0),
                _call("not_null", columns=_columns(_PROVENANCE)),
                *_lossless(dataset),
            ]
        case "curated":
            columns = {**_ROW_ID, **declared}
            kind = _kind(dataset, "FULL")
            audits = list(_contract_audits(contract))
        case "scores":
            columns = {**_ROW_ID, **declared, **_SCORES}
            audits = [
                _call("not_null", columns=_columns(["row_id", "_treated", "ps_hat"])),
                _call("accepted_range", column=sql.column("ps_hat"), min_v=0, max_v=1),
            ]
        case "features":
            columns = {**_ROW_ID, **_declared(contract, contract.published_cols), **_FEATURES}
            audits = [_call("not_null", columns=_columns(["row_id", *_FEATURES]))]
        case _:
            raise ValueError(f"no such layer: {layer}")
    return [
        *kind,
        _schema(columns),
        _descriptions(columns),
        exp.Property(this="audits", value=exp.Tuple(expressions=audits)),
    ]


def _kind(dataset: Dataset, otherwise: str) -> list[exp.Property]:
    """Incremental from the day of the first row on where files bring new intervals, else ``otherwise``."""
    contract, begins = dataset.contract, dataset.manifest.begins
    kind, start = ModelKind(this=otherwise), list[exp.Property]()
    if contract.appends and contract.time_col and begins:
        start = [exp.Property(this="start", value=exp.convert(begins[:10]))]
        settings: dict[str, exp.Expr] = {"time_column": sql.column(contract.time_col)}
        if contract.schedule.lookback:
            settings["lookback"] = exp.convert(contract.schedule.lookback)
        properties = [exp.Property(this=key, value=value) for key, value in settings.items()]
        kind = ModelKind(this="INCREMENTAL_BY_TIME_RANGE", expressions=properties)
    return [exp.Property(this="kind", value=kind), *start]


def _due(dataset: Dataset) -> list[exp.Property]:
    """Intervals are due as far as rows have landed; what reads them then waits too."""
    if not dataset.contract.appends:
        return []
    landed = _call("landed", manifest=manifest_of_parts(dataset))
    return [exp.Property(this="signals", value=exp.Tuple(expressions=[landed]))]


def _declared(contract: Contract, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    columns = {}
    for name in names:
        note = contract.columns.get(name)
        said = [text for text in (note.description, note.unit and f"in {note.unit}") if text] if note else []
        columns[name] = (contract.type_of(name).duckdb, ", ".join(said))
    return columns


def _schema(columns: dict[str, tuple[str, str]]) -> exp.Property:
    definitions = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(kind, dialect="duckdb"))
        for name, (kind, _) in columns.items()
    ]
    return exp.Property(this="columns", value=exp.Schema(expressions=definitions))


def _descriptions(columns: dict[str, tuple[str, str]]) -> exp.Property:
    said = [sql.column(name).eq(text) for name, (_, text) in columns.items() if text]
    return exp.Property(this="column_descriptions", value=exp.Tuple(expressions=said))


def _columns(names: Iterable[str]) -> exp.Tuple:
    return exp.Tuple(expressions=[sql.column(name) for name in names])


def _values(values: Iterable[Any]) -> exp.Tuple:
    return exp.Tuple(expressions=[exp.convert(value) for value in values])


def _call(name: str, **arguments: Any) -> exp.Expr:
    """An audit or signal with arguments; a column must be an expression: as text it would be compared as a constant."""
    return exp.Anonymous(
        this=name,
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(key), expression=exp.convert(value))
            for key, value in arguments.items()
            if value is not None
        ],
    )


def _lossless(dataset: Dataset) -> Iterator[exp.Expr]:
    """Where the contract was edited after the files were staged, each value must survive its new type."""
    contract, manifest = dataset.contract, dataset.manifest
    if manifest.version == version_key(contract, [source.sha256 for source in manifest.sources]):
        return
    lost = [exp.NullSafeNEQ(this=sql.column(name), expression=typed(contract, name)) for name in contract.types]
    yield _call("lossless", staged=manifest.parquet, lost=exp.or_(*lost))


def _contract_audits(contract: Contract) -> Iterator[exp.Expr]:
    """Every constraint of the contract as an audit on the cleaned rows."""
    constraints = contract.constraints
    yield _call("number_of_rows", threshold=0)
    yield _call("not_null", columns=_columns(["row_id", *contract.required]))
    yield _call("unique_values", columns=_columns(["row_id"]))
    if contract.type_of(contract.treatment_col).kind == "integer":
        yield _call("accepted_values", column=sql.column(contract.treatment_col), is_in=_values([0, 1]))
    for name, values in constraints.categories.items():
        yield _call("accepted_values", column=sql.column(name), is_in=_values(values))
    for name, (low, high) in constraints.ranges.items():
        yield _call("accepted_range", column=sql.column(name), min_v=low, max_v=high)
    for name, pattern in constraints.patterns.items():
        yield _call("match_regex_pattern_list", column=sql.column(name), patterns=_values([f"^(?:{pattern})$"]))
    for key in constraints.unique:
        # As at ingest, a NULL repeats nothing.
        complete = exp.and_(*(exp.Not(this=exp.Is(this=sql.column(name), expression=exp.null())) for name in key))
        yield _call("unique_combination_of_columns", columns=_columns(key), condition=complete)
    for rule in constraints.rules:
        name = "forall" if rule.severity == "fail" else "forall_non_blocking"
        yield _call(name, criteria=exp.Tuple(expressions=[sqlglot.parse_one(rule.sql, dialect="duckdb")]))
