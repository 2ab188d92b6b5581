"""Two data sets of one contract without ``clean`` that every gate passes, and a project that has published them."""

from __future__ import annotations

from pathlib import Path

from whole_project import lay_out, run_in

CONTRACT = """\
id_col: unit
time_col: at
treatment_col: treated
outcome_col: y
covariate_cols: [age, region]
types: {unit: int64, at: datetime, treated: int8, y: float64, age: int16, region: category}
constraints:
  not_null: [unit, at, treated]
  categories: {region: [north, south, east]}
  ranges: {age: [18, 90]}
leakage_forbidden_cols: [future_*]
"""
HEADER = "unit,at,treated,y,age,region"
TAKEN = 'SELECT unit, "at", treated, y, age, region FROM features.study ORDER BY unit'


def rows(count: int = 400) -> list[str]:
    """Rows in which neither age nor region decides the treatment."""
    regions = ("north", "south", "east")
    return [
        f"{i},2026-10-{1 + i % 28:02d} 10:00:00,{i * 7 % 5 // 3},{i % 11}.5,{20 + i * 13 % 60},{regions[i * 5 % 7 % 3]}"
        for i in range(count)
    ]


def file(body: list[str], header: str = HEADER) -> str:
    return "\n".join([header, *body]) + "\n"


def publish(root: Path) -> None:
    """Both of them in a project of their own."""
    lay_out(root)
    for name in ("study", "other"):
        (root / "contracts" / f"{name}.yaml").write_text(CONTRACT)
        (root / "data" / "raw" / f"{name}.csv").write_text(file(rows()))
    assert run_in(root) == 0
