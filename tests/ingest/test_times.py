"""Times: on which clock they are read, and what no clock, or two readings of one, would make of them."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import campaign, examples
from sqlglot import exp

from ciq.ingest import check, ingest
from ciq.ingest.cells.zones import as_utc, is_shown_twice

H = "id,treated,x,g\n"
DATETIME = {"id": "int64", "treated": "int8", "x": "datetime", "g": "category"}


def put(project, *times):
    return project.put((H + "".join(f"{at},0,{time},a\n" for at, time in enumerate(times))).encode())


def landed(project, make, **fields):
    manifest = ingest(project.root, {"d": make(**fields)}, "d").manifest
    return [value for (value,) in project.rows(manifest, "x::VARCHAR")]


@pytest.mark.parametrize(
    ("zone", "text", "utc"),
    [
        ("UTC", "2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("Asia/Tokyo", "2024-01-01 10:00:00.25", "2024-01-01 01:00:00.25"),
        ("Asia/Tokyo", "1930-01-01", "1929-12-31 15:00:00"),
        ("Europe/Berlin", "2024-07-01T10:00", "2024-07-01 08:00:00"),
        ("Europe/Berlin", "2024-07-01T10:00Z", "2024-07-01 10:00:00"),
        ("Europe/Berlin", "2024-07-01T10:00-02", "2024-07-01 12:00:00"),
        ("Europe/Berlin", "2024-10-27T02:30+01:00", "2024-10-27 01:30:00"),
        ("America/St_Johns", "2024-01-01 10:00", "2024-01-01 13:30:00"),
    ],
)
def test_times_land_as_utc(zone, text, utc, project, make):
    put(project, text)
    assert landed(project, make, types=DATETIME, source={"timezone": zone}) == [utc]


@pytest.mark.parametrize(
    ("zone", "text", "rule"),
    [
        ("Europe/Berlin", "2024-03-31 02:30", "I210"),
        ("Asia/Tokyo", "1948-05-02 00:30", "I210"),
        ("Europe/Berlin", "2024-10-27 02:00:00", "I211"),
        ("Europe/Berlin", "2024-10-27 02:59:59.5", "I211"),
        ("Australia/Lord_Howe", "2024-04-07 01:45", "I211"),
        ("Europe/Berlin", "2024-10-27 25:00", "I203"),
        ("America/New_York", "9999-12-31 23:59:59", "I203"),
        ("America/New_York", "9999-12-31 23:59:59-05:00", "I203"),
        ("UTC", "9999-12-31 23:59:59-05:00", "I203"),
        ("Asia/Tokyo", "1000-01-01 05:00", "I203"),
        ("Europe/Berlin", "2024-10-32", "I203"),
    ],
)
def test_a_time_without_one_place_on_its_clock(zone, text, rule, project, make):
    path = put(project, "2024-01-01", text)
    (problem,) = check(path, make(types=DATETIME, source={"timezone": zone})).problems
    assert (problem.rule, problem.line) == (rule, 3)
    assert rule == "I203" or zone in problem.message


def test_a_declared_format_names_them_too(project, make):
    source = {"timezone": "Europe/Berlin", "datetime_format": {"x": "%d/%m/%Y %H:%M"}}
    path = put(project, "31/03/2024 02:30", "27/10/2024 02:30", "27/10/2024", "01/01/2024 10:00")
    problems = check(path, make(types=DATETIME, source=source)).problems
    assert sorted((problem.rule, problem.line) for problem in problems) == [("I203", 4), ("I210", 2), ("I211", 3)]


MOMENTS = st.datetimes(datetime(1951, 1, 1), datetime(2036, 1, 1))
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Asia/Tokyo"]


@settings(max_examples=examples(20), deadline=None)
@given(zone=st.sampled_from(ZONES), moments=st.lists(MOMENTS, min_size=1, max_size=50))
def test_every_clock_agrees_with_pythons(zone, moments):
    clock = zoneinfo.ZoneInfo(zone)
    near = [moment + timedelta(minutes=minutes) for moment in moments for minutes in (0, 10)]
    for moment in moments:  # the borders of summer time are where clocks can differ
        day = next((day for day in range(366) if _offset(moment, day, clock) != _offset(moment, day + 1, clock)), 0)
        near += [moment + timedelta(days=day, minutes=minutes) for minutes in range(0, 1440, 30)]
    local = exp.column("l")
    query = f"""SELECT l, {as_utc(local, zone).sql("duckdb")}, {is_shown_twice(local, zone).sql("duckdb")}
        FROM unnest($1::TIMESTAMP[]) AS u(l)"""  # noqa: S608
    with duckdb.connect() as con:
        found = con.execute(query, [near]).fetchall()
    for moment, utc, twice in found:
        first, second = (moment.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
        shown = first.astimezone(clock).replace(tzinfo=None) == moment
        assert twice == (shown and first != second), moment
        assert utc == (first.replace(tzinfo=None) if shown and first == second else None), moment


def _offset(moment, days, clock):
    return (moment + timedelta(days=days)).replace(tzinfo=clock).utcoffset()


@pytest.mark.parametrize("zone", campaign(["Europe/Berlin"], ["UTC", "Europe/Berlin"]))
@pytest.mark.parametrize(
    "full", ["2024-01-01 10:00Z", "2024-01-01 10:00:00+09", "2024-01-01T10:00:00.5-03:30", "2024-01-01 10:00:00-0100"]
)
@pytest.mark.parametrize(
    "bare", ["2024-01-01", "2024-01-01 10:00", "2024-01-01T10:00:00", "2024-01-01 10:00:00.123456"]
)
def test_times_with_and_without_an_offset_in_one_column(bare, full, zone, project, make):
    contract = make(types=DATETIME, source={"timezone": zone})
    (problem,) = check(put(project, bare, bare, full), contract).problems
    assert (problem.rule, problem.line) == ("I212", 4)
    assert repr(bare) in problem.message and repr(full) in problem.message
    assert check(put(project, bare, "", bare), contract).ok and check(put(project, full, "", full), contract).ok


def test_mixed_offsets_hide_no_other_fault(project, make):
    path = project.put(H.encode() + b"1,0,2024-01-01 10:00,a\n2,0,2024-01-01 10:00Z,a\n2,7,2024-01-01 10:00Z,a\n")
    for fields in ({}, {"on_violation": "quarantine", "tolerance": {"default": 1.0}}):
        found = check(path, make(types=DATETIME, **fields)).problems
        assert [(problem.rule, problem.line) for problem in found] == [("I212", 3), ("I206", 4), ("I207", 4)], fields


def test_each_file_has_its_own_form(project, make):
    project.put(f"{H}1,0,2024-01-01 10:00,a\n".encode(), "d_1.csv")
    project.put(f"{H}2,0,2024-01-01 10:00Z,a\n".encode(), "d_2.csv")
    source = {"timezone": "Asia/Tokyo"}
    assert landed(project, make, types=DATETIME, source=source) == ["2024-01-01 01:00:00", "2024-01-01 10:00:00"]
