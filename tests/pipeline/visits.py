"""A data set that is published: its contract, and rows with sentinels, gaps and regions in mixed case."""

from __future__ import annotations

import numpy as np

CONTRACT = """\
version: 2.1.0
description: Visits and the dose that was given
id_col: unit
time_col: at
treatment_col: treated
outcome_col: y
covariate_cols: [age, "dose, mg", region]
segment_cols: [site]
estimand: ATO
types:
  unit: int64
  at: datetime
  treated: int8
  y: float64
  age: int16
  dose, mg: float64
  region: category
  site: category
  note: string
constraints:
  ranges: {age: [18, 90]}
clean: {sentinels: {age: [-1]}, fill: {"dose, mg": 0.5}, upper: [region]}
"""
ROWS = 500


def rows() -> str:
    """Two sentinels, one in each arm; three gaps to fill, regions in mixed case; the older are treated more often."""
    random = np.random.default_rng(20)
    lines = ['unit,at,treated,y,age,"dose, mg",region,site,note']
    for unit in range(ROWS):
        age = int(random.integers(20, 80))
        treated = int(random.random() < 1 / (1 + np.exp(-(age - 50) / 30)))
        treated = {3: 0, 4: 1}.get(unit, treated)
        dose = "" if unit in (7, 8, 9) else repr(float(random.gamma(2, 3)))
        region = random.choice(["north", "North", "south", "EAST"])
        shown = -1 if unit in (3, 4) else age
        site = random.choice(["a", "b"])
        lines.append(f"{unit},2026-10-01 10:{unit % 60:02d}:00,{treated},{unit / 7!r},{shown},{dose},{region},{site},x")
    return "\n".join(lines) + "\n"
