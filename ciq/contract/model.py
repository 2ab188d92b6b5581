"""The data contract as immutable objects: one contract is one data set."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ciq.contract.encodings import Encoding, canonical
from ciq.contract.sizes import as_bytes
from ciq.contract.types import COLUMN_TYPES, NUMERIC_KINDS, ColumnType, TypeName

Estimand = Literal["ATE", "ATT", "ATC", "ATO"]
Severity = Literal["fail", "warn"]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]
LONGEST_IDENTIFIER = 50
LONGEST_NAME = 33
"""Of a data set: what PostgreSQL's names allow once SQLMesh has added part, fingerprint and ``__dev``."""
_IDENTIFIER = "^[a-z][a-z0-9_]{{0,{}}}$"
Identifier = Annotated[str, Field(pattern=_IDENTIFIER.format(LONGEST_IDENTIFIER - 1))]
Number = int | float
Size = Annotated[int, BeforeValidator(as_bytes), Field(ge=1)]


Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Limits(_Strict):
    """What one source file may cost; beyond it the file is refused. Sizes are bytes, written as 5GB or 64KiB too."""

    max_bytes: Size = 5 * 10**9
    max_decompressed: Size = 20 * 10**9
    max_ratio: float = Field(default=200.0, ge=1)
    max_rows: int = Field(default=50_000_000, ge=1)
    max_line: Size = 10**6


class Trim(_Strict):
    """Rows of another data set, ``of``: those whose propensity score there is from ``alpha`` to 1 - ``alpha``."""

    of: Name
    alpha: Literal["crump"] | Annotated[float, Field(gt=0, lt=0.5)] = "crump"


class Source(_Strict):
    """Where the rows come from and how their text is read."""

    files: str | None = None
    trim: Trim | None = None
    mode: Literal["replace", "append"] = "replace"
    encoding: Annotated[Encoding, BeforeValidator(canonical)] = "utf-8"
    sheet: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    null_values: tuple[str, ...] = ("",)
    timezone: str = "UTC"
    non_finite: Literal["refuse", "missing"] = "refuse"
    datetime_format: dict[Name, str] = {}
    limits: Limits = Limits()


class Mask(_Strict):
    """How many characters a masked value shows at its ends."""

    first: int = Field(default=0, ge=0)
    last: int = Field(default=0, ge=0)


class ColumnNote(_Strict):
    """What people and audits should know of a column beyond its type, and how its personal data are protected."""

    description: str | None = None
    unit: str | None = None
    available_at: Name | None = None
    pii: Literal["drop", "hash", "mask", "tokenize"] | None = None
    mask: Mask | None = None
    covariate: bool = False


class Rule(_Strict):
    """A row rule of the user's own: ``sql`` must hold for each row (NULL passes)."""

    id: str
    sql: str
    severity: Severity = "fail"


class Constraints(_Strict):
    """What each row must satisfy after the ``clean`` steps that name its columns."""

    not_null: tuple[Name, ...] = ()
    categories: dict[Name, tuple[str, ...]] = {}
    ranges: dict[Name, tuple[Number | None, Number | None]] = {}
    unique: tuple[tuple[Name, ...], ...] = ()
    patterns: dict[Name, str] = {}
    rules: tuple[Rule, ...] = ()


class Deduplicate(_Strict):
    """Among rows with equal ``by``, keep the last by (file, line)."""

    by: tuple[Name, ...] = Field(min_length=1)
    keep: Literal["last"] = "last"


class Clean(_Strict):
    """Declared mends, applied in this order: sentinels, upper, fill, unknown_category, deduplicate."""

    sentinels: dict[Name, tuple[Number | str, ...]] = {}
    upper: tuple[Name, ...] = ()
    fill: dict[Name, Number | str | bool] = {}
    unknown_category: dict[Name, str] = {}
    deduplicate: Deduplicate | None = None


class Propensity(_Strict):
    """The propensity model: covariates as they are, plus the named squares and the pairs that interact.

    ``folds`` is how many there are for scores of rows that a fit has not seen.
    """

    learner: Literal["logistic", "gradient_boosting"] = "logistic"
    folds: int = Field(default=5, ge=2, le=50)
    squares: tuple[Name, ...] = ()
    interactions: tuple[tuple[Name, Name], ...] = ()
    collinear: Literal["refuse", "drop"] = "refuse"
    method: Literal["auto", "streaming", "sql"] = "auto"


class Balance(_Strict):
    """Which figures the balance gate reads, and whether squares and products are told beside the covariates."""

    on: Literal["raw", "weighted", "significant"] = "weighted"
    squares: bool = False
    interactions: bool = False


class Schedule(_Strict):
    """When SQLMesh's scheduler is due, and of appended files what it takes beyond the newest interval.

    ``lookback`` is how many intervals before the newest are taken again; ``window`` how many, the newest included,
    diagnostics and features are of: all of them where it is None.
    """

    cron: str = "@daily"
    lookback: int = Field(default=0, ge=0)
    window: int | None = Field(default=None, ge=1)


class Leakage(_Strict):
    """How much one covariate may tell by itself, and what is said where it tells more.

    ``auc`` bounds the AUC for the treatment and the AUC or R^2 for the outcome; beyond ``correlation`` with the
    treatment there is a warning.
    """

    treatment: Severity = "fail"
    outcome: Severity = "warn"
    auc: float = Field(default=0.99, ge=0.5, le=1)
    correlation: float = Field(default=0.5, ge=0, le=1)


