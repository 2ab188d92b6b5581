"""Data sets that are good, hopeless or nearly so: their contracts and rows."""

from __future__ import annotations

import csv
import io

import numpy as np

CONTRACTS = {
    # Randomised, by a bool, with no numeric covariate.
    "trial": """\
treatment_col: treated
covariate_cols: [region, clinic]
estimand: ATC
types: {treated: bool, region: category, clinic: category}
""",
    # Published with warnings: a number with gaps, a twin that is dropped, eight rows of a clinic that treats everybody.
    "gaps": """\
id_col: unit
treatment_col: treated
outcome_col: y
covariate_cols: [age, dose, urban, twin, clinic]
types: {unit: int64, treated: int8, y: float64, age: int16, dose: float64, urban: bool, twin: int32, clinic: category}
propensity: {collinear: drop}
""",
    # No categorical covariate; `score` tells the arms apart without fail, `twin` is twice `age`.
    "hopeless": """\
treatment_col: treated
covariate_cols: [age, score, twin]
types: {treated: int8, age: int16, score: float64, twin: int32}
""",
    # A key among the covariates, or nearly so.
    "crowded": """\
treatment_col: treated
covariate_cols: [age, street]
types: {treated: int8, age: int16, street: category}
""",
}
ROWS = 900


def columns_of(name: str) -> dict[str, list[object]]:
    """The rows of a data set, drawn from a generator of its own."""
    random = np.random.default_rng(sum(name.encode()))
    age = random.integers(20, 80, ROWS)
    treated = (random.random(ROWS) < 1 / (1 + np.exp(-(age - 50) / 40))).astype(int)
    clinic = random.choice(["east", "west"], ROWS)
    match name:
        case "trial":
            randomised = np.where(random.random(ROWS) < 0.5, "true", "false")
            columns = {"treated": randomised, "region": random.choice(list("abc"), ROWS), "clinic": clinic}
        case "gaps":
            clinic[:8], treated[:8] = "tiny", 1
            dose = np.round(random.gamma(2, 3, ROWS) + treated, 3).astype(str)
            dose[random.random(ROWS) < np.where(treated == 1, 0.25, 0.15)] = ""
            urban = np.where(random.random(ROWS) < 0.4 + 0.1 * treated, "true", "false")
            columns = {"unit": np.arange(ROWS), "treated": treated, "y": age / 10, "age": age, "dose": dose}
            columns |= {"urban": urban, "twin": 2 * age, "clinic": clinic}
        case "crowded":
            streets = [f"street {unit % 1_200}" for unit in range(2 * ROWS)]
            columns = {"treated": np.tile(treated, 2), "age": np.tile(age, 2), "street": streets}
        case _:
            score = np.round(np.where(treated == 1, 1, -1) * (0.1 + random.random(ROWS)), 4)
            columns = {"treated": treated, "age": age, "score": score, "twin": 2 * age}
    return {column: list(values) for column, values in columns.items()}


def text_of(columns: dict[str, list[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return stream.getvalue()
