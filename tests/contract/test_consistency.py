"""What one field of a contract says of another: each contradiction is refused at its place."""

from __future__ import annotations

import json
from pathlib import Path
from string import ascii_letters

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import examples
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from ciq.contract import Contract, load
from ciq.contract.consistency import findings
from ciq.contract.sql_words import CLAUSES, RESERVED_WORDS
from ciq.errors import ContractError

BASE = {
    "id_col": "customer",
    "time_col": "seen",
    "treatment_col": "treated",
    "outcome_col": "y",
    "covariate_cols": "[age, gender, score]",
    "types": "{customer: int64, seen: datetime, treated: int8, y: float64, age: int16, gender: category, "
    "score: float32, born: date, code: string, ok: bool}",
}


def text_with(**changes: str) -> str:
    return "".join(f"{key}: {value}\n" for key, value in {**BASE, **changes}.items())


def refused(folder: Path, text: str) -> list[tuple[str, int | None, int | None]]:
    path = folder / "people.yaml"
    path.write_text(text)
    with pytest.raises(ContractError) as refusal:
        load(path)
    return [(problem.rule, problem.line, problem.column) for problem in refusal.value.problems]


def test_products_that_no_table_can_tell_of(tmp_path: Path) -> None:
    names = [f"x{i}" for i in range(101)]
    types = "{treated: int8, " + ", ".join(f"{name}: float64" for name in names) + "}"
    text = f"treatment_col: treated\ncovariate_cols: [{', '.join(names)}]\ntypes: {types}\n"
    asked = text + "balance: {interactions: true}\n"
    assert [rule for rule, *_ in refused(tmp_path, asked)] == ["C156"]
    path = tmp_path / "people.yaml"
    path.write_text(asked.replace("x0, ", "", 1))
    assert load(path).balance.interactions


