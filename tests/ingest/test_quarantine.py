"""`on_violation: quarantine`: good rows land, bad ones are named, and tolerances decide."""

from __future__ import annotations

import gzip
import json

import pytest
from pyarrow import parquet
from small_project import GOOD

from ciq.contract.model import Clean, Deduplicate, Rule
from ciq.errors import DataRefused
from ciq.ingest import check, current, ingest

H = b"id,treated,x,g\n"
ALL = {"on_violation": "quarantine", "tolerance": {"default": 1.0}}


def landed(project, contract):
    return ingest(project.root, {"d": contract}, "d")


def ids(project, manifest):
    return parquet.read_table(project.root / manifest.parquet)["id"].to_pylist()


def rejects(project, manifest):
    return parquet.read_table(project.root / manifest.rejects).to_pylist()


def test_bad_rows_are_named_and_good_ones_land(project, make):
    contract = make(constraints={"ranges": {"x": (0, 9)}, "rules": (Rule(id="r", sql="x < 8 or g = 'b'"),)}, **ALL)
    body = b'q,0,1,a\n5,7,99,"two\nlines"\n6,1,8.5,\xc3\xa9\n7,1,,a\n3,1,1,a\n'
    project.put(GOOD + body)
    result = landed(project, contract)
    assert ids(project, result.manifest) == [1, 2, 7]
    assert result.manifest.rows == 3 and result.manifest.sources[0].rejected == 5
    assert result.manifest.rejected == {"I202": 1, "I203": 1, "I206": 1, "I207": 2, "I208": 2}
    found = rejects(project, result.manifest)
    at = len(GOOD)
    assert [(line["record"], line["line"], line["byte_offset"], line["rule"], line["column"]) for line in found] == [
        (3, 4, len(GOOD) - len(b"3,1,,a\n"), "I207", None),
        (4, 5, at, "I203", "id"),
        (5, 6, at + 8, "I202", "x"),
        (5, 6, at + 8, "I206", "treated"),
        (5, 6, at + 8, "I208", None),
        (6, 8, at + 27, "I208", None),
        (8, 10, at + len(body) - 8, "I207", None),
    ]
    assert [line["constraint"] for line in found] == ["id", None, None, None, "r", "r", "id"]
    assert [line["raw"] for line in found if line["column"]] == ["q", "99", "7"]
    assert json.loads(found[5]["raw"]) == {"id": "6", "treated": "1", "x": "8.5", "g": "é"}
    assert {line["file"] for line in found} == {"d.csv"}
    assert {problem.rule for problem in result.set_aside} == set(result.manifest.rejected)
    assert current(project.root, "d") == result.manifest


def test_nothing_bad_leaves_no_rejects(project, make):
    project.put(GOOD)
    result = landed(project, make(**ALL))
    assert (result.manifest.rejected, result.manifest.rejects, result.set_aside) == ({}, None, ())
    assert not (project.root / "data" / "rejects").exists()


@pytest.mark.parametrize(
    ("tolerance", "refused"),
    [
        ({"default": 0.1}, []),
        ({"default": 0.09}, ["I203", "I202"]),
        ({"default": 0.1, "I203": 0.0}, ["I203"]),
        ({"I202": 0.1}, ["I203"]),
        ({"I202": 0.1, "I203": 0.1}, []),
    ],
)
def test_tolerances_by_rule(tolerance, refused, project, make):
    contract = make(constraints={"ranges": {"x": (0, 9)}}, on_violation="quarantine", tolerance=tolerance)
    path = project.put(
        H + b"".join(b"%d,0,1,a\n" % at for at in range(18)) + b"q,0,1,a\nr,0,1,a\n" + b"50,0,10,a\n51,0,-1,a\n"
    )
    contract = contract.model_copy(update={"tolerance": {rule: share * 20 / 22 for rule, share in tolerance.items()}})
    if not refused:
        assert landed(project, contract).manifest.rows == 18
        result = check(path, contract)
        assert result.ok and result.rejected == {"I202": 2, "I203": 2} and len(result.tolerated) == 4
        return
    with pytest.raises(DataRefused) as caught:
        landed(project, contract)
    over = [problem.message[:4] for problem in caught.value.problems if problem.rule == "I213"]
    assert sorted(over) == sorted(refused)
    assert {"I202", "I203"} <= {problem.rule for problem in caught.value.problems}
    assert project.staged() == {} and not (project.root / "data" / "rejects").exists()
    assert not check(path, contract).ok


@pytest.mark.parametrize(
    "rows",
    [b"1,0,5,a\n1,0,99,b\n2,1,1,a\n", b"1,0,1,a\n1,0,1,b\n2,1,1,b\n3,0,1,a\n"],
    ids=["of a row that another rule sets aside", "of a row whose own key repeats"],
)
def test_a_key_that_repeats_because_a_later_row_was_set_aside_is_not_landed(rows, project, make):
    """A row that is set aside supersedes nothing, so the one before it counts again."""
    constraints = {"ranges": {"x": (0, 9)}, "unique": (("g",),)}
    contract = make(constraints=constraints, clean=Clean(deduplicate=Deduplicate(by=("id",))), **ALL)
    path = project.put(H + rows + b"9,0,1,c\n")
    for judge in (lambda: landed(project, contract), lambda: check(path, contract)):
        try:
            problems = judge().problems
        except DataRefused as refused:
            problems = refused.problems
        (problem,) = problems
        assert problem.rule == "I207" and "first on line 2, once rows are set aside" in problem.message
    assert project.staged() == {}


