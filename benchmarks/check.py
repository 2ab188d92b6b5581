"""``ciq check``, ``ciq contract draft`` and ``ciq ingest`` against a bare COPY, plain files, ``frictionless validate``.

frictionless walks row by row in Python, so it is given a part of the rows and compared by CPU a row; it holds types,
NULLs, ranges, categories and the primary key, ciq the row rule as well.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.measure import CIQ, PYTHON, Cost, measured, module
from benchmarks.scratch import DATASET, Scratch
from benchmarks.table import Row

RIVAL_ROWS = 200_000
_CONTRACT = Path("contracts") / f"{DATASET}.yaml"
_FIELDS = {
    "customer_id": ("integer", {}),
    "event_time": ("datetime", {}),
    "treated": ("integer", {"minimum": 0, "maximum": 1}),
    "y": ("number", {}),
    "age": ("integer", {"minimum": 0, "maximum": 110}),
    "gender": ("string", {"enum": ["M", "F", "U"]}),
    "rfm_score": ("number", {"minimum": 0, "maximum": 1000}),
    "prior_7d_spend": ("number", {"minimum": 0, "maximum": 1e6}),
    "web_session_cnt": ("integer", {"minimum": 0, "maximum": 10_000}),
}


def run(scratch: Scratch, pairs: int) -> Iterator[Row]:
    """Check beside COPY, packed beside plain, then a part of the rows beside frictionless."""
    checks, bare, plain, packed, drafts = (list[Cost]() for _ in range(5))
    zipped = scratch.folder / "packed" / f"{DATASET}.csv.gz"
    zipped.parent.mkdir()
    with scratch.csv.open("rb") as source, gzip.open(zipped, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    for _ in range(pairs):
        bare.append(measured(*module("ingest_copy", str(scratch.csv), str(scratch.folder / "copy.parquet"))))
        checks.append(measured(CIQ, "check", str(scratch.csv), "--contract", str(scratch.strict / _CONTRACT)))
        drafts.append(measured(CIQ, "contract", "draft", str(scratch.csv), "--treatment", "treated"))
        plain.append(_ingest(scratch, scratch.csv))
        packed.append(_ingest(scratch, zipped))
    what = f"check: {scratch.rows:,} rows of CSV"
    yield Row(f"{what}, ciq check against a bare typed COPY", str(checks[0]), "at most 1.2x", _ratio(checks, bare))
    yield Row(f"{what}, ciq contract draft against it", str(drafts[0]), "at most 2x", _ratio(drafts, bare))
    yield Row(f"{what}, ciq ingest against it", str(plain[0]), "at most 1.8x", _ratio(plain, bare))
    yield Row(
        f"{what}.gz, ciq ingest against that of the plain file", str(packed[0]), "at most 1.25x", _ratio(packed, plain)
    )
    yield from _against_frictionless(scratch, median(cost.cpu for cost in checks) / scratch.rows)


def _against_frictionless(scratch: Scratch, ours: float) -> Iterator[Row]:
    part = scratch.folder / "part" / f"{DATASET}.csv"
    part.parent.mkdir()
    with scratch.csv.open() as source, part.open("w") as target:
        target.writelines(islice(source, min(RIVAL_ROWS, scratch.rows) + 1))
    fields = [{"name": name, "type": kind, "constraints": rule} for name, (kind, rule) in _FIELDS.items()]
    schema = {"fields": fields, "primaryKey": ["customer_id", "event_time"], "missingValues": [""]}
    (part.parent / "schema.json").write_text(json.dumps(schema))
    frictionless = str(Path(PYTHON).with_name("frictionless"))
    validated = measured(frictionless, "validate", part.name, "--schema", "schema.json", cwd=part.parent)
    theirs = validated.cpu / min(RIVAL_ROWS, scratch.rows)
    said = f"CPU {theirs * 1e6:.1f} us a row against {ours * 1e6:.1f} us"
    yield Row(
        "check: frictionless validate, the first 200,000 rows", said, "15x less CPU a row", f"{theirs / ours:.0f}x less"
    )


def _ingest(scratch: Scratch, source: Path) -> Cost:
    raw = scratch.strict / "data" / "raw"
    shutil.rmtree(raw)
    shutil.rmtree(scratch.strict / "data" / "staged", ignore_errors=True)
    raw.mkdir()
    (raw / source.name).hardlink_to(source)
    return measured(CIQ, "--project", str(scratch.strict), "ingest", DATASET)


def _ratio(these: list[Cost], those: list[Cost]) -> str:
    pairs = list(zip(these, those, strict=True))
    wall, cpu = median(a.wall / b.wall for a, b in pairs), median(a.cpu / b.cpu for a, b in pairs)
    return f"{wall:.2f}x (CPU {cpu:.2f}x)"
