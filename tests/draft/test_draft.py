"""A drafted contract loads, accepts the very file it was drafted from, and says what the file says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from drafted_files import drafted, write
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from soaking import campaign, examples

from ciq.contract import load
from ciq.draft import Roles, draft, profile
from ciq.errors import CiqError, DataRefused, LimitExceeded, UsageError
from ciq.ingest import check, engine

ROOT = Path(__file__).parents[2]
INTEGERS = st.integers(-(2**66), 2**66) | st.integers(-200, 200)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(repr)
WORDS = st.sampled_from(
    ["a", "B c", "NA", "null", "true", "yes", "~", "1e3", "007", "7.0", "-0", "+5", "0x1", ".", "é,", '"', "#1", "- x"]
)
TIMES = st.datetimes().map(str) | st.dates().map(str) | st.datetimes().map(lambda time: f"{time}+02:00")
TEXTS = st.text(st.characters(exclude_characters="\0\r\n\ufffd", codec="utf-8"), max_size=8).map(str.strip)
CELLS: tuple[st.SearchStrategy[str], ...] = (
    INTEGERS.map(str),
    FLOATS,
    WORDS,
    TIMES,
    TEXTS,
    st.sampled_from(["true", "False"]),
    st.sampled_from(["1", "2", "", "NA"]),
    st.dates(date(1900, 1, 1)).map(str),
    st.dates(date(1900, 1, 1)).map("{:%Y/%m/%d}".format),
    st.sampled_from("abc"),
)
NAMES = st.sampled_from(
    ["id", "t", "x", "Age", "age", "a b", "null", "select", "_row", "ps_hat", "y", "é", "1", "#", "a:b", "'q'"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header, a treatment column with both arms, and columns each mostly of one kind with some of another."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    count = draw(st.integers(2, 12))
    columns = [["treated", *(str(at % 2) for at in range(count))]]
    for name in names:
        cells, others = draw(st.sampled_from(CELLS)), draw(st.sampled_from(CELLS))
        some = draw(st.lists(cells, min_size=1, max_size=count))
        stray = draw(st.lists(others, max_size=1))
        columns.append([name, *draw(st.lists(st.sampled_from(some + stray), min_size=count, max_size=count))])
    return [list(row) for row in zip(*draw(st.permutations(columns)), strict=True)]


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=tables())
def test_any_table_is_accepted_by_its_draft(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    file = write(tmp_path_factory.mktemp("table"), rows)
    try:
        contract = drafted(file)
    except DataRefused as refused:
        assume(refused.problems[0].rule not in ("E433", "F112", "F113"))  # no covariate is left, or csv's own quoting
        raise
    verdict = check(file, contract)
    assert verdict.problems == ()
    assert verdict.rows == len(rows) - 1


@pytest.mark.parametrize("name", ["nhefs", "nsw_rct", "customers"])
def test_the_data_that_ship(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.csv"
    file.symlink_to(ROOT / "data" / "raw" / f"{name}.csv")
    contract, ours = drafted(file), load(ROOT / "contracts" / f"{name}.yaml")
    assert check(file, contract).ok
    assert (contract.name, set(contract.types)) == (name, set(ours.types))
    assert (contract.treatment_col, contract.outcome_col) == (ours.treatment_col, ours.outcome_col)


def test_what_a_draft_says(tmp_path: Path) -> None:
    head = ["unit_id", "seen", "treated", "age", "zip", "plan", "spend", "note", "big", "when"]
    rows = [
        [str(at), f"2026-10-{at + 1:02d}", str(at % 2), "NA" if at == 3 else "20", f"0{at}123", "fp"[at % 2]]
        for at in range(9)
    ]
    for at, row in enumerate(rows):
        row += [f"{at}.5", f"text {at}", str(2**53 + 1 + at), f"2026-10-01 0{at}:00:00Z"]
    file = write(tmp_path, [head, *rows])
    text = draft(file)
    contract = drafted(file)
    assert contract.types == {
        "unit_id": "int8",
        "seen": "date",
        "treated": "int8",
        "age": "int8",
        "zip": "string",
        "plan": "category",
        "spend": "float32",
        "note": "string",
        "big": "int64",
        "when": "datetime",
    }
    assert (contract.id_col, contract.time_col, contract.treatment_col) == ("unit_id", "seen", "treated")
    assert contract.source.null_values == ("", "NA")
    assert contract.constraints.categories == {"plan": ("f", "p")}
    assert contract.constraints.ranges["spend"] == (0.5, 8.5)
    assert "age" not in contract.constraints.not_null
    assert {"unit_id", "plan", "spend"} <= set(contract.constraints.not_null)
    assert {"treated", "id_col", "age"}.isdisjoint(contract.covariate_cols) or "age" in contract.covariate_cols
    assert text.count("GUESS") >= 7
    assert check(file, contract).ok


def test_a_change_after_the_first_rows_is_seen(tmp_path: Path) -> None:
    rows = [[str(at), str(at % 2), str(at % 5), "ab"[at % 2], str(at % 3)] for at in range(20_100)]
    rows[20_050][2:] = ["2.5", "c", "missing"]
    file = write(tmp_path, [["id", "treated", "x", "level", "odd"], *rows])
    contract = drafted(file)
    assert (contract.types["x"], contract.types["odd"]) == ("float32", "category")
    assert contract.constraints.categories == {"level": ("a", "b", "c"), "odd": ("0", "1", "2", "missing")}
    assert check(file, contract).ok


def test_what_the_first_rows_decide_and_what_they_don_t(tmp_path: Path) -> None:
    """One float that float32 can't hold decides, wherever it stands; so does one time of another form."""
    first, last = ["0", "0.5", "0.1", "2026-01-01 10:00:00", "2026-01-01 10:00:00Z", "0.5"], 3_000
    rows = [["treated", "late", "early", "naive", "placed", "narrow"], *([*first] for _ in range(last))]
    rows[1][0], rows[last][1], rows[last][2] = "1", "0.1", "0.5"
    rows[last][3], rows[last][4] = "2026-01-02 10:00:00Z", "2026-01-02 10:00:00"
    contract = drafted(write(tmp_path, rows))
    assert contract.types == {
        "treated": "int8",
        "late": "float64",
        "early": "float64",
        "naive": "category",
        "placed": "category",
        "narrow": "float32",
    }


