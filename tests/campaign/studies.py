"""Made-up data sets: clean ones, and ones with one planted defect and the rule that must catch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Study:
    """A data set and its contract's keys; ``rule`` is what must refuse it, None where it is clean."""

    name: str
    kind: str
    table: pa.Table
    covariates: tuple[str, ...]
    rule: str | None = None
    severity: str = "fail"
    segments: tuple[str, ...] = ()
    extra: str = ""

    @property
    def contract(self) -> str:
        """The contract as YAML."""
        known = [field for field in self.table.schema if not field.name.startswith("future_")]
        types = ", ".join(f"{field.name}: {_TYPES[str(field.type)]}" for field in known)
        listed = ", ".join(self.covariates)
        return (
            f"id_col: unit\ntime_col: at\ntreatment_col: treated\noutcome_col: y\ncovariate_cols: [{listed}]\n"
            f"segment_cols: [{', '.join(self.segments)}]\ntypes: {{{types}}}\n{self.extra}"
        )


_TYPES = {
    "int64": "int64",
    "int8": "int8",
    "double": "float64",
    "string": "category",
    "timestamp[us]": "datetime",
}


def clean(random: np.random.Generator, name: str, *, randomised: bool, most: int | None = None) -> Study:
    """Rows log-uniform from 1,000 to 50,000 and 3 to 20 covariates, of which a quarter are categories.

    A small one has ``most`` rows at the most, and 3 to 8 covariates: its queries are short.
    A confounded one follows a logit on all covariates whose linear predictor has a standard deviation of 0.3 to 0.8.
    """
    rows = int(np.exp(random.uniform(np.log(1_000), np.log(most or 50_000))))
    count = int(random.integers(3, 9 if most else 21))
    columns: dict[str, pa.Array] = {}
    score: Vector = np.zeros(rows)
    for position in range(count):
        column, effect = _covariate(random, rows, position)
        columns[f"x{position}"] = column
        score += effect
    spread = float(random.uniform(0.3, 0.8)) / max(float(score.std()), 1e-9)
    score = (score - score.mean()) * spread
    chance = np.full(rows, 0.5) if randomised else 1 / (1 + np.exp(-(score + random.uniform(-0.7, 0.7))))
    treated = (random.random(rows) < chance).astype(np.int8)
    outcome = 2.0 * treated + score + random.normal(size=rows)
    roles = {
        "unit": pa.array(np.arange(rows)),
        "at": pa.array(np.full(rows, np.datetime64("2026-10-01T10:00:00", "us"))),
        "treated": pa.array(treated),
        "y": pa.array(outcome),
    }
    kind = "randomised" if randomised else "confounded"
    return Study(name, kind, pa.table({**roles, **columns}), tuple(columns))


def _covariate(random: np.random.Generator, rows: int, position: int) -> tuple[pa.Array, Vector]:
    """A column and what it adds to the linear predictor, both of unit scale."""
    weight = float(random.normal())
    match int(random.integers(0, 4)):
        case 0:
            levels = int(random.integers(2, 7))
            codes = random.choice(levels, rows, p=random.dirichlet(np.full(levels, 8.0)))
            return pa.array([f"level{code}" for code in codes]), weight * random.normal(size=levels)[codes]
        case 1:
            values = random.poisson(3, rows)
            return pa.array(values.astype(np.int64)), weight * (values - 3) / np.sqrt(3)
        case 2 if position:
            values = random.normal(size=rows)
            gone = random.random(rows) < 0.05
            return pa.array(values, mask=gone), weight * np.where(gone, 0, values)
        case _:
            values = random.normal(size=rows)
            return pa.array(values), weight * values


def _with(study: Study, **columns: pa.Array) -> Study:
    table = study.table
    for name, column in columns.items():
        known = name in table.column_names
        table = (
            table.set_column(table.column_names.index(name), name, column)
            if known
            else table.append_column(name, column)
        )
    return replace(study, table=table)


def _treated(study: Study) -> Vector:
    return study.table["treated"].to_numpy().astype(float)


def _adding(study: Study, **columns: pa.Array) -> Study:
    return replace(_with(study, **columns), covariates=(*study.covariates, *columns))


def name_leak(random: np.random.Generator, study: Study) -> Study:
    """A column of the future in the file."""
    return replace(_with(study, future_spend=study.table["y"]), extra="leakage_forbidden_cols: [future_*]\n")


def time_leak(random: np.random.Generator, study: Study) -> Study:
    """A covariate that became known after the row's time, in 1 to 5 of 100 rows."""
    rows = study.table.num_rows
    late = random.random(rows) < random.uniform(0.01, 0.05)
    late[0] = True
    known = np.datetime64("2026-10-01T09:00:00", "us") + late * np.timedelta64(2, "h")
    return replace(
        _with(study, known=pa.array(known), x0=_filled(study.table["x0"])),
        extra="columns: {x0: {available_at: known}}\n",
    )


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column, 0.0) if column.null_count else column


