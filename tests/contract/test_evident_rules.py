"""Row rules that are judged by their words alone: SQL would say the same of each."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from soaking import campaign, examples
from sqlglot.dialects.duckdb import DuckDB

from ciq.contract import Contract
from ciq.contract.evident_rules import evident
from ciq.contract.row_rules import columns, objections

COLUMNS = {"age": "int16", "Paid": "float32", "city": "category", "ok": "bool", "born": "date", "seen": "datetime"}
WORDS = [
    *("age", "paid", "city", "ok", "born", "seen", "ghost", "0", "-1", "2.5", "'kobe'", "''", "true", "null", "1e3"),
    *("and", "or", "not", "is", "in", "between", "=", "<>", "!=", "<", ">=", "+", "-", "*", "/", "(", ")", ",", "--"),
]
FORMS = {
    "int32": "{w} > 1 and 1 < {w} and {w} is null and {w} in (1, 2) and not {w} = 1 and 1 + {w} > 1 and ({w}) > 1 "
    "and n between {w} and {w} and {w} not between 1 and 2 or {w} = {w}",
    "bool": "{w} and not {w} and {w} or ({w}) and {w} = true or {w}",
    "string": "{w} = 'a' and {w} in ('a') and 'a' = {w} or 'a' between {w} and {w} and {w} < {w}",
}
EVIDENT = [
    "web >= 0 or paid = 0",
    "age between 18 and 99 and city in ('kobe', 'nara')",
    "not (ok and age < 18)",
    "city <> '' and born is not null",
    "born <= seen",
    "age * paid - 1 > paid + age",
    "ok",
    "NOT ok OR City = 'kobe'",
]


def contract(types: dict[str, str]) -> Contract:
    said = {"name": "people", "treatment_col": "t", "covariate_cols": ("x",), "types": types, "path": Path("x")}
    return Contract.model_validate(said)


PEOPLE = contract(COLUMNS | {"web": "int64"})


def agrees(asked: Contract, sql: str) -> bool:
    """Whether ``sql`` is evident; fails where it is and SQL objects, or finds other columns in it."""
    named = evident(asked, sql)
    if named is not None:
        assert list(objections(asked, sql)) == [], sql
        assert columns(sql) == named, sql
    return named is not None


@pytest.mark.parametrize("sql", EVIDENT)
def test_usual_rules_are_evident(sql: str) -> None:
    assert agrees(PEOPLE, sql)


def operand(kinds: str) -> st.SearchStrategy[str]:
    return st.sampled_from([word for word in WORDS if word in kinds.split()])


NUMBERS = operand("age paid 0 -1 2.5")
TERMS = st.one_of(NUMBERS, st.builds("{} {} {}".format, NUMBERS, st.sampled_from("+-*"), NUMBERS))
TESTS = st.one_of(
    st.builds("{} {} {}".format, TERMS, st.sampled_from(["=", "<", ">=", "<>", "!="]), TERMS),
    st.builds("{} not between {} and {}".format, TERMS, TERMS, TERMS),
    st.builds("{} in ({}, {})".format, NUMBERS, NUMBERS, NUMBERS),
    st.builds("{} is not null".format, operand("age city ok born")),
    operand("ok true"),
    st.just("(city = 'kobe')"),
)
CONDITIONS = st.recursive(
    TESTS, lambda inner: st.one_of(st.builds("not {}".format, inner), st.builds("({} or {})".format, inner, inner))
)
HEAPS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
DENSE = st.lists(st.sampled_from(WORDS), max_size=7).map("".join)


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(st.one_of(CONDITIONS, HEAPS, DENSE))
def test_what_is_evident_is_so_to_sql(sql: str) -> None:
    event("evident" if agrees(PEOPLE, sql) else "left open")


@pytest.mark.parametrize("sql", ["not " * 59 + "ok", "(" * 6 + "ok" + ")" * 6, "age" + " + age" * 28 + " > 0"])
def test_the_longest_that_are_evident_are_not_too_deep_for_sql(sql: str) -> None:
    assert agrees(PEOPLE, sql)


def known_words() -> list[str]:
    """Every word that either of the two may read in a way of its own."""
    engine = duckdb.sql("select keyword_name from duckdb_keywords() union select type_name from duckdb_types()")
    parser = [*DuckDB.Tokenizer.KEYWORDS, *DuckDB.Parser.FUNCTIONS, *DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS]
    words = {str(word).lower() for word in (*(row[0] for row in engine.fetchall()), *parser)}
    return sorted(word for word in words if word.isidentifier())


@pytest.mark.parametrize("kind", FORMS)
def test_a_word_of_sql_is_a_column_only_where_sql_takes_it_for_one(kind: str) -> None:
    words = known_words()
    assert len(words) > 900
    for word in campaign(words[::60], words):
        agrees(contract({word: kind, "n": "int32"}), FORMS[kind].format(w=word))