def test_no_good_row_is_a_refusal(project, make):
    path = project.put(H + b"q,0,1,a\n")
    with pytest.raises(DataRefused) as refused:
        landed(project, make(**ALL))
    assert [problem.rule for problem in refused.value.problems] == ["I203", "I213"]
    assert [problem.rule for problem in check(path, make(**ALL)).problems] == ["I203", "I213"]


def test_a_malformed_file_is_refused_whole(project, make):
    project.put(GOOD + b"1,2\n")
    with pytest.raises(DataRefused) as refused:
        landed(project, make(**ALL))
    assert [problem.rule for problem in refused.value.problems] == ["F112"]


def test_mends_and_warnings_count_what_lands(project, make):
    rule = Rule(id="r", sql="x < 2", severity="warn")
    contract = make(constraints={"rules": (rule,)}, clean=Clean(upper=("g",)), **ALL)
    project.put(GOOD + b"q,0,5,a\n")
    manifest = landed(project, contract).manifest
    assert manifest.mends == {"g": {"upper": 3}} and manifest.warnings == {"r": 1}


def test_versions(project, make):
    project.put(GOOD + b"q,0,5,a\n")
    strict = make(on_violation="quarantine", tolerance={"default": 0.2})
    with pytest.raises(DataRefused):
        landed(project, strict)
    first = landed(project, make(**ALL))
    assert first.changed
    again = landed(project, make(**ALL))
    assert not again.changed and again.manifest == first.manifest and again.set_aside == ()
    with pytest.raises(DataRefused) as refused:
        landed(project, strict)
    assert [problem.rule for problem in refused.value.problems] == ["I213"]
    narrow = landed(project, make(constraints={"ranges": {"x": (0, 2)}}, **ALL))
    assert narrow.changed and ids(project, narrow.manifest) == [1, 3]
    wide = landed(project, make(**ALL))
    assert wide.changed and wide.manifest == first.manifest
    assert rejects(project, wide.manifest)


def test_a_file_with_rejects_is_read_again_beside_a_new_one(project, make):
    project.put(GOOD + b"q,0,5,a\n", "d_1.csv")
    landed(project, make(**ALL))
    project.put(H + b"9,0,5,a\nz,0,5,a\n", "d_2.csv")
    manifest = landed(project, make(**ALL)).manifest
    assert ids(project, manifest) == [1, 2, 3, 9]
    assert [(line["file"], line["line"], line["raw"]) for line in rejects(project, manifest)] == [
        ("d_1.csv", 5, "q"),
        ("d_2.csv", 3, "z"),
    ]


def test_places_in_every_format(project, make):
    import pyarrow as pa

    contract = make(types={"id": "int64", "treated": "int8", "x": "float64", "g": "category"}, **ALL)
    lines = '{"id":1,"treated":0,"x":1,"g":"a"}\n\n{"id":"b","treated":0,"x":2,"g":"é"}\n'
    project.put(gzip.compress(lines.encode()), "d_1.jsonl.gz")
    project.put((H.decode() + "2,0,1,é\nc,0,1,日\n").encode(), "d_2.csv")
    parquet.write_table(
        pa.table({"id": ["3", "d"], "treated": [0, 0], "x": [1, 1], "g": ["a", "a"]}), project.raw / "d_3.parquet"
    )
    found = rejects(project, landed(project, contract).manifest)
    assert [(line["file"], line["line"], line["record"], line["byte_offset"], line["raw"]) for line in found] == [
        ("d_1.jsonl.gz", 3, 2, 36, "b"),
        ("d_2.csv", 3, 2, 24, "c"),
        ("d_3.parquet", None, 2, None, "d"),
    ]


def test_recoded_text_has_no_offsets(project, make):
    project.put((GOOD.decode() + "q,0,1,日\n").encode("cp932"))
    (line,) = rejects(project, landed(project, make(source={"encoding": "cp932"}, **ALL)).manifest)
    assert (line["line"], line["byte_offset"], line["raw"]) == (5, None, "q")


def test_many_rejects_keep_the_order_of_the_rows(project, make):
    rows = b"".join(b"%s,%d,1,a\n" % (b"q" if at % 3 == 0 else b"%d" % at, at % 2) for at in range(90_000))
    project.put(H + rows)
    manifest = landed(project, make(**ALL)).manifest
    assert ids(project, manifest) == [at for at in range(90_000) if at % 3]
    found = rejects(project, manifest)
    assert [line["line"] for line in found] == [at + 2 for at in range(0, 90_000, 3)]
