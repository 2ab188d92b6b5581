"""The short way of `check` answers for sound files as the whole way does, and never for others."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
import time

import duckdb
import pytest
from small_project import GOOD
from soaking import campaign
from sqlglot import exp

from ciq.contract.model import Clean, Deduplicate, Rule
from ciq.errors import ContractError, DataRefused
from ciq.ingest import check
from ciq.ingest.engine import connection, rows
from ciq.ingest.formats.delimited import Delimited
from ciq.ingest.reading import open_all, scan_all

glance = importlib.import_module("ciq.ingest.glance")
NUMBERS = (
    "0 -0 +1 007 42 42.0 42.5 42. .5 . + - -- 1e3 1E3 1e-3 1e+3 1e 1e400 -1e400 1e-400 1d 1f 0x1F 0b11 1_000 1,5 1.5.2",
    "nan NaN -nan inf -Infinity infinity true null NULL 1;5 1'000 1% $1 1/2 \u0663 \uff11 127 128 3.5e38",
    "16777215 16777216 16777217 16777219.5 9007199254740991 9007199254740992 9007199254740993 9007199254740993.5",
    "9223372036854775807 9223372036854775808 1.0000000000000000001 0.99999999999999999999",
)
TIMES = (
    "2026-01-02 2026-01-02T03:04:05 2026-01-02T03:04 2026-01-02T03:04:05Z 2026-01-02T24:00:00 2026-02-29 2026-1-2",
    "0001-01-01 12026-01-01 20260102 1767312000 epoch infinity -infinity today 2026-01-02T03:04:05.1234567",
    "2026-01-02T03:04:05+09:00 2026-01-02_03:04:05 2026-01-02_03:04:05.5 2026-01-02_03:04:60 2026-03-08_02:30:00",
)
BLANKS = ["", " 1", "1 ", "1 2", "\t1", "1\x0b", "\x0c1", "\xa01", '"1"', '""', '"1 "', '" "', '"1,5"']
_NUMBERS, _TIMES = " ".join(NUMBERS).split(), [time.replace("_", " ") for time in " ".join(TIMES).split()]
CELLS = {
    "int8": _NUMBERS,
    "int64": _NUMBERS,
    "float32": _NUMBERS,
    "float64": _NUMBERS,
    "date": _TIMES,
    "datetime": _TIMES,
    "bool": ["true", "True", "1", "0", "no", "t", "1.0", "yes"],
    "string": ["a", "NULL", "\xe9"],
}
SAMPLE = ["int64", "float32", "float64"]


def proved_and_cast(con, contract, path):
    """Whether the short way proves a file's only cell of `x`, and whether it can be cast; and both of its values."""
    opened = open_all([path], contract, path.parent)
    (file,) = scan_all(opened, contract, lambda size: None)
    reader, header = opened[0].reader, opened[0].header
    cast = reader.rows(contract, header, file.scan, demanding=False)
    ((value, texts),) = rows(con, exp.select("x", "_raw").from_(cast.subquery("c")))
    proved = reader.proved(contract, header, file.scan)
    try:
        ((short, sound),) = rows(con, exp.select("x", "_sound").from_(proved.subquery("p")))
    except duckdb.Error:
        short, sound = None, False
    return sound, not texts or set(texts) == {None}, short, value


@pytest.mark.parametrize(
    ("kind", "zone"),
    [*((kind, "UTC") for kind in campaign(SAMPLE, list(CELLS))), ("datetime", "America/New_York")],
)
def test_no_cell_is_proved_that_can_t_be_cast(kind, zone, project, make):
    contract = make(source={"timezone": zone}, types={"id": "int64", "treated": "int8", "x": kind, "g": "category"})
    proofs = 0
    with connection(project.root) as con:
        for at, cell in enumerate(CELLS[kind] + BLANKS):
            path = project.put(f"id,treated,x,g\n1,0,{cell},a\n".encode(), f"{at}.csv")
            try:
                sound, cast, short, value = proved_and_cast(con, contract, path)
            except DataRefused:
                continue
            assert cast or not sound, cell
            assert short == value or not sound, cell
            proofs += sound
    assert proofs


def verdicts(path, contract, monkeypatch):
    """What `check` says of a file, and what it says without its short way."""
    said = check(path, contract)
    with monkeypatch.context() as patch:
        patch.setattr(Delimited, "proved", lambda *_: None)
        return said, check(path, contract)


