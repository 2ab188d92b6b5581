"""Whether a row rule of the contract's author is one condition over the declared columns."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from ciq.contract.model import Contract
from ciq.contract.nearest import did_you_mean

_LONGEST = 10_000
_NOT_A_ROW = (
    exp.Query,
    exp.DML,
    exp.DDL,
    exp.Command,
    exp.AggFunc,
    exp.Window,
    exp.Star,
    exp.Placeholder,
    exp.Parameter,
)


def condition(sql: str) -> exp.Condition | None:
    """The rule as a syntax tree, if it is one scalar expression over a row."""
    if len(sql) > _LONGEST:
        return None
    try:
        trees = sqlglot.parse(sql, read="duckdb")
    except Exception:
        return None
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Condition) or isinstance(tree, exp.Tuple) or tree.find(*_NOT_A_ROW):
        return None
    return tree


def columns(sql: str) -> frozenset[str]:
    """The columns that the rule names, without case; none where it is no condition."""
    tree = condition(sql)
    return frozenset(column.name.casefold() for column in tree.find_all(exp.Column)) if tree else frozenset()


def objections(contract: Contract, sql: str) -> Iterator[tuple[str, str | None]]:
    """What keeps ``sql`` from being such a condition, each with its help; at last DuckDB is asked."""
    tree = condition(sql)
    if tree is None:
        yield (
            "this is not one condition over a row (no statement, subquery, aggregate or list)",
            "write an expression such as `age >= 18 or consent`",
        )
        return
    known = {column.casefold() for column in contract.types}
    unknown = [column for column in tree.find_all(exp.Column) if column.table or column.name.casefold() not in known]
    for column in unknown:
        help_ = did_you_mean(column.name, contract.types) or "texts take single quotes, columns stand alone"
        yield f"`{column.sql(dialect='duckdb')}` is not a column of the contract", help_
    if not unknown and (reason := _why_not_bound(contract, tree)):
        yield reason, None


def _why_not_bound(contract: Contract, tree: exp.Condition) -> str | None:
    """The engine's objection to the condition over empty columns of the declared types."""
    import duckdb

    columns = [
        exp.alias_(exp.cast(exp.null(), contract.type_of(column).duckdb, dialect="duckdb"), column, quoted=True)
        for column in contract.types
    ]
    rows = exp.select(*columns).subquery("r")
    query = exp.select(exp.alias_(tree.copy(), "holds")).from_(rows).limit(0)
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        try:
            kind = str(connection.execute(query.sql(dialect="duckdb")).description[0][1])
        except duckdb.Error as error:
            return str(error).partition("\n")[0]
    return None if kind == "BOOLEAN" else f"the expression is {kind}, a condition is true or false"
