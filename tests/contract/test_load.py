"""The strict loader: what loads, and how every fault is named at its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ciq.contract import load, load_all
from ciq.errors import ContractError, Problem
from ciq.rules import RULES

SEED = """\
id_col: customer_id
time_col: event_time
treatment_col: treated
outcome_col: y
covariate_cols: [age, gender, rfm_score, prior_7d_spend, web_session_cnt]
types: {customer_id: int64, event_time: datetime, treated: int8, y: float64, age: int16, gender: category,
        rfm_score: float32, prior_7d_spend: float32, web_session_cnt: int16}
constraints:
  not_null: [customer_id, event_time, treated]
  categories: {gender: [M, F, U]}
  ranges: {age: [0, 110], rfm_score: [0.0, 1000.0], prior_7d_spend: [0.0, 1.0e6], web_session_cnt: [0, 10000]}
leakage_forbidden_cols: [future_*, "*_post"]
"""

FULL = """\
contract: 1
name: customers
version: 1.0
owner: growth
description: Customers in the October campaign
source: {files: "events_*.csv", mode: replace, encoding: utf-8, delimiter: ",", sheet: null,
         null_values: ["", NO], timezone: Asia/Tokyo, non_finite: refuse,
         datetime_format: {event_time: "%Y-%m-%d %H:%M:%S"},
         limits: {max_bytes: 5GB, max_decompressed: 20 GB, max_ratio: 200, max_rows: 50_000_000, max_line: 64KiB}}
segment_cols: [gender]
estimand: ATO
columns: {age: {description: "...", unit: years}, prior_7d_spend: {available_at: event_time}}
clean: {sentinels: {age: [-1]}, upper: [gender], fill: {prior_7d_spend: 0}, unknown_category: {gender: U},
        deduplicate: {by: [customer_id, event_time], keep: last}}
on_violation: fail
tolerance: {default: 0}
extra_columns: forbid
propensity: {learner: logistic, squares: [age], interactions: [], collinear: refuse}
balance: {on: weighted, squares: false, interactions: false}
gates: {overlap_share: 0.6, tail_mass: 0.05, smd: {warn: 0.1, fail: 0.1, small_sample_fail: 0.25},
        equipoise: {warn: 0.2}, min_level_rows: 20}
report: {language: en}
""" + SEED.replace(
    "constraints:\n",
    """\
constraints:
  unique: [[customer_id, event_time]]
  patterns: {}
  rules: [{id: spend_needs_session, sql: "web_session_cnt > 0 or prior_7d_spend = 0", severity: warn}]