def treatment_proxy(random: np.random.Generator, study: Study) -> Study:
    """A number that follows the treatment, with no overlap or next to none."""
    gap = float(random.choice([5.0, 20.0]))
    return _adding(study, proxy=pa.array(gap * _treated(study) + random.normal(size=study.table.num_rows)))


def outcome_proxy(random: np.random.Generator, study: Study) -> Study:
    """The outcome in another unit, with a little noise."""
    y = study.table["y"].to_numpy()
    noise = 0.02 * y.std() * random.normal(size=len(y))
    return replace(
        _adding(study, proxy=pa.array(100 * (y + noise))),
        extra="leakage: {outcome: fail}\n",
    )


def null_leak(random: np.random.Generator, study: Study) -> Study:
    """A number that was recorded for the treated alone."""
    values = random.normal(size=study.table.num_rows)
    return _adding(study, recorded=pa.array(values, mask=_treated(study) == 0))


def hole_in_a_level(random: np.random.Generator, study: Study) -> Study:
    """A level of at least 20 rows that is treated throughout, or not at all."""
    return _adding(study, region=_regions(random, study))


def hole_in_a_segment(random: np.random.Generator, study: Study) -> Study:
    """The same in a segment that is no covariate."""
    return replace(_with(study, region=_regions(random, study)), segments=("region",))


def _regions(random: np.random.Generator, study: Study) -> pa.Array:
    arm = _treated(study) == int(random.integers(0, 2))
    share = max(0.02, 40 / arm.sum())
    region = np.where(arm & (random.random(len(arm)) < share), "hole", "rest")
    region[np.flatnonzero(arm)[:25]] = "hole"
    return pa.array(np.where(region == "rest", random.choice(["north", "south"], len(arm)), region))


def low_overlap(random: np.random.Generator, study: Study) -> Study:
    """A confounder so strong that most scores are near 0 or 1, yet no covariate tells the treatment by itself."""
    return _redrawn(random, study, spread=9.0)


def heavy_tails(random: np.random.Generator, study: Study) -> Study:
    """A part of the rows that is hardly ever treated; the rest overlaps well."""
    rows = study.table.num_rows
    apart = random.random(rows) < 0.2
    distance = np.where(apart, random.normal(8.0, 0.5, rows), random.normal(0.0, 0.5, rows))
    treated = (random.random(rows) < 1 / (1 + np.exp(distance))).astype(np.int8)
    # A few that are treated all the same, so that no number separates the arms.
    treated[np.flatnonzero(apart)[:3]] = 1
    return _adding(_with(study, treated=pa.array(treated)), distance=pa.array(distance))


def _redrawn(random: np.random.Generator, study: Study, spread: float) -> Study:
    rows = study.table.num_rows
    first, second = random.normal(size=(2, rows))
    chance = 1 / (1 + np.exp(-spread * (first + second) / np.sqrt(2)))
    treated = (random.random(rows) < chance).astype(np.int8)
    return _adding(_with(study, treated=pa.array(treated)), first=pa.array(first), second=pa.array(second))


def imbalance(random: np.random.Generator, study: Study) -> Study:
    """A confounder that differs between the arms, under a contract that judges the raw differences."""
    lean = random.normal(size=study.table.num_rows)
    treated = (random.random(len(lean)) < 1 / (1 + np.exp(-1.2 * lean))).astype(np.int8)
    return replace(_adding(_with(study, treated=pa.array(treated)), lean=pa.array(lean)), extra="balance: {on: raw}\n")


DEFECTS: dict[str, tuple[Callable[[np.random.Generator, Study], Study], str]] = {
    "name leak": (name_leak, "F110"),
    "time leak": (time_leak, "G340"),
    "treatment proxy": (treatment_proxy, "G341"),
    "outcome proxy": (outcome_proxy, "G344"),
    "null-indicator leak": (null_leak, "G342"),
    "hole in a level": (hole_in_a_level, "G302"),
    "hole in a segment": (hole_in_a_segment, "G302"),
    "low overlap": (low_overlap, "G308"),
    "heavy tails": (heavy_tails, "G309"),
    "imbalance": (imbalance, "G315"),
}


def defective(random: np.random.Generator, name: str, kind: str, most: int | None = None) -> Study:
    """A clean confounded study with one defect planted."""
    plant, rule = DEFECTS[kind]
    return replace(plant(random, clean(random, name, randomised=False, most=most)), kind=kind, rule=rule)