def test_parts_that_were_asked_for_are_no_guesses(tmp_path: Path) -> None:
    file = write(tmp_path, [["a", "b", "c", "d"], *([str(at), str(at % 2), str(at % 2), f"{at}.5"] for at in range(8))])
    asked = Roles(id="a", treatment="c", outcome="d", covariates=("b",))
    contract = drafted(file, asked)
    assert (contract.id_col, contract.treatment_col, contract.outcome_col) == ("a", "c", "d")
    assert contract.covariate_cols == ("b",)
    assert "GUESS" not in "".join(line for line in draft(file, asked).splitlines() if "_col" in line)


@pytest.mark.parametrize(
    "asked",
    [
        Roles(id="b"),
        Roles(id="e"),
        Roles(time="b"),
        Roles(treatment="a"),
        Roles(treatment="e"),
        Roles(outcome="d"),
        Roles(covariates=("f",)),
        Roles(outcome="g"),
        Roles(covariates=("a", "g")),
        Roles(id="nothing"),
    ],
)
def test_a_part_that_a_column_can_t_play(tmp_path: Path, asked: Roles) -> None:
    rows = [
        [str(at), str(at % 2), f"{at}.5", "xyz"[at % 3] + "w", str(at % 2) if at else "", "2026-01-01", f"-{at}e160"]
        for at in range(8)
    ]
    file = write(tmp_path, [["a", "b", "c", "d", "e", "f", "g"], *rows])
    assert "g" not in drafted(file).covariate_cols
    with pytest.raises(UsageError) as refused:
        draft(file, asked)
    assert [problem.rule for problem in refused.value.problems] == ["E431"]


def test_a_column_that_is_called_like_none_of_the_file_brings_a_list_of_these(tmp_path: Path) -> None:
    file = write(tmp_path, [["coupon", "sales"], *([str(at % 2), str(at)] for at in range(8))])
    with pytest.raises(UsageError) as refused:
        draft(file, Roles(treatment="zzzzzz"))
    (problem,) = refused.value.problems
    assert (problem.path, problem.help) == (file, "it has coupon, sales")