class SmdGate(_Strict):
    """Bounds of |SMD|; below 2,000 rows ``small_sample_fail`` replaces ``fail`` for what is not significant."""

    warn: float = Field(default=0.1, ge=0)
    fail: float = Field(default=0.1, ge=0)
    small_sample_fail: float = Field(default=0.25, ge=0)


class EquipoiseGate(_Strict):
    """The share in equipoise under which the report warns."""

    warn: float = Field(default=0.2, ge=0, le=1)


class Gates(_Strict):
    """Thresholds of the gates; the defaults are those of the definitions in docs."""

    overlap_share: float = Field(default=0.6, ge=0, le=1)
    tail_mass: float = Field(default=0.05, ge=0, le=1)
    smd: SmdGate = SmdGate()
    equipoise: EquipoiseGate = EquipoiseGate()
    min_level_rows: int = Field(default=20, ge=1)


class Report(_Strict):
    """How the report is written."""

    language: Literal["en", "ja"] = "en"


with warnings.catch_warnings():
    # `schema` is also the name of a method that pydantic has given up.
    warnings.simplefilter("ignore", UserWarning)

    class Publish(_Strict):
        """Where the data set is published, and to whom; ``indexes`` are columns of ``causal_ready`` beside its keys."""

        schema: Identifier = "api"  # type: ignore[assignment]
        table: Identifier | None = None
        grants: tuple[Name, ...] = ("ciq_reader",)
        indexes: tuple[tuple[Name, ...], ...] = ()


class Contract(_Strict):
    """One data set: its source, columns, roles, constraints, mends and gates.

    Made by :func:`ciq.contract.load`, which also checks what one field says of another.
    """

    contract: Literal[1] = 1
    name: str = Field(pattern=_IDENTIFIER.format(LONGEST_NAME - 1))
    version: str = "1.0.0"
    owner: str | None = None
    description: str | None = None
    source: Source = Source()
    id_col: Name | None = None
    time_col: Name | None = None
    treatment_col: Name
    outcome_col: Name | None = None
    covariate_cols: tuple[Name, ...] = Field(min_length=1)
    segment_cols: tuple[Name, ...] = ()
    estimand: Estimand = "ATE"
    types: dict[Name, TypeName]
    columns: dict[Name, ColumnNote] = {}
    constraints: Constraints = Constraints()
    clean: Clean = Clean()
    on_violation: Literal["fail", "quarantine"] = "fail"
    tolerance: dict[str, Share] = {}
    extra_columns: Literal["forbid", "drop"] = "forbid"
    leakage_forbidden_cols: tuple[str, ...] = ()
    leakage: Leakage = Leakage()
    propensity: Propensity = Propensity()
    balance: Balance = Balance()
    gates: Gates = Gates()
    report: Report = Report()
    schedule: Schedule = Schedule()
    publish: Publish = Publish()

    path: Path = Field(exclude=True)

    @property
    def appends(self) -> bool:
        """Whether files bring new time intervals instead of being the data set."""
        return self.source.mode == "append"

    def type_of(self, column: Name) -> ColumnType:
        """The engine-level type of a declared column."""
        return COLUMN_TYPES[self.types[column]]

    def is_categorical(self, column: Name) -> bool:
        """Whether a covariate enters the design as levels rather than as a number."""
        return self.type_of(column).kind not in NUMERIC_KINDS

    def tolerated(self, rule: str) -> float:
        """How many violations of a rule a quarantine takes, as a share of the rows."""
        return self.tolerance.get(rule, self.tolerance.get("default", 0.0))

    @property
    def key(self) -> tuple[Name, ...]:
        """The columns that identify a row; empty where identity is file and line."""
        if self.clean.deduplicate:
            return self.clean.deduplicate.by
        return tuple(column for column in (self.id_col, self.time_col) if column) if self.id_col else ()

    @property
    def required(self) -> tuple[Name, ...]:
        """Columns that may not be NULL: the declared ones, the key, the time and the treatment."""
        named = (*self.constraints.not_null, *self.key, self.time_col, self.treatment_col)
        return tuple(dict.fromkeys(column for column in named if column))

    @property
    def unique_keys(self) -> tuple[tuple[Name, ...], ...]:
        """Column sets whose values may not repeat after cleaning."""
        keys = (*self.constraints.unique, self.key)
        return tuple(dict.fromkeys(key for key in keys if key))

    @property
    def protected(self) -> tuple[Name, ...]:
        """The typed columns whose values are replaced before they land, as personal data."""
        return tuple(name for name in self.types if name in self.columns and self.columns[name].pii)

    @property
    def published_cols(self) -> tuple[Name, ...]:
        """The columns of the published set: identity, time, treatment, outcome, covariates, segments."""
        roles = (self.id_col, self.time_col, self.treatment_col, self.outcome_col)
        named = (*roles, *self.covariate_cols, *self.segment_cols)
        return tuple(dict.fromkeys(column for column in named if column))

    def facts(self) -> dict[str, Any]:
        """The contract as plain data, without the path it was read from."""
        return self.model_dump(mode="json")
