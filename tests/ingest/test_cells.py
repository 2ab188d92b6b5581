"""Each cell rule with its line, its raw value and its counts; and what casts take and refuse."""

from __future__ import annotations

import pytest
from small_project import GOOD

from ciq.contract.model import Clean, Deduplicate, Rule
from ciq.errors import ContractError, DataRefused, LimitExceeded
from ciq.ingest import check, ingest
from ciq.rules import RULES

H = b"id,treated,x,g\n"


def said(path, contract):
    return [(problem.rule, problem.line) for problem in check(path, contract).problems]


@pytest.mark.parametrize(
    ("row", "rule", "fields"),
    [
        (b"x7,0,1,a", "I203", {}),
        (b",0,1,a", "I201", {}),
        (b"7,,1,a", "I201", {}),
        (b"7,2,1,a", "I206", {}),
        (b"7,0,-0.5,a", "I202", {"ranges": {"x": (0, 9)}}),
        (b"7,0,9.5,a", "I202", {"ranges": {"x": (None, 9)}}),
        (b"7,0,-1e160,a", "I214", {}),
        (b"7,0,1,A", "I204", {"categories": {"g": ("a", "b")}}),
        (b"7,0,1,a ", "I204", {"categories": {"g": ("a", "b")}}),
        (b"7,0,1,ab", "I205", {"patterns": {"g": "[ab]"}}),
        (b"2,0,1,a", "I207", {}),
        (b"7,0,1.5,a", "I207", {"unique": (("x", "g"),)}),
        (b"7,0,8,a", "I208", {"rules": (Rule(id="small", sql="x < 5 or g = 'b'"),)}),
    ],
)
def test_each_rule_names_line_and_lands_nothing(row, rule, fields, project, make):
    contract = make(constraints=fields)
    path = project.put(GOOD)
    ingest(project.root, {"d": contract}, "d")
    before = project.staged()
    project.put(GOOD + row + b"\n")
    assert said(path, contract) == [(rule, 5)]
    assert rule in RULES
    with pytest.raises(DataRefused):
        ingest(project.root, {"d": contract}, "d")
    assert project.staged() == before


def test_everything_at_once_with_counts(project, make):
    contract = make(constraints={"ranges": {"x": (0, 9)}, "categories": {"g": ("a",)}})
    rows = b"".join(b"%d,0,99,b\n" % at for at in range(1000)) + b"q,7,nan,a\n"
    problems = check(project.put(H + rows), contract).problems
    assert {problem.rule for problem in problems} == {"I202", "I203", "I204", "I206"}
    assert len(problems) <= 20
    assert problems[0].message == "id 'q' can't be cast: expected a whole number that int64 can hold"
    assert any("x '99' is out of range: expected 0 .. 9 (1000 rows in all)" in problem.message for problem in problems)


def test_long_values_are_cut(project, make):
    (problem,) = check(project.put(H + b"1,0," + b"9" * 500 + b"x,a\n"), make()).problems
    assert len(problem.message) < 160


def test_a_repeat_names_both_lines(project, make):
    path = project.put(H + b'1,0,1,"a\n\n"\n2,0,1,a\n\n1,1,2,b\n')
    (problem,) = check(path, make()).problems
    assert (problem.rule, problem.line) == ("I207", 7)
    assert problem.message == "id '1' repeats: first on line 2"


def test_the_first_of_each_kind_says_how_it_is_mended(project, make):
    path = project.put(H + b"1,0,x,a\n2,0,y,a\n3,2,1,a\n3,0,1,a\n")
    told = [(problem.rule, problem.help) for problem in check(path, make()).problems]
    mends = {rule: RULES[rule].mend for rule in ("I203", "I206", "I207")}
    assert sorted(told, key=str) == sorted([("I203", mends["I203"]), ("I203", None), *list(mends.items())[1:]], key=str)


def test_repeats_across_files_name_both(project, make):
    project.put(GOOD, "d_1.csv")
    project.put(H + b"9,0,1,a\n3,0,1,a\n", "d_2.csv")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make()}, "d")
    (problem,) = refused.value.problems
    assert (str(problem.path), problem.line) == ("data/raw/d_2.csv", 3)
    assert problem.message == "id '3' repeats: first on line 4 of d_1.csv"


