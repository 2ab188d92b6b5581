"""CREATE TABLE for the cleaned rows of a contract, with its constraints as the engine can hold them."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from ciq.contract.model import Contract


def ddl(contract: Contract, dialect: str) -> str:
    """The statement in ``dialect`` (duckdb or postgres). Rules that only warn stay out."""
    parts: list[exp.Expr] = [_column(contract, name, dialect) for name in contract.types]
    parts += [_unique(key) for key in contract.unique_keys]
    parts += [
        _check(sqlglot.parse_one(rule.sql, dialect="duckdb"))
        for rule in contract.constraints.rules
        if rule.severity == "fail"
    ]
    table = exp.Schema(this=exp.table_(contract.name, quoted=True), expressions=parts)
    return exp.Create(this=table, kind="TABLE").sql(dialect=dialect, pretty=True) + ";\n"


def _column(contract: Contract, name: str, dialect: str) -> exp.Expr:
    constraints: list[exp.Expr] = []
    if name in contract.required:
        constraints.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
    constraints += [exp.ColumnConstraint(kind=_check(each)) for each in _conditions(contract, name, dialect)]
    kind = exp.DataType.build(contract.type_of(name).duckdb, dialect="duckdb")
    return exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=kind, constraints=constraints)


def _conditions(contract: Contract, name: str, dialect: str) -> list[exp.Expr]:
    value, constraints = exp.column(name, quoted=True), contract.constraints
    low, high = constraints.ranges.get(name, (None, None))
    conditions: list[exp.Expr] = []
    if low is not None:
        conditions.append(exp.GTE(this=value.copy(), expression=exp.convert(low)))
    if high is not None:
        conditions.append(exp.LTE(this=value.copy(), expression=exp.convert(high)))
    if name in constraints.categories:
        levels = [exp.convert(level) for level in constraints.categories[name]]
        conditions.append(exp.In(this=value.copy(), expressions=levels))
    if name == contract.treatment_col and contract.type_of(name).kind == "integer":
        conditions.append(exp.In(this=value.copy(), expressions=[exp.convert(0), exp.convert(1)]))
    if name in constraints.patterns:
        conditions.append(_matches(value, constraints.patterns[name], dialect))
    return conditions


def _matches(value: exp.Expr, pattern: str, dialect: str) -> exp.Expr:
    if dialect == "postgres":
        return exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(f"^(?:{pattern})$"))
    return exp.Anonymous(this="regexp_full_match", expressions=[value.copy(), exp.Literal.string(pattern)])


def _check(condition: exp.Expr) -> exp.Expr:
    return exp.CheckColumnConstraint(this=condition)


def _unique(key: tuple[str, ...]) -> exp.Expr:
    names = [exp.to_identifier(name, quoted=True) for name in key]
    return exp.UniqueColumnConstraint(this=exp.Schema(expressions=names))
