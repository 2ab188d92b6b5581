"""Compressed and recoded text: whole and as declared, or refused with the place."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from functools import partial

import pytest
from small_project import GOOD

from ciq.errors import DataRefused, LimitExceeded
from ciq.ingest import check, ingest

BODY = GOOD + b"".join(b"%d,0,%d.5,b\n" % (at, at % 97) for at in range(4, 60_000))
PACK = {"gz": partial(gzip.compress, mtime=0), "bz2": bz2.compress}


def rules(path, contract):
    return [problem.rule for problem in check(path, contract).problems]


@pytest.mark.parametrize("suffix", PACK)
def test_members_follow_one_another(suffix, project, make):
    parts = [BODY[:1000], b"", BODY[1000:700_000], BODY[700_000:]]
    project.put(b"".join(map(PACK[suffix], parts)), f"d.csv.{suffix}")
    assert ingest(project.root, {"d": make()}, "d").manifest.rows == 59_999


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("cut", [-1, -4, -9, 40, 3])
def test_a_cut_file(cut, suffix, project, make):
    path = project.put(PACK[suffix](BODY)[:cut], f"d.csv.{suffix}")
    assert rules(path, make()) in (["F131"], ["F130"])


@pytest.mark.parametrize("suffix", PACK)
def test_a_flipped_bit_anywhere(suffix, project, make):
    whole = PACK[suffix](BODY)
    for at in range(12, len(whole), max(1, len(whole) // 12)):
        path = project.put(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :], f"d.csv.{suffix}")
        found = rules(path, make())
        assert found and all(rule.startswith("F") for rule in found)
    path = project.put(whole[:-8] + b"\1\2\3\4" + whole[-4:], f"d.csv.{suffix}")
    assert rules(path, make()) == ["F130"]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("tail", [b"\0", b"garbage", b"4,0,1.5,a\n", b"\x1f", b"B"])
def test_what_follows(tail, suffix, project, make):
    assert rules(project.put(PACK[suffix](GOOD) + tail, f"d.csv.{suffix}"), make()) == ["F132"]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize(
    ("inner", "content", "expected"),
    [
        ("csv", b"", "F104"),
        ("csv", gzip.compress(GOOD, mtime=0), "F102"),
        ("csv", b"PAR1" + GOOD, "F102"),
        ("parquet", GOOD, "F102"),
        ("feather", GOOD, "F102"),
        ("txt", GOOD, "F101"),
    ],
)
def test_what_is_inside(inner, content, expected, suffix, project, make):
    assert rules(project.put(PACK[suffix](content), f"d.{inner}.{suffix}"), make()) == [expected]


@pytest.mark.parametrize("name", ["d.csv.gz", "d.csv.bz2"])
def test_what_is_not_compressed(name, project, make):
    assert rules(project.put(GOOD, name), make()) == ["F102"]
    assert rules(project.put(PACK["bz2" if name.endswith("gz") else "gz"](GOOD), name), make()) == ["F102"]


def _zip(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["d.zip", "d.csv.zip", "d.csv.zst", "d.gz", "d.gz.csv.xz", "d.arrow", "d.xls"])
def test_names_that_are_not_read(name, project, make):
    assert rules(project.put(_zip(d=GOOD), name), make()) == ["F101"]


def test_a_zip_that_is_no_workbook(project, make):
    assert rules(project.put(_zip(d=GOOD), "d.xlsx"), make()) == ["F102"]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("limits", [{"max_ratio": 20}, {"max_decompressed": "1MB"}])
def test_a_bomb_is_stopped_at_its_limit(limits, suffix, project, make):
    content = GOOD + b"4,1,2.5,a\n" * 400_000
    path = project.put(PACK[suffix](content), f"d.csv.{suffix}")
    with pytest.raises(LimitExceeded) as reached:
        check(path, make(source={"limits": limits}))
    assert [problem.rule for problem in reached.value.problems] == ["F133"]
    assert next(iter(limits)) in reached.value.problems[0].help


def test_a_long_line_without_end(project, make):
    path = project.put(gzip.compress(GOOD + b"x" * 50_000_000), "d.csv.gz")
    with pytest.raises(LimitExceeded) as reached:
        check(path, make(source={"limits": {"max_ratio": 2000}}))
    assert [problem.rule for problem in reached.value.problems] == ["F117"]


@pytest.mark.parametrize(
    ("encoding", "bad", "byte"),
    [
        ("utf-8", "é".encode("latin-1"), 0xE9),
        ("cp932", b"\x81", 0x81),
        ("shift_jis", "①".encode("cp932"), 0x87),
        ("cp1252", b"\x81", 0x81),
        ("euc_jp", b"\xa4", 0xA4),
    ],
)
def test_garbled_text_names_byte_and_line(encoding, bad, byte, project, make):
    good = BODY.decode().encode(encoding)
    path = project.put(good + b"7,0,1.5," + bad + b"\n", "d.csv")
    (problem,) = check(path, make(source={"encoding": encoding}, id_col=None)).problems
    assert (problem.rule, problem.line) == ("F115", 60_001)
    assert problem.message == f"not {encoding}: byte {byte:#04x} at byte {len(good) + 8}"


def test_the_hint_is_what_the_text_may_be(project, make):
    path = project.put(GOOD + "4,0,1.5,日本語表\n".encode("cp932"))
    (problem,) = check(path, make()).problems
    assert "it may be cp932" in problem.help
    path = project.put(GOOD + "4,0,1.5,日本語\n".encode())
    (problem,) = check(path, make(source={"encoding": "shift_jis"})).problems
    assert "it may be utf-8" in problem.help


@pytest.mark.parametrize("cut", [-1, -2, -3])
def test_utf_16_that_ends_amid_a_character(cut, project, make):
    content = (GOOD + "4,0,1.5,𠀋".encode()).decode().encode("utf-16")[:cut]
    assert rules(project.put(content), make(source={"encoding": "utf-16"})) == ["F115"]


def test_utf_16_without_its_mark_is_not_guessed(project, make):
    path = project.put(GOOD.decode().encode("utf-16-le"))
    assert rules(path, make(source={"encoding": "utf-16"})) == ["F115"]
    assert rules(path, make(source={"encoding": "utf-16-le"})) == []
    assert rules(path, make())[0] in ("F114", "F106")


def test_a_problem_in_packed_text_keeps_its_line_and_name(project, make):
    project.put(bz2.compress((GOOD + "x,0,1.5,日本\n".encode()).decode().encode("cp932")), "d.csv.bz2")
    with pytest.raises(DataRefused) as refused:
        ingest(project.root, {"d": make(source={"encoding": "cp932"})}, "d")
    (problem,) = refused.value.problems
    assert (problem.rule, str(problem.path), problem.line) == ("I203", "data/raw/d.csv.bz2", 5)
    assert project.staged() == {}
    project.put(gzip.compress(GOOD + b"1,2\n"), "d.csv.gz")
    assert rules(project.raw / "d.csv.gz", make()) == ["F112"]