def test_an_identity_with_several_rows_is_known_with_its_time(tmp_path: Path) -> None:
    rows = [[str(at // 2), f"2026-01-0{at % 2 + 1}", str(at % 2), str(at)] for at in range(8)]
    file = write(tmp_path, [["id", "day", "treated", "x"], *rows])
    contract = drafted(file, Roles(id="id"))
    assert contract.key == ("id", "day")
    assert check(file, contract).ok


def test_an_identity_of_texts_beside_words_for_missing_values(tmp_path: Path) -> None:
    """NA is no identity where it stands for a missing number elsewhere: Namibia's code has to be told from none."""
    head = ["code", "treated", "x", "n"]
    table = [[f"c{at}", str(at % 2), str(at * 7 % 11), "NA" if at == 3 else str(at)] for at in range(60)]
    file = write(tmp_path, [head, *table])
    assert drafted(file).id_col == "code" and drafted(file, Roles(id="code")).constraints.not_null[0] == "code"
    table[7][0] = "NA"
    file = write(tmp_path, [head, *table])
    contract = drafted(file)
    assert (contract.id_col, contract.types["code"]) == (None, "string") and check(file, contract).ok
    with pytest.raises(UsageError, match="never missing"):
        draft(file, Roles(id="code"))


@pytest.mark.parametrize(
    ("late", "json_type", "type_"), [("0.1", float, "float64"), ("7", int, "int8"), ("7", str, "category")]
)
def test_a_column_that_is_empty_at_first_is_what_its_later_cells_are(
    tmp_path: Path, late: str, json_type: Callable[[str], object], type_: str
) -> None:
    lines = [{"treated": at % 2, "x": at, "late": None if at < 2_500 else json_type(late)} for at in range(2_600)]
    file = tmp_path / "d.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    contract = drafted(file)
    assert contract.types["late"] == type_ and check(file, contract).ok
    file = write(
        tmp_path,
        [["treated", "x", "late"], *([str(at % 2), str(at), "NA" if at < 2_500 else late] for at in range(2_600))],
    )
    contract = drafted(file)
    assert contract.types["late"] == ("int8" if json_type is str else type_) and check(file, contract).ok


def test_an_identity_that_later_rows_show_to_be_text(tmp_path: Path) -> None:
    table = [[str(at) if at < 2_500 else f"c{at}", str(at % 2), str(at * 7 % 11)] for at in range(2_600)]
    file = write(tmp_path, [["code", "treated", "x"], *table])
    assert drafted(file).id_col == drafted(file, Roles(id="code")).id_col == "code"
    assert check(file, drafted(file)).ok


def test_without_a_treatment_there_is_no_draft(tmp_path: Path) -> None:
    file = write(tmp_path, [["a", "b"], ["1", "5"], ["2", "6"]])
    with pytest.raises(DataRefused) as refused:
        draft(file)
    assert [problem.rule for problem in refused.value.problems] == ["E433"]


def test_without_a_covariate_the_draft_says_what_is_left(tmp_path: Path) -> None:
    file = write(tmp_path, [["id", "treated", "y"], *([str(at), str(at % 2), f"{at},5"] for at in range(60))])
    with pytest.raises(DataRefused, match=r"E433 no column is left as a covariate\n.* left are y \(texts\)$"):
        draft(file)


def test_levels_that_yaml_can_t_hold_are_no_levels(tmp_path: Path) -> None:
    path = tmp_path / "nul.parquet"
    parquet.write_table(pa.table({"treated": [0, 1] * 10, "x": range(20), "g": ["a\0b", "c"] * 10}), path)
    contract = drafted(path)
    assert contract.types["g"] == "string" and check(path, contract).ok


def test_what_dumps_of_databases_write_for_null_is_no_text(tmp_path: Path) -> None:
    rows = [["treated", "x", "plan", "note"], *([str(at % 2), str(at), "ab"[at % 2], f"n{at}"] for at in range(80))]
    for at in (1, 2, 3):
        rows[20][at] = "\\N"
    contract = drafted(write(tmp_path, rows))
    assert contract.source.null_values == ("", "\\N")
    assert contract.types == {"treated": "int8", "x": "int8", "plan": "category", "note": "string"}
    assert contract.constraints.not_null == ("treated",)
    assert contract.constraints.categories == {"plan": ("a", "b")}


@pytest.mark.parametrize("name", ["d", "2026 export", "select", "Größe", "a" * 60, "x[1]*"])
def test_the_name_of_any_file_gives_a_data_set(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, [["id", "treated", "x"], ["1", "0", "5"], ["2", "1", "6"]], f"{name}.csv")
    assert check(file, drafted(file)).ok


def test_a_file_that_is_refused_has_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_bytes(b"id,treated,x\n1,0\n")
    with pytest.raises(CiqError) as refused:
        draft(file)
    assert refused.value.problems[0].rule == "F112"


def test_a_wide_file_is_measured_some_columns_at_a_time(tmp_path: Path) -> None:
    columns = campaign(102, 300)
    names = ["key", "treated", *(f"x{at}" for at in range(columns))]
    rows = [[f"k{unit}", str(unit % 2), *(str(100 * at + unit) for at in range(columns))] for unit in range(30)]
    contract = drafted(write(tmp_path, [names, *rows]))
    assert columns > profile.AT_ONCE
    assert (contract.id_col, contract.treatment_col) == ("key", "treated")
    ranges = contract.constraints.ranges
    assert {name: ranges[name] for name in names[2:]} == {f"x{at}": (100 * at, 100 * at + 29) for at in range(columns)}
    assert check(tmp_path / "d.csv", contract).ok


def test_an_engine_without_memory_says_nothing_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MEMORY", "1MB")
    path = write(tmp_path, [["id", "t"], *([str(unit), str(unit % 2)] for unit in range(100_000))])
    with pytest.raises(LimitExceeded) as refused:
        draft(path)
    assert [problem.rule for problem in refused.value.problems] == ["F127"]
