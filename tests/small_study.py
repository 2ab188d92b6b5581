"""One small data set that every gate passes, and what a folder holds."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

CONTRACT = """\
source: {files: study.*}
id_col: unit
treatment_col: treated
outcome_col: y
covariate_cols: [age]
types: {unit: int64, treated: int8, y: float64, age: int16}
constraints:
  ranges: {age: [18, 90]}
  rules: [{id: young_and_well, sql: age < 85 or y < 5, severity: warn}]
"""
CIQ = Path(sys.executable).with_name("ciq")


def rows(count: int = 200) -> str:
    """Rows in which age doesn't decide the treatment."""
    body = (f"{i},{i * 7 % 5 // 3},{i % 11}.5,{20 + i * 13 % 60}" for i in range(count))
    return "\n".join(["unit,treated,y,age", *body]) + "\n"


def contents(folder: Path) -> dict[str, str]:
    """Each file below with the hash of its content; folders too."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }
