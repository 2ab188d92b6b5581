"""CREATE TABLE for the cleaned rows of a contract, with its constraints as the engine can hold them."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from ciq.contract.constraint_checks import extent
from ciq.contract.export.bounds import bounds
from ciq.contract.model import Contract, Number
from ciq.contract.patterns import whole_for_postgres
from ciq.contract.types import COLUMN_TYPES


def ddl(contract: Contract, dialect: str) -> str:
    """The statement in ``dialect`` (duckdb or postgres). Rules that only warn stay out."""
    parts: list[exp.Expr] = [_column(contract, name, dialect) for name in contract.types]
    parts += [_unique(key) for key in contract.unique_keys]
    parts += [_check(_rule(contract, rule.sql)) for rule in contract.constraints.rules if rule.severity == "fail"]
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
    conditions = _ranges(contract, name, dialect)
    if name in constraints.categories:
        levels = [exp.convert(level) for level in constraints.categories[name]]
        conditions.append(exp.In(this=value.copy(), expressions=levels))
    if name in constraints.patterns:
        conditions.append(_matches(contract, name, dialect))
    return conditions


def _ranges(contract: Contract, name: str, dialect: str) -> list[exp.Expr]:
    """Bounds of a number that the engine's own type doesn't have: to it NaN and infinity are numbers too."""
    if contract.type_of(name).kind not in ("integer", "float"):
        return []
    value, type_name = exp.column(name, quoted=True), contract.types[name]
    whole = contract.type_of(name).kind == "integer" and not (type_name == "int8" and dialect == "postgres")
    own, (low, high) = extent(type_name), bounds(contract, name)
    conditions: list[exp.Expr] = []
    if not (whole and low == own[0]):
        conditions.append(exp.GTE(this=value, expression=_bound(low, type_name)))
    if not (whole and high == own[1]):
        conditions.append(exp.LTE(this=value.copy(), expression=_bound(high, type_name)))
    return conditions


def _bound(number: Number, type_name: str) -> exp.Expr:
    """As the engine would read it in a file: PostgreSQL compares a real with the fraction itself."""
    literal = exp.convert(number)
    return exp.cast(literal, COLUMN_TYPES[type_name].duckdb, dialect="duckdb") if type_name == "float32" else literal


def _rule(contract: Contract, sql: str) -> exp.Expr:
    """The rule with its columns as the table spells them."""
    names = {name.casefold(): name for name in contract.types}
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for column in list(tree.find_all(exp.Column)):
        column.set("this", exp.to_identifier(names.get(column.name.casefold(), column.name), quoted=True))
    return tree


def _matches(contract: Contract, name: str, dialect: str) -> exp.Expr:
    value = exp.column(name, quoted=True)
    if dialect == "postgres":
        return exp.RegexpLike(this=value, expression=exp.Literal.string(whole_for_postgres(contract, name)))
    pattern = contract.constraints.patterns[name]
    return exp.Anonymous(this="regexp_full_match", expressions=[value, exp.Literal.string(pattern)])


def _check(condition: exp.Expr) -> exp.Expr:
    return exp.CheckColumnConstraint(this=condition)


def _unique(key: tuple[str, ...]) -> exp.Expr:
    names = [exp.to_identifier(name, quoted=True) for name in key]
    return exp.UniqueColumnConstraint(this=exp.Schema(expressions=names))