def test_a_key_that_deduplicates_may_repeat_and_no_other(project, make):
    clean = Clean(deduplicate=Deduplicate(by=("id",)))
    path = project.put(H + b"1,0,1,a\n1,0,2,a\n2,0,1,b\n")
    assert check(path, make(clean=clean)).ok
    assert check(path, make(clean=clean, constraints={"unique": (("x",),)})).ok
    (problem,) = check(path, make(clean=clean, constraints={"unique": (("treated",),)})).problems
    assert problem.rule == "I207"


def test_keys_repeat_by_their_mended_value(project, make):
    path = project.put(H + b"1,0,1,a\n2,0,2,A\n")
    clean = Clean(upper=("g",))
    assert check(path, make(constraints={"unique": (("g",),)})).ok
    assert said(path, make(clean=clean, constraints={"unique": (("g",),)})) == [("I207", 3)]


def test_a_rule_that_warns_only_counts(project, make):
    rule = Rule(id="small", sql="x < 2", severity="warn")
    result = check(project.put(GOOD), make(constraints={"rules": (rule,)}))
    assert result.ok and result.warnings == {"small": 1} and result.rows == 3


def test_a_rule_that_fails_on_values_is_the_contracts_fault(project, make):
    rules = (Rule(id="sound", sql="x < 100"), Rule(id="cast", sql="cast(g as integer) > 0"))
    with pytest.raises(ContractError, match=r"C117 rule 'cast' can't be evaluated: Conversion Error: .*\n.* try\("):
        check(project.put(GOOD), make(constraints={"rules": rules}))
    guarded = Rule(id="cast", sql="try(cast(g as integer)) > 0")
    assert check(project.put(GOOD), make(constraints={"rules": (guarded,)})).ok


@pytest.mark.parametrize("quote", ['"', ""])
@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("int64", ["42.0", "+5", "-0", "007", "9223372036854775807", "-9223372036854775808"],
         ["2.6", "1e3", "1_000", " 5", "5 ", "0x1F", "0b1", "1.", "\uff19", "9223372036854775808", "--1", "42.01"]),
        ("int8", ["127", "-128", "127.0"], ["128", "-129", "127.5", "1e2"]),
        ("float64", ["1.5", "1e3", "-.5", "5.", "+1E-5", "1.7976931348623157e308", "0",
                     "9007199254740992", "-9007199254740994"],
         ["nan", "NaN", "inf", "-Infinity", "1e400", "1_0.5", " 1", "1 ", "+-5", "0x10", "1,5", "1d", "e5", ".",
          "9007199254740993", "-9007199254740993", "123456789012345678901234567890"]),
        ("float32", ["3.4e38", "1e-10", "16777216", "123456.789"], ["1e39", "-1e39", "nan", "16777217"]),
        ("bool", ["true", "FALSE", "1", "0", "True"], ["yes", "t", "T", "no", "01", "1.0", " true", "on"]),
        ("date", ["2024-02-29", "1999-12-31"],
         ["2024-02-30", "2024-1-1", "24-01-01", "2024/01/01", "2024-01-01 ", "infinity", "epoch", "0000-01-01",
          "2024-01-01 00:00:00", "20240101"]),
        ("datetime", ["2024-01-01", "2024-01-01T10:00", "2024-01-01 10:00:00.123456", "9999-12-31 23:59:59.999999"],
         ["2024-01-01 24:00:00", "2024-01-01 10:00:60", "2024-01-01 1:2:3", "2024-01-01 10:00:00.1234567",
          "2024-01-01 10:00:00+25:00", "2024-01-01 10:00:00 UTC", "2024-02-30 10:00:00", "infinity", "2024-01-01 10",
          "2024-01-01 10:00:00 JST", "20294-01-01 10:00:00", "20294-01-01 10:00:00.25", "0999-01-01 10:00:00",
          "1000-01-01 (BC) 10:00:00"]),
        ("datetime", ["2024-01-01T10:00:00Z", "2024-01-01 10:00:00+09:00", "2024-01-01T10:00:00-0330"], []),
    ],
)  # fmt: skip
def test_casts(kind, good, bad, quote, project, make):
    bad = [value for value in bad if quote or "," not in value]
    contract = make(types={"id": "int64", "treated": "int8", "x": kind, "g": "category"}, covariate_cols=("g",))
    header, lines = "id,treated,x,g\n", [f"{at},0,{quote}{value}{quote},a\n" for at, value in enumerate([*good, *bad])]
    path = project.put((header + "".join(lines[: len(good)])).encode())
    assert check(path, contract).problems == ()
    for at, value in enumerate(bad, start=len(good)):
        path = project.put((header + lines[at]).encode())
        (problem,) = check(path, contract).problems
        assert (problem.rule, problem.line) == ("I203", 2), value
        assert repr(value) in problem.message