def test_a_date_format_has_the_directives_that_the_engine_reads_a_time_with(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    with duckdb.connect() as con:
        for directive in (f"%{dash}{letter}" for dash in ("", "-") for letter in f"{ascii_letters}%_1 "):
            path.write_text(text_with(source=f"{{datetime_format: {{seen: '%Y %{directive[1:]}'}}}}"))
            try:
                kind = con.execute("SELECT typeof(try_strptime('', ?))", [f"%Y {directive}"]).fetchone()[0]
            except duckdb.Error:
                kind = None
            if kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
                assert load(path)
            else:
                assert refused(tmp_path, path.read_text())[0][0] == "C166", (directive, kind)


def test_the_base_of_these_cases_loads(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text_with())
    assert load(path).name == "people"


@settings(max_examples=examples(40), deadline=None, derandomize=True)
@given(st.text(st.sampled_from(" '\"`$;.-eX\u3000\xa0\x85"), min_size=1, max_size=5))
def test_a_column_that_is_taken_has_the_same_name_to_sqlmesh(name: str) -> None:
    types = {"treated": "int8", "age": "int8", name: "int8"}
    said = {"name": "people", "treatment_col": "treated", "covariate_cols": ("age",), "types": types, "path": Path("x")}
    if not [found for found in findings(Contract.model_validate(said)) if found.rule == "C116"]:
        assert exp.parse_identifier(name, dialect="duckdb").name == name


@pytest.mark.parametrize("name", ["gender ", " gender", "gender\u3000", "'gender'"])
def test_a_column_that_sqlmesh_would_read_as_another_is_refused(tmp_path: Path, name: str) -> None:
    types = BASE["types"].replace("ok:", f"{json.dumps(name)}: category, ok:")
    assert [rule for rule, *_ in refused(tmp_path, text_with(types=types))] == ["C116"]


CASES = [
    ({"segment_cols": "[ghost]"}, "C109", "ghost"),
    ({"id_col": "ghost"}, "C109", "ghost"),
    ({"constraints": "{unique: [[customer, ghost]]}"}, "C109", "ghost"),
    ({"clean": "{deduplicate: {by: [ghost]}}"}, "C109", "ghost"),
    ({"columns": "{ghost: {unit: kg}}"}, "C109", "ghost"),
    ({"source": "{datetime_format: {ghost: '%Y'}}"}, "C109", "ghost"),
    ({"columns": "{age: {available_at: ghost}}"}, "C109", "ghost"),
    ({"propensity": "{squares: [ghost]}"}, "C109", "ghost"),
    ({"clean": "{upper: [ghost]}"}, "C109", "ghost"),
    ({"on_violation": "quarantine", "tolerance": "{I999: 0.1}"}, "C105", "I999"),
    ({"tolerance": "{default: 0.1}"}, "C120", "{default"),
    ({"on_violation": "quarantine"}, "C120", "quarantine"),
    ({"on_violation": "quarantine", "tolerance": "{default: 0}"}, "C120", "quarantine"),
    ({"covariate_cols": "[age, treated]"}, "C110", "treated]"),
    ({"covariate_cols": "[age, y]"}, "C110", "y]"),
    ({"covariate_cols": "[score, customer]"}, "C110", "customer]"),
    ({"covariate_cols": "[score, age, score]"}, "C110", "score]"),
    ({"outcome_col": "treated "}, "C110", "treated \n"),
    ({"segment_cols": "[treated]"}, "C110", "treated]"),
    ({"constraints": "{not_null: [code, age, code]}"}, "C110", "code]}"),
    ({"treatment_col": "score", "covariate_cols": "[age]"}, "C111", "score\n"),
    ({"treatment_col": "code"}, "C111", "code\n"),
    ({"time_col": "code"}, "C111", "code\n"),
    ({"outcome_col": "code"}, "C111", "code\n"),
    ({"covariate_cols": "[age, born]"}, "C111", "born]"),
    ({"segment_cols": "[born]"}, "C111", "born]"),
    ({"columns": "{age: {available_at: code}}"}, "C111", "code}}"),
    ({"source": "{datetime_format: {age: '%Y'}}"}, "C111", "age: '%Y'"),
    ({"source": "{datetime_format: {born: '%d/%m'}}"}, "C165", "'%d/%m'"),
    ({"source": "{datetime_format: {born: '%%Y%d'}}"}, "C165", "'%%Y%d'"),
    ({"source": "{datetime_format: {born: '%Y-%m-%e'}}"}, "C166", "'%Y-%m-%e'"),
    ({"source": "{datetime_format: {seen: '%Y-%m-%d %'}}"}, "C166", "'%Y-%m-%d %'"),
    ({"clean": "{upper: [age]}"}, "C111", "age]}"),
    ({"constraints": "{patterns: {age: '[0-9]+'}}"}, "C111", "'[0-9]+'"),
    ({"propensity": "{squares: [gender]}"}, "C111", "gender]}"),
    ({"propensity": "{squares: [customer]}"}, "C111", "customer]}"),
    ({"propensity": "{learner: gradient_boosting, squares: [age]}"}, "C155", "squares"),
    ({"propensity": "{learner: gradient_boosting, interactions: [[age, score]]}"}, "C155", "interactions"),
    ({"propensity": "{learner: gradient_boosting, collinear: drop}"}, "C155", "collinear"),
    ({"propensity": "{method: sql, learner: gradient_boosting}"}, "C155", "method"),
    ({"propensity": "{interactions: [[age, ghost]]}"}, "C152", "ghost"),
    ({"propensity": "{interactions: [[customer, age]]}"}, "C152", "customer, age]"),
    ({"propensity": "{interactions: [[age, gender], [score, score]]}"}, "C153", "score]]"),
    ({"propensity": "{interactions: [[age, gender], [gender, age]]}"}, "C154", "[gender, age]]"),
    ({"constraints": "{ranges: {age: [5, 4]}}"}, "C112", "[5, 4]"),
    ({"constraints": "{ranges: {gender: [0, 4]}}"}, "C112", "[0, 4]"),
    ({"constraints": "{ranges: {age: [0, 40000]}}"}, "C112", "40000"),
    ({"constraints": "{ranges: {score: [0, 1.0e39]}}"}, "C112", "1.0e39"),
    ({"constraints": "{ranges: {age: [0.2, 0.8]}}"}, "C112", "[0.2, 0.8]"),
    ({"constraints": "{ranges: {age: [null, null]}}"}, "C112", "[null, null]"),
    ({"constraints": "{categories: {age: [1]}}"}, "C113", "[1]"),
    ({"constraints": "{categories: {gender: []}}"}, "C113", "[]"),
    ({"constraints": "{categories: {gender: [M, F, 1, '1']}}"}, "C113", "'1'"),
    ({"clean": "{unknown_category: {gender: U}}"}, "C113", "gender: U"),
    (
        {"constraints": "{categories: {gender: [M, F]}}", "clean": "{unknown_category: {gender: Unknown}}"},
        "C113",
        "Unknown",
    ),
    ({"constraints": "{patterns: {code: '(?=a)b'}}"}, "C114", "'(?=a)b'"),
    ({"leakage_forbidden_cols": "[future_*, '*GE']"}, "C115", "'*GE'"),
    ({"constraints": "{rules: [{id: a, sql: 'select 1'}]}"}, "C117", "'select 1'"),
    ({"constraints": "{rules: [{id: a, sql: 'age > 1; drop table t'}]}"}, "C117", "'age > 1;"),
    ({"constraints": "{rules: [{id: a, sql: 'age > (select 1)'}]}"}, "C117", "'age > ("),
    ({"constraints": "{rules: [{id: a, sql: 'sum(age) > 1'}]}"}, "C117", "'sum"),
    ({"constraints": "{rules: [{id: a, sql: 'row_number() over () > 1'}]}"}, "C117", "'row"),
    ({"constraints": "{rules: [{id: a, sql: 'agee > 1'}]}"}, "C117", "'agee"),
    ({"constraints": "{rules: [{id: a, sql: 'age > 1, 2'}]}"}, "C117", "'age > 1, 2'"),
    ({"constraints": "{rules: [{id: a, sql: 'age + 1'}]}"}, "C117", "'age + 1'"),
    ({"constraints": "{rules: [{id: a, sql: 'no_such_function(age)'}]}"}, "C117", "'no_such"),
    ({"constraints": "{rules: [{id: a, sql: '(((('}]}"}, "C117", "'(((('"),
    ({"constraints": "{rules: [{id: a, sql: ok}, {id: a, sql: not ok}]}"}, "C117", "a, sql: not"),
    ({"clean": "{sentinels: {age: [x]}}"}, "C118", "x]}}"),
    ({"clean": "{sentinels: {age: [99999]}}"}, "C118", "99999"),
    ({"clean": "{sentinels: {age: [1.5]}}"}, "C118", "1.5"),
    ({"clean": "{fill: {ok: 1}}"}, "C118", "1}}"),
    ({"clean": "{fill: {score: true}}"}, "C118", "true}}"),
    ({"clean": "{fill: {born: 2026-13-01}}"}, "C118", "2026-13-01"),
    ({"gates": "{smd: {warn: 0.3, fail: 0.2}}"}, "C120", "0.3"),
]


@pytest.mark.parametrize(("changes", "rule", "place"), CASES)
def test_a_contradiction_is_refused_at_its_place(
    tmp_path: Path, changes: dict[str, str], rule: str, place: str
) -> None:
    text = text_with(**changes)
    before = text[: text.rindex(place)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert refused(tmp_path, text) == [(rule, line, column)]


@pytest.mark.parametrize(
    "name", ["_age", "PS_HAT", "weight", "row_id", "AGE", "order by", "a;b", "$x", "x--y", "x@time", "x@@y"]
)
def test_reserved_and_clashing_names_are_refused(tmp_path: Path, name: str) -> None:
    text = text_with(types=BASE["types"].replace("ok: bool", f"{name}: bool"))
    before = text[: text.index(f"{name}: bool")]
    assert refused(tmp_path, text) == [("C116", 6, len(before) - before.rfind("\n"))]


@pytest.mark.parametrize("name", ["recall@10", "price @ noon"])
def test_an_at_sign_that_no_macro_follows_is_part_of_a_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text_with(types=BASE["types"].replace("ok: bool", f"{name}: bool")))
    assert name in load(path).types


@pytest.mark.parametrize("name", ["select", "order"])
def test_a_word_of_sql_names_no_data_set(tmp_path: Path, name: str) -> None:
    assert [rule for rule, _, _ in refused(tmp_path, text_with(name=name))] == ["C116"]


def test_available_at_needs_a_time(tmp_path: Path) -> None:
    text = text_with(columns="{age: {available_at: born}}").replace("time_col: seen\n", "")
    assert [rule for rule, _, _ in refused(tmp_path, text)] == ["C106"]


GOOD = [
    {"constraints": "{rules: [{id: a, sql: \"age >= 18 or gender in ('M', 'F')\"}, {id: b, sql: ok}]}"},
    {"constraints": "{rules: [{id: a, sql: 'case when ok then score > 0 else true end'}, {id: b, sql: ok}]}"},
    {"constraints": "{ranges: {age: [null, 110], score: [0, null], treated: [0, 1]}}"},
    {"constraints": "{patterns: {code: '[A-Z]{2}[0-9]+'}}"},
    {"clean": "{sentinels: {born: [1900-01-01], seen: ['1900-01-01 00:00:00'], score: [-9, -9.5]}, fill: {ok: true}}"},
    {"columns": "{age: {available_at: born}}", "source": "{timezone: Asia/Tokyo, datetime_format: {born: '%Y%m%d'}}"},
    {
        "segment_cols": "[gender, ok]",
        "propensity": "{squares: [age, score], interactions: [[age, gender], [age, score]]}",
    },
    {"propensity": "{learner: gradient_boosting, folds: 2, squares: [], method: auto}"},
    {"gates": "{smd: {warn: 0.1, fail: 0.1}}"},
    {"gates": "{smd: {fail: 0.05}}"},
    {"leakage_forbidden_cols": "[future_*, 'a[g]e', ages]"},
]


@pytest.mark.parametrize("changes", GOOD)
def test_what_agrees_with_itself_loads(tmp_path: Path, changes: dict[str, str]) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text_with(**changes))
    assert load(path).key == ("customer", "seen")