""",
)


def written(folder: Path, text: str, name: str = "customers.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(ContractError) as refusal:
        load(written(folder, text))
    assert refusal.value.exit_code == 2
    assert all(problem.rule in RULES for problem in refusal.value.problems)
    return refusal.value.problems


def sole(folder: Path, text: str) -> Problem:
    found = problems(folder, text)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def at(text: str, fragment: str) -> tuple[int, int]:
    """The 1-based place of the first ``fragment`` in ``text``."""
    before = text[: text.index(fragment)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_the_original_form_loads_unchanged(tmp_path: Path) -> None:
    contract = load(written(tmp_path, SEED))
    assert (contract.name, contract.contract, contract.estimand) == ("customers", 1, "ATE")
    assert contract.covariate_cols == ("age", "gender", "rfm_score", "prior_7d_spend", "web_session_cnt")
    assert contract.constraints.ranges["prior_7d_spend"] == (0.0, 1_000_000.0)
    assert contract.leakage_forbidden_cols == ("future_*", "*_post")
    assert contract.key == ("customer_id", "event_time")


def test_the_full_form_loads(tmp_path: Path) -> None:
    contract = load(written(tmp_path, FULL))
    assert contract.version == "1.0"
    assert contract.source.null_values == ("", "NO")
    limits = contract.source.limits
    assert (limits.max_bytes, limits.max_decompressed, limits.max_line) == (5 * 10**9, 20 * 10**9, 65_536)
    assert limits.max_rows == 50_000_000
    assert contract.clean.sentinels == {"age": (-1,)}


def test_texts_are_taken_as_written(tmp_path: Path) -> None:
    text = SEED.replace("[M, F, U]", "[NO, YES, 01, 1, null, 1.50, true]")
    text += "clean: {unknown_category: {gender: NO}, sentinels: {gender: [0]}, fill: {gender: 01}}\n"
    contract = load(written(tmp_path, text))
    assert contract.constraints.categories["gender"] == ("NO", "YES", "01", "1", "null", "1.50", "true")
    assert contract.clean.unknown_category == {"gender": "NO"}
    assert contract.clean.sentinels == {"gender": ("0",)}
    assert contract.clean.fill == {"gender": "01"}


@pytest.mark.parametrize(
    ("said", "meant"), [("UTF8", "utf-8"), ("Windows-1252", "cp1252"), ("SJIS", "shift_jis"), ("latin-1", "iso8859-1")]
)
def test_an_encoding_goes_by_any_of_its_names(tmp_path: Path, said: str, meant: str) -> None:
    assert load(written(tmp_path, SEED + f"source: {{encoding: {said}}}\n")).source.encoding == meant


def test_an_encoding_that_is_not_read(tmp_path: Path) -> None:
    for name in ("utf-7", "base64", "ebcdic"):
        problem = sole(tmp_path, SEED + f"source: {{encoding: {name}}}\n")
        assert problem.rule == "C107" and "cp932" in problem.message


FAULTS = [
    ("treatment_col", "treatmant_col", "C105", "treatmant_col", "treatment_col"),
    ("int16, gender", "itn16, gender", "C107", "itn16", "int16"),
    ("y: float64", "y: flaot64", "C107", "flaot64", "float64"),
    ("outcome_col: y", "outcome_col: y\nestimand: ATTT", "C107", "ATTT", "ATT"),
    ("treated]", "treatd]", "C109", "treatd]", "treated"),
    ("{age: [0, 110]", "{aeg: [0, 110]", "C109", "aeg", "age"),
    ("outcome_col: y", "outcome_col: y\nsource: {timezone: Asia/Tokio}", "C119", "Asia/Tokio", "Asia/Tokyo"),
]


@pytest.mark.parametrize(("good", "bad", "rule", "place", "near"), FAULTS)
def test_a_slip_is_named_at_its_place_with_the_nearest_name(
    tmp_path: Path, good: str, bad: str, rule: str, place: str, near: str
) -> None:
    text = SEED.replace(good, bad, 1)
    found = next(problem for problem in problems(tmp_path, text) if problem.rule == rule)
    assert (found.line, found.column) == at(text, place)
    assert found.help == f"did you mean `{near}`?"
    assert found.path == tmp_path / "customers.yaml"


WRONG_VALUES = [
    ("[0, 110]", '["5", 110]', '"5"', "takes a number, found the text '5'"),
    ("[0, 110]", "[true, 110]", "true", "takes a number, found true"),
    ("[0, 110]", "[.inf, 110]", ".inf", "takes a finite number"),
    ("[0, 110]", "[0]", "[0]", "takes two values"),
    ("[0, 110]", "[0, 1, 2]", "[0, 1, 2]", "at most 2"),
    ("[0, 110]", "none", "none", "takes a list, found the text 'none'"),
    ("outcome_col: y", "outcome_col: [y]", "[y]", "takes text, found a list of 1"),
    ("outcome_col: y", "outcome_col: y\ngates: {min_level_rows: 1.5}", "1.5", "takes a whole number, found 1.5"),
    ("outcome_col: y", "outcome_col: y\ngates: {overlap_share: 2}", "2}", "at most 1"),
    ("outcome_col: y", "outcome_col: y\ncontract: 2", "2\n", "takes 1, found 2"),
    ("outcome_col: y", "outcome_col: y\nclean: []", "[]", "takes a mapping, found a list"),
    ("outcome_col: y", "outcome_col: y\nsource: {limits: {max_bytes: '5'}}", "'5'", "a size such as 5GB"),
    ("outcome_col: y", "outcome_col: y\nname: Big", "Big", "of 1 to 33 lower-case"),
    ("outcome_col: y", f"outcome_col: y\nname: {'n' * 34}", "n" * 34, "of 1 to 33 lower-case"),
    ("outcome_col: y", "outcome_col: y\npublish: {table: Big}", "Big", "of 1 to 50 lower-case"),
]


@pytest.mark.parametrize(("good", "bad", "place", "said"), WRONG_VALUES)
def test_a_wrong_value_is_refused_with_what_was_expected(
    tmp_path: Path, good: str, bad: str, place: str, said: str
) -> None:
    text = SEED.replace(good, bad, 1)
    problem = sole(tmp_path, text)
    assert problem.rule == "C107"
    assert said in problem.message
    assert (problem.line, problem.column) == at(text, place)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    problem = sole(tmp_path, SEED.replace("treatment_col: treated\n", ""))
    assert (problem.rule, problem.line) == ("C106", 1)
    assert "`treatment_col`" in problem.message


def test_faults_of_form_and_of_sense_are_reported_together_in_file_order(tmp_path: Path) -> None:
    text = SEED.replace("outcome_col: y", "outcome_col: yy").replace("[0, 110]", '["5", 110]').replace("M, F", "M, M")
    found = problems(tmp_path, "wrong: 1\n" + text)
    assert [problem.rule for problem in found] == ["C105", "C109", "C113", "C107"]
    assert [problem.line for problem in found] == sorted(problem.line or 0 for problem in found)


def test_several_faults_within_one_mapping_end(tmp_path: Path) -> None:
    text = SEED + "clean: {deduplicate: {by: [customer_id, {event_time: 1}], keep: lats}, upper: [ghost]}\n"
    assert [problem.rule for problem in problems(tmp_path, text)] == ["C107", "C107", "C109"]


BROKEN = [
    ("a: b: c", "C102", (1, 5)),
    ("a: 1\n  b: 2", "C102", (2, 4)),
    ("", "C102", (1, 1)),
    ("- a", "C102", (1, 1)),
    ("a: 1\n---\nb: 2", "C102", (2, 1)),
    ("[a]: 1", "C102", (1, 1)),
    ("a: " + "[" * 5000, "C102", (1, 35)),
    ("a: &x [1]\nb: *x", "C104", (1, 4)),
    ("<<: {a: 1}", "C104", (1, 1)),
    ("a: !!python/object:os.system {}", "C104", (1, 4)),
]


@pytest.mark.parametrize(("text", "rule", "place"), BROKEN)
def test_what_is_not_plain_yaml_is_refused_at_its_place(
    tmp_path: Path, text: str, rule: str, place: tuple[int, int]
) -> None:
    first = problems(tmp_path, text)[0]
    assert (first.rule, (first.line, first.column)) == (rule, place)


def test_a_key_given_twice_is_refused_at_the_second(tmp_path: Path) -> None:
    problem = sole(tmp_path, SEED + "outcome_col: age\n")
    assert (problem.rule, problem.line, problem.column) == ("C103", SEED.count("\n") + 1, 1)
    assert "first on line 4" in problem.message


def test_files_that_are_no_contracts(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(SEED.encode() + b"owner: J\xf6rg\n")
    (tmp_path / "large.yaml").write_text(SEED + "# " + "x" * 1_000_000)
    for name, said in (("latin", "not UTF-8"), ("large", "larger than"), ("absent", "no such file")):
        with pytest.raises(ContractError, match=said) as refusal:
            load(tmp_path / f"{name}.yaml")
        assert refusal.value.problems[0].rule == "C101"
    with pytest.raises(ContractError, match="not a file"):
        load(tmp_path)


def test_a_file_name_that_can_not_be_the_data_set_name(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as refusal:
        load(written(tmp_path, SEED, "My-Data.yaml"))
    assert "add `name`" in str(refusal.value)
    assert load(written(tmp_path, SEED + "name: my_data\n", "My-Data.yaml")).name == "my_data"


def test_a_folder_gives_its_contracts_by_name_and_all_of_their_problems(tmp_path: Path) -> None:
    written(tmp_path, SEED, "a.yaml")
    written(tmp_path, SEED, "b.yaml")
    assert list(load_all(tmp_path)) == ["a", "b"]
    written(tmp_path, SEED + "name: a\n", "c.yaml")
    written(tmp_path, "x: 1", "d.yaml")
    with pytest.raises(ContractError) as refusal:
        load_all(tmp_path)
    rules = {(problem.path.name, problem.rule) for problem in refusal.value.problems if problem.path}
    assert {("c.yaml", "C121"), ("d.yaml", "C105"), ("d.yaml", "C106")} <= rules


def test_the_contract_package_loads_without_the_heavy_ones(tmp_path: Path) -> None:
    code = (
        "import sys; from ciq.contract import load; load(sys.argv[1]);"
        "print(sorted({'pandas', 'sqlmesh', 'duckdb', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-c", code, str(written(tmp_path, SEED))], cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