def landed(project, make, **fields):
    manifest = ingest(project.root, {"d": make(**fields)}, "d").manifest
    return [value for (value,) in project.rows(manifest, "x::VARCHAR")]


DATETIME = {"id": "int64", "treated": "int8", "x": "datetime", "g": "category"}


def test_a_declared_format(project, make):
    source = {"datetime_format": {"x": "%d/%m/%Y %H:%M"}, "timezone": "Asia/Tokyo"}
    project.put(H + b"1,0,31/12/2024 10:00,a\n")
    assert landed(project, make, types=DATETIME, source=source) == ["2024-12-31 01:00:00"]
    for bad in (
        b"12/31/2024 10:00",
        b"2024-12-31 10:00",
        b" 31/12/2024 10:00",
        b"31/12/2024 10:00 ",
        b"31/12/202 10:00",
        b"31/12/20244 10:00",
    ):
        (problem,) = check(project.put(H + b'1,0,"%s",a\n' % bad), make(types=DATETIME, source=source)).problems
        assert problem.rule == "I203"


def test_a_date_whose_format_has_a_clock_loses_no_time(project, make):
    contract = make(types={**DATETIME, "x": "date"}, source={"datetime_format": {"x": "%Y/%m/%d %H:%M"}})
    assert check(project.put(H + b"1,0,2024/12/31 00:00,a\n"), contract).ok
    (problem,) = check(project.put(H + b"1,0,2024/12/31 10:00,a\n"), contract).problems
    assert (problem.rule, problem.line) == ("I203", 2)


def test_null_is_an_exact_member_of_null_values(project, make):
    types = {"id": "int64", "treated": "int8", "x": "string", "g": "category"}
    project.put(H + b'1,0,NA,a\n2,0,"NA",a\n3,0,na,a\n4,0, NA,a\n5,0,,a\n6,0,"",a\n7,0,NULL,a\n')
    assert landed(project, make, types=types, source={"null_values": ("NA",)}) == [
        None, None, "na", " NA", "", "", "NULL",
    ]  # fmt: skip
    assert landed(project, make, types=types) == ["NA", "NA", "na", " NA", None, None, "NULL"]
    assert landed(project, make, types=types, source={"null_values": ()})[4:6] == ["", ""]


def test_text_is_kept_byte_for_byte(project, make):
    types = {"id": "int64", "treated": "int8", "x": "string", "g": "category"}
    values = [" a ", "a'b", "\\", '"', '""', "a,b", "\n", "\r\n", "é\u2028x", "\t", "#", "=1+1", "\ufeff", "日本"]
    quoted = ['"' + value.replace('"', '""') + '"' for value in values]
    lines = "".join(f"{at},0,{value},a\n" for at, value in enumerate(quoted))
    project.put(b"\xef\xbb\xbf" + H + lines.encode())
    assert landed(project, make, types=types) == values


def test_a_delimiter_of_ones_own(project, make):
    project.put(b"id;treated;x;g\n1;0;1,5;a\n")
    types = {"id": "int64", "treated": "int8", "x": "string", "g": "category"}
    assert landed(project, make, types=types, source={"delimiter": ";"}) == ["1,5"]
    for bad in ('"', "§", "\n"):
        with pytest.raises((ContractError, LimitExceeded)):
            check(project.raw / "d.csv", make(source={"delimiter": bad}))
