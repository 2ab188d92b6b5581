"""What the ways out of a refusal would give: figures of a refit, never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from sqlglot import exp

from ciq.causal import sql
from ciq.contract import Contract
from ciq.pipeline.refusals import RULE_OF_GATE
from ciq.report.facts import Facts, Row, covariates

_APART = 0.1  # a raw |SMD| under this is no difference to speak of (Austin 2009)
_ASIDE = "_kept"
_DRIVERS = 3
_WEIGHED = {"balance", "ess_share", "max_weight_share"}
"""Gates that read the weights of the estimand; all others judge the scores or the rows."""


def advised(facts: Facts, contract: Contract, connection: duckdb.DuckDBPyConnection) -> Facts:
    """``facts`` with their advice, where a gate that trimming may mend fails or warns by itself.

    Its keys are ``trim`` and ``overlap_weights`` (None where there is no such way) and ``drivers``, as docs/gates.md
    has them. Only where such a gate fails is the model fitted again, to the rows that the trim keeps of
    ``facts.scores`` in the database of ``connection``. They are copied into a
    database of their own on disk, and the project's own models fit and judge them there: memory is what the
    connection's limit allows, and two numbers a row to sort the scores.
    """
    said = {gate["verdict"] for gate in facts.gates if RULE_OF_GATE[gate["gate"]].trim and not gate["follows_from"]}
    if not said & {"fail", "warn"}:
        return facts
    trim = _trim(facts.overlap)
    if trim and facts.scores and "fail" in said:
        # Where there is no room for it, the refusal stands without these figures.
        no_room = suppress(OSError, duckdb.IOException, duckdb.OutOfMemoryException)
        with no_room, _kept(connection, facts.scores, contract, trim["alpha"]) as rows:
            trim |= _refitted(rows, contract)
    return replace(
        facts, advice={"trim": trim, "overlap_weights": _overlap_weights(contract, facts), "drivers": _drivers(facts)}
    )


def _trim(overlap: Row) -> Row | None:
    """Crump's trim and what it keeps; None where it keeps everything or nothing."""
    alpha, kept, treated = (overlap[name] for name in ("crump_alpha", "crump_kept", "crump_kept_treated"))
    if not alpha or not kept:
        return None
    return {"alpha": alpha, "of": overlap["n"], "n": kept, "n_treated": treated, "n_control": kept - treated}


def _refitted(rows: duckdb.DuckDBPyConnection, contract: Contract) -> Row:
    """The figures of the kept rows under a fit of their own, and what the gates say of them."""
    from ciq.frames.models import Models

    built, weighting = Models(rows, contract), contract.estimand.lower()
    (overlap,), gates, balance = (built.rows(model) for model in ("overlap", "gates", "balance"))
    verdicts = {gate["verdict"] for gate in gates}
    return {
        **{name: overlap[name] for name in ("overlap_share", "tail_lt_001", "tail_gt_099")},
        "max_smd": _largest(balance, f"smd_{weighting}"),
        **{f"ess_{arm}": overlap[f"ess_{weighting}_{arm}"] for arm in ("treated", "control")},
        "verdict": next((said for said in ("fail", "warn") if said in verdicts), "pass"),
        "failing": _failing(gates),
    }


@contextmanager
def _kept(
    connection: duckdb.DuckDBPyConnection, scores: str, contract: Contract, alpha: float
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose ``curated.<dataset>`` holds the rows with alpha <= e <= 1 - alpha, in a file of its own."""
    inside = exp.Between(this=exp.column("ps_hat"), low=sql.double(alpha), high=sql.double(1 - alpha))
    columns = [sql.column(name) for name in ("row_id", *contract.types)]
    query = exp.select(*columns).from_(exp.to_table(scores)).where(inside)
    table = exp.table_(contract.name, db="curated", catalog=_ASIDE, quoted=True)
    with TemporaryDirectory() as folder, connection.cursor() as rows:
        ((home,),) = rows.execute("SELECT current_database()").fetchall()
        rows.execute(f"ATTACH {exp.convert(str(Path(folder) / 'kept.duckdb')).sql('duckdb')} AS {_ASIDE}")
        try:
            rows.execute(f"CREATE SCHEMA {_ASIDE}.curated")
            rows.execute(exp.Create(this=table, kind="TABLE", expression=query).sql("duckdb", identify=True))
            rows.execute(f"USE {_ASIDE}")
            yield rows
        finally:
            rows.execute(f"USE {exp.to_identifier(home, quoted=True).sql('duckdb')}")
            rows.execute(f"DETACH {_ASIDE}")


def _overlap_weights(contract: Contract, facts: Facts) -> Row | None:
    """What the same scores give under ATO, which weights every row by how open its treatment was.

    None where that is the estimand. ``failing`` are the gates that fail now and judge rows or scores: no weights
    change what they say.
    """
    worst = _largest(facts.balance, "smd_ato")
    if contract.estimand == "ATO" or worst is None:
        return None
    weighed = _WEIGHED - ({"balance"} if contract.balance.on == "raw" else set())
    return {
        "max_smd": worst,
        **{f"ess_{arm}": facts.overlap[f"ess_ato_{arm}"] for arm in ("treated", "control")},
        "failing": [gate for gate in _failing(facts.gates) if gate["gate"] not in weighed],
    }


def _failing(gates: Iterable[Row]) -> list[Row]:
    """The gates that fail by themselves, each with what is behind it."""
    failing = (gate for gate in gates if gate["verdict"] == "fail" and not gate["follows_from"])
    return [{"gate": gate["gate"], "value": gate["value"], "subject": gate["subject"]} for gate in failing]


def _drivers(facts: Facts) -> list[Row]:
    """The covariates in which the arms differ most before any weighting, worst first."""
    worst: dict[str, float] = {}
    for row in covariates(facts.balance):
        worst[row["parent"]] = max(worst.get(row["parent"], 0.0), abs(row["smd_unadjusted"] or 0.0))
    ranked = sorted(worst.items(), key=lambda found: (-found[1], found[0]))
    return [{"covariate": name, "smd": smd} for name, smd in ranked if smd > _APART][:_DRIVERS]


def _largest(balance: Iterable[Row], figure: str) -> float | None:
    return max((abs(row[figure]) for row in covariates(balance) if row[figure] is not None), default=None)