@pytest.fixture
def short(monkeypatch):
    """Makes `check` fail where it takes the whole way."""

    def refused(*_):
        raise AssertionError("the whole way was taken")

    monkeypatch.setattr(sys.modules["ciq.ingest.check"], "read_all", refused)


@pytest.mark.parametrize("nulls", [(), ("NA",), ("", "1.5")])
def test_missing_texts_have_the_same_verdict(nulls, project, make, monkeypatch):
    contract = make(source={"null_values": nulls}, constraints={"not_null": ("x",)})
    for at, cell in enumerate(("", "NA", "1.5", "2")):
        path = project.put(f"id,treated,x,g\n1,0,{cell},a\n".encode(), f"{at}.csv")
        said, whole = verdicts(path, contract, monkeypatch)
        assert said == whole, cell


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("7,0,1", "F112"),
        ("x7,0,1,a", "I203"),
        (",0,1,a", "I201"),
        ("7,2,1,a", "I206"),
        ("7,0,10,a", "I202"),
        ("7,0,1,A", "I204"),
        ("2,0,1,a", "I207"),
        ("7,0,1,c", "I208"),
    ],
)
def test_what_is_wrong_is_told_as_by_the_whole_way(row, rule, project, make, monkeypatch):
    rules = (Rule(id="named", sql="g <> 'c'"), Rule(id="small", sql="x < 2", severity="warn"))
    limits = {"ranges": {"x": (0, 9)}, "categories": {"g": ("a", "b", "c")}, "rules": rules}
    said, whole = verdicts(project.put(GOOD + row.encode() + b"\n"), make(constraints=limits), monkeypatch)
    assert said == whole
    assert [problem.rule for problem in said.problems] == [rule]


def test_a_sound_file_takes_the_short_way_with_all_there_is_to_tell(project, make, short):
    rules = (Rule(id="small", sql="x < 2", severity="warn"), Rule(id="known", sql="x is not null", severity="warn"))
    contract = make(
        constraints={"ranges": {"x": (0, 9)}, "categories": {"g": ("A", "B")}, "rules": rules},
        clean=Clean(upper=("g",), fill={"x": 2}, deduplicate=Deduplicate(by=("id",))),
    )
    said = check(project.put(GOOD + b"3,1,1.0,b\n+4.0,1,3,A\n"), contract)
    assert (said.ok, said.rows) == (True, 5)
    assert said.warnings == {"small": 3}
    assert said.mends == {"x": {"fill": 1}, "g": {"upper": 4}}


ROWS = b"id,treated,x,g\n" + b"".join(b"%d,%d,1.5,a\n" % (at, at % 2) for at in range(100_000))
"""More than the beginning by which a file is judged while it is still scanned."""


@pytest.mark.parametrize("last", [b'100000,0,"1.5",a\n', b'100000,0,1.5,"a\nb"\n', b"100000,0, 1.5,a\n"])
def test_what_the_beginning_does_not_show_is_minded(last, project, make, monkeypatch):
    said, whole = verdicts(project.put(ROWS + last), make(), monkeypatch)
    assert said == whole
    assert said.ok == (b" " not in last)


def test_what_stands_between_quotes_at_the_end_takes_the_short_way(project, make, short):
    assert check(project.put(ROWS + b'100000,0,"1.5",a\n'), make()).rows == 100_001


def test_refused_bytes_are_told_before_what_the_engine_makes_of_them(project, make):
    (problem,) = check(project.put(ROWS + b"100000,0,1\x00,a\n"), make()).problems
    assert (problem.rule, problem.line) == ("F114", 100_002)


def endless_statement(con, *_):
    con.execute("SELECT count(*) FROM range(1000000000000)")


@pytest.mark.parametrize("proof", [endless_statement, lambda *_: None], ids=["engine at work", "scan waited for"])
def test_ctrl_c_ends_both_the_scan_and_the_engine(proof, heard, project, make, monkeypatch):
    def endless(file, contract, tick):
        threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            tick(1)
        raise AssertionError("the scan was not told to end")

    monkeypatch.setattr(glance, "_proof", proof)
    monkeypatch.setattr(glance, "scan_one", endless)
    with pytest.raises(KeyboardInterrupt):
        check(project.put(GOOD), make())


def test_a_rule_that_fails_on_the_values_is_the_contract_s_fault(project, make, monkeypatch):
    rules = (Rule(id="cast", sql="cast(g as int) > 0"),)
    with pytest.raises(ContractError, match="C117"):
        check(project.put(GOOD), make(constraints={"rules": rules}))