def test_an_index_is_on_published_columns(tmp_path: Path) -> None:
    text = text_with(publish="{indexes: [[customer, seen], [agee]]}")
    assert [rule for rule, _, _ in refused(tmp_path, text)] == ["C109"]


def test_an_interaction_that_is_no_covariate_has_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text_with(propensity="{interactions: [[age, gendr]]}"))
    with pytest.raises(ContractError, match="`gendr` interacts but is no covariate") as refusal:
        load(path)
    assert refusal.value.problems[0].help == "did you mean `gender`?"


@pytest.mark.parametrize("pair", ["[age]", "[age, gender, score]", "age", "[]"])
def test_an_interaction_is_of_two(tmp_path: Path, pair: str) -> None:
    text = text_with(propensity=f"{{interactions: [{pair}]}}")
    assert [rule for rule, _, _ in refused(tmp_path, text)] in (["C106"], ["C107"])


def test_the_words_that_are_written_down_are_those_of_the_dialect() -> None:
    assert RESERVED_WORDS == DuckDB.Generator.RESERVED_KEYWORDS
    assert {word.casefold() for word in DuckDB.Tokenizer.KEYWORDS if " " in word} == CLAUSES


@pytest.mark.parametrize(
    "schema", ["ciq", "publish", "publish__dev", "sqlmesh__publish", "pg_mine", "information_schema"]
)
def test_faces_stay_out_of_schemas_that_are_not_for_consumers(tmp_path: Path, schema: str) -> None:
    assert [rule for rule, _, _ in refused(tmp_path, text_with(publish=f"{{schema: {schema}}}"))] == ["C164"]


@pytest.mark.parametrize("schema", ["api", "ciq_study", "publisher", "pgx"])
def test_faces_may_have_a_schema_of_their_own(tmp_path: Path, schema: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text_with(publish=f"{{schema: {schema}}}"))
    assert load(path).publish.schema == schema
