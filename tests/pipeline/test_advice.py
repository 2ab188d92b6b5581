"""A refusal for poor overlap says what the ways out would give, from the figures of the same attempt."""

from __future__ import annotations

import csv

import pyarrow as pa
from campaign.trial import judge
from whole_project import ROOT


def test_the_refusal_of_lalondes_comparison_names_trim_overlap_weights_and_drivers() -> None:
    example = ROOT / "examples" / "lalonde"
    with (example / "data" / "raw" / "nsw_cps.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    numbers = {name: [float(row[name]) for row in rows] for name in rows[0] if name not in ("data_id",)}
    columns = {name: pa.array(values) for name, values in numbers.items()}
    columns |= {"data_id": pa.array([row["data_id"] for row in rows])} if "data_id" in rows[0] else {}
    judged = judge("nsw_cps", (example / "contracts" / "nsw_cps.yaml").read_text(), pa.table(columns))
    assert {"G308", "G309", "G315"} <= set(judged.refused)
    help_ = judged.refused["G308"].help or ""
    (overlap,) = judged.rows("overlap")
    assert "keeps 535 of 16,177 rows, 149 treated (Crump et al. 2009)" in help_
    carried = f"{overlap['ess_ato_treated']:,.0f} treated and {overlap['ess_ato_control']:,.0f} untreated rows"
    assert f"estimand ATO has a largest |SMD| of 0.000 and an effective sample of {carried}" in help_
    raw: dict[str, float] = {}
    for row in judged.rows("balance"):
        raw[row["parent"]] = max(raw.get(row["parent"], 0.0), abs(row["smd_unadjusted"]))
    first, second, third = sorted(raw, key=lambda name: -raw[name])[:3]
    assert help_.endswith(
        f"the arms differ most in {first} ({raw[first]:.2f}), {second} ({raw[second]:.2f}), {third} ({raw[third]:.2f})"
    )
