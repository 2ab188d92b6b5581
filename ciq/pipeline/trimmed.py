"""The rows of a data set that a trim keeps, staged as a version of another data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from sqlglot import exp

from ciq.blueprint.datasets import Dataset
from ciq.causal import sql
from ciq.contract import Contract
from ciq.errors import ConnectionRefused, DataRefused, Problem, UsageError
from ciq.ingest import Landed, Manifest, current
from ciq.ingest import manifest as manifests
from ciq.ingest.atomic import aside_in, sole, sync
from ciq.ingest.engine import connection, write_parquet
from ciq.ingest.manifest import Trimmed
from ciq.pipeline import attempts
from ciq.rules import RULES

_WAREHOUSE = Path("warehouse") / "warehouse.duckdb"
_PROVENANCE = ("_source", "_file", "_row")


@dataclass(frozen=True)
class Source:
    """What a trimmed version is made of: the attempt whose scores choose the rows, and the bound."""

    parent: Dataset
    scores: str
    alpha: float

    def version(self, contract: Contract) -> str:
        """The key of the rows: their columns, where they were staged, the scores' snapshot and the bound."""
        facts = (manifests.reading_key(contract), self.parent.manifest.version, self.scores, repr(self.alpha))
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def source(project: Path, contracts: Mapping[str, Contract], contract: Contract) -> Source:
    """The latest attempt at what ``contract`` is trimmed from, whether it was published or refused.

    Raises UsageError where there was none, DataRefused where it has no scores of what is staged now (G370), or where
    Crump's trim keeps every row or none (G371).
    """
    assert contract.source.trim
    of, alpha = contract.source.trim.of, contract.source.trim.alpha
    attempt, manifest = attempts.latest(project, of), current(project, of)
    if manifest is None or attempt.scores is None or attempt.source_version != manifest.version:
        raise _refused("G370", contract, f"{of} has no scores of what is staged of it", f"`ciq run {of}` makes them")
    if alpha != "crump":
        return Source(Dataset(contracts[of], manifest), attempt.scores, alpha)
    crump, kept = attempt.overlap["crump_alpha"], attempt.overlap["crump_kept"]
    if not crump or not kept:
        raise _refused("G371", contract, f"Crump's trim of {of} keeps {'no' if crump else 'every'} row")
    return Source(Dataset(contracts[of], manifest), attempt.scores, crump)


def waiting(project: Path, contracts: Mapping[str, Contract], contract: Contract) -> bool:
    """Whether the scores of what ``contract`` is trimmed from would now give another version than is staged."""
    try:
        newest = source(project, contracts, contract).version(contract)
    except (DataRefused, UsageError):
        return False
    staged = current(project, contract.name)
    return staged is None or staged.version != newest


def land(project: Path, contracts: Mapping[str, Contract], name: str) -> Landed:
    """Stage the rows that the trim of ``name`` keeps, with the values after the other contract's ``clean`` steps.

    A version that was staged before is taken up again. Raises as :func:`source` does, and DataRefused where no row is
    kept (G371) or where the other contract has been edited since its attempt (G372); what was staged stays then.
    """
    contract = contracts[name]
    found = source(project, contracts, contract)
    version = found.version(contract)
    with sole(manifests.folder(project, name)) as folder, aside_in(folder) as aside:
        earlier, known = current(project, name), manifests.of_version(project, name, version)
        if known is None:
            known = _write(project, contract, found, version, aside)
        known = replace(known, contract_version=contract.version, judged=manifests.judged_key(contract))
        if known != earlier:
            manifests.write(project, known)
    return Landed(known, earlier is None or known.version != earlier.version)


