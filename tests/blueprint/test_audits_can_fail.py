"""Every audit of every model of a data set: it passes on the rows that were built, and one bad row makes it fail.

The contract uses each kind of constraint, over names and values that need quotes. CASES holds a breach for each audit,
for each column of it where it has several; an audit without one is an error, as is a breach of no audit.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from breaches import CASES, EMPTY, HARMLESS, ONLY_WARN
from sqlglot import exp
from sqlmesh import Context, Model
from sqlmesh.core.audit import Audit
from whole_project import ROOT, lay_out, run_in

from ciq.pipeline.warehouse import project_context

CONTRACT = r"""
id_col: unit
time_col: at
treatment_col: treated
outcome_col: y
covariate_cols: [age, region, "dose (mg)"]
segment_cols: [site]
balance: {squares: true, interactions: true}
types:
  unit: int64
  at: datetime
  treated: int8
  y: float64
  age: int16
  region: category
  dose (mg): float64
  site: category
  code: string
  seen: datetime
columns:
  age: {description: Age at the visit, available_at: seen}
constraints:
  not_null: [unit, at, treated, y]
  categories: {region: [north, "o'hara"], site: [only]}
  ranges: {age: [18, 90], y: [null, 100.5], dose (mg): [0, null]}
  unique: [[code], [unit, seen]]
  patterns: {code: '[A-Z]{2}-\d+|none'}
  rules:
    - {id: adults_or_low_doses, sql: '"dose (mg)" < 50 or age >= 30'}
    - {id: small_outcomes, sql: y < 40, severity: warn}
"""
BREACHES = [
    pytest.param(model, audit, breach, id=f"{model} {audit.partition('(')[0]}: {breach}")
    for model, audits in CASES.items()
    for audit, breaches in audits.items()
    for breach in breaches
]


def rows() -> str:
    """Pairs of alike units, one of them treated; some values missing in both."""
    lines = ["unit,at,treated,y,age,region,dose (mg),site,code,seen"]
    for unit in range(120):
        pair = unit // 2
        age = "" if pair in (3, 30) else 20 + pair * 7 % 60
        dose = "" if pair in (5, 40) else pair * 11 % 45
        code = "" if unit == 16 else "none" if unit == 20 else f"AB-{unit}"
        region = ("north", "o'hara", "")[pair * 5 % 11 % 3]
        seen = "" if pair in (3, 30) else "2026-10-01 09:00:00"
        lines.append(f"{unit},2026-10-01 10:00:00,{unit % 2},{pair % 30}.5,{age},{region},{dose},only,{code},{seen}")
    return "\n".join(lines) + "\n"


class Audits:
    """The models of a data set that was built, and a table to break."""

    def __init__(self, context: Context) -> None:
        self._adapter = context.engine_adapter
        self._snapshots = context.snapshots
        self.found: dict[tuple[str, str], tuple[Model, Audit, dict[str, exp.Expr]]] = {}
        for model in context.models.values():
            for audit, arguments in model.audits_with_args:
                said = ", ".join(f"{name} := {value.sql('duckdb')}" for name, value in arguments.items())
                key = (model.name, f"{audit.name}({said})")
                assert key not in self.found
                self.found[key] = (model, audit, arguments)
        self._adapter.execute("CREATE SCHEMA scratch; USE scratch")

    def spoil(self, name: str, breach: str) -> None:
        """Make ``good`` of what was built of a model, and ``bad`` of it by one statement."""
        model = next(model for model, _, _ in self.found.values() if model.name == name)
        built = self._snapshots[model.fqn].table_name()
        for statement in (
            f"CREATE OR REPLACE TABLE good AS FROM {built}",
            "CREATE OR REPLACE TABLE bad AS FROM good",
            breach,
        ):
            self._adapter.execute(statement)

    def differing(self) -> int:
        """How many rows ``good`` and ``bad`` don't share, one replaced row counted once."""
        queries = ("FROM bad EXCEPT ALL FROM good", "FROM good EXCEPT ALL FROM bad")
        return max(map(self._count, queries))

    def returned(self, key: tuple[str, str], table: str) -> int:
        """How many rows the audit returns of a table in place of its model, asked as SQLMesh asks."""
        model, audit, arguments = self.found[key]
        this_model = exp.to_table(f"scratch.{table}")
        query = model.render_audit_query(
            audit, snapshots=self._snapshots, this_model=this_model, engine_adapter=self._adapter, **arguments
        )
        return self._count(query.sql("duckdb"))

    def _count(self, query: str) -> int:
        (count,) = self._adapter.fetchone(f"SELECT COUNT(*) FROM ({query})")  # noqa: S608
        return int(count)


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audits]:
    root = tmp_path_factory.mktemp("audited")
    lay_out(root)
    (root / "contracts" / "doses.yaml").write_text(CONTRACT)
    (root / "data" / "raw" / "doses.csv").write_text(rows())
    assert run_in(root) == 0
    with contextlib.chdir(root), project_context(root) as context:
        yield Audits(context)


def test_every_audit_has_a_breach_and_every_breach_its_audit(audits: Audits) -> None:
    assert {(model, audit) for model, found in CASES.items() for audit in found} == set(audits.found)


def test_every_audit_that_is_written_is_used() -> None:
    """A contract that is edited after its files were staged is a project of its own, in tests of versions."""
    files = (ROOT / "audits").glob("*.sql")
    written = {name for path in files for name in re.findall(r"^AUDIT \(\s*name (\w+)", path.read_text(), re.M)}
    used = {audit.partition("(")[0] for found in CASES.values() for audit in found}
    assert {"positivity", "no_late_values", "lossless"} <= written
    assert written - used == {"lossless"}


def test_every_audit_stops_a_promotion_but_those_that_warn(audits: Audits) -> None:
    assert {key for key, (_, audit, _) in audits.found.items() if not audit.blocking} == ONLY_WARN


@pytest.mark.parametrize(("model", "audit", "breach"), BREACHES)
def test_one_bad_row_fails(audits: Audits, model: str, audit: str, breach: str) -> None:
    audits.spoil(model, breach)
    assert audits.differing() == 1 or breach == EMPTY
    assert audits.returned((model, audit), "good") == 0
    assert audits.returned((model, audit), "bad") == 1


@pytest.mark.parametrize("change", HARMLESS)
def test_what_the_contract_allows_passes(audits: Audits, change: str) -> None:
    """Bounds are inclusive, and NULL breaches not_null alone, as at ingest."""
    audits.spoil("curated.doses", change)
    failing = [key for key in audits.found if key[0] == "curated.doses" and audits.returned(key, "bad")]
    assert [key for key in failing if key not in ONLY_WARN] == []