def _write(project: Path, contract: Contract, found: Source, version: str, aside: Path) -> Manifest:
    aside.mkdir(exist_ok=True)
    target = aside.with_name(f"{version}.parquet")
    with connection(aside) as con, _scores_of(con, project, contract, found):
        whole = aside / target.name
        write_parquet(con, _kept(contract, found), whole)
        rows, kept = _counts(con, found)
        ((written,),) = con.execute("SELECT COUNT(*) FROM READ_PARQUET(?)", [str(whole)]).fetchall()
        if written != kept:
            of = found.parent.contract.name
            message = f"{of} has {kept:,} rows within the bounds, and {written:,} of them are found in what is staged"
            raise _refused("G372", contract, message, f"`ciq run {of}` scores it by its contract of today")
        if not kept:
            raise _refused("G371", contract, f"no row has {found.alpha:.4f} <= e <= {1 - found.alpha:.4f}")
        sync(whole)
        whole.replace(target)
        sync(target.parent)
    parent = found.parent.manifest
    return Manifest(
        dataset=contract.name,
        version=version,
        rows=kept,
        parquet=target.relative_to(project).as_posix(),
        sources=parent.sources,
        contract_version=contract.version,
        reading=manifests.reading_key(contract),
        judged=manifests.judged_key(contract),
        mends={},
        warnings={},
        dropped=(),
        trim=Trimmed(found.parent.contract.name, parent.version, found.scores, found.alpha, rows),
    )


def _kept(contract: Contract, found: Source) -> exp.Query:
    """The cleaned rows within the bounds, each with where it comes from, in the order of the files."""
    from ciq.blueprint.statements import statement
    from ciq.blueprint.variables import decided

    cleaned = statement(decided(found.parent.contract), "curated/dataset").select(*_PROVENANCE)
    columns = [sql.column(name, "c") for name in (*contract.types, *_PROVENANCE)]
    rows = exp.select(*columns).from_(cleaned.subquery("c"))
    scored = rows.join(exp.to_table(found.scores, alias="s"), using=["row_id"]).where(_inside(found.alpha))
    return scored.order_by(*(exp.column(name, "c") for name in _PROVENANCE[1:]))


def _counts(con: duckdb.DuckDBPyConnection, found: Source) -> tuple[int, int]:
    """The scored rows, and those within the bounds."""
    inside = exp.Count(this=exp.Case(ifs=[exp.If(this=_inside(found.alpha), true=exp.convert(1))]))
    query = exp.select(exp.Count(this=exp.Star()), inside).from_(exp.to_table(found.scores, alias="s"))
    ((rows, kept),) = con.execute(query.sql("duckdb", identify=True)).fetchall()
    return rows, kept


def _inside(alpha: float) -> exp.Expr:
    return exp.Between(this=exp.column("ps_hat", "s"), low=sql.double(alpha), high=sql.double(1 - alpha))


@contextmanager
def _scores_of(con: duckdb.DuckDBPyConnection, project: Path, contract: Contract, found: Source) -> Iterator[None]:
    """The warehouse within ``con``, to read only, and the staged rows as ``staging.<dataset>``."""
    from ciq.blueprint.statements import staging

    of = found.parent.contract.name
    try:
        con.execute(f"ATTACH {exp.convert(str(project / _WAREHOUSE)).sql('duckdb')} AS warehouse (READ_ONLY)")
        con.execute("CREATE SCHEMA staging")
        view = exp.Create(this=exp.table_(of, db="staging"), kind="VIEW", expression=staging(found.parent))
        con.execute(view.sql("duckdb", identify=True))
        yield
    except duckdb.CatalogException as error:
        message = f"the scores of {of} are no longer in the warehouse"
        raise _refused("G370", contract, message, f"`ciq run {of}` makes them again") from error
    except duckdb.IOException as error:
        first = str(error).splitlines()[0]
        help_ = "close the other program that has the warehouse open, then try again"
        raise ConnectionRefused(
            Problem("E401", f"the warehouse can't be opened: {first}", _WAREHOUSE, help=help_)
        ) from error


def _refused(rule: str, contract: Contract, said: str, help_: str | None = None) -> DataRefused:
    return DataRefused(Problem(rule, f"{contract.name}: {said}", contract.path, help=help_ or RULES[rule].mend))
