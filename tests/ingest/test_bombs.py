"""Files that would take the machine with them end early, by rule."""

from __future__ import annotations

import io
import re
import zlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather, parquet
from small_project import GOOD

from ciq.contract.model import Limits
from ciq.errors import DataRefused, LimitExceeded
from ciq.ingest import check
from ciq.ingest.content import bytescan
from ciq.ingest.formats import columnar, jsonlines


def reached(path, contract):
    with pytest.raises(LimitExceeded) as limit:
        check(path, contract)
    (problem,) = limit.value.problems
    return problem.rule


def test_a_gzip_of_gigabytes(project, make):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    lines = b"4,1,2.5,a\n" * 1_000_000
    content = packer.compress(GOOD) + b"".join(packer.compress(lines) for _ in range(30)) + packer.flush()
    assert len(content) < 2_000_000
    assert reached(project.put(content, "d.csv.gz"), make(source={"limits": {"max_ratio": 100}})) == "F133"
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    content = packer.compress(b"PAR1") + b"".join(packer.compress(bytes(10**7)) for _ in range(30)) + packer.flush()
    assert reached(project.put(content, "d.parquet.gz"), make()) == "F133"


def test_a_bomb_is_known_by_its_first_bytes(project, make):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    lines = b'{"id":4,"treated":1,"x":2.5,"g":"a"}\n' * 300_000
    content = packer.compress(lines) + packer.flush()
    with pytest.raises(LimitExceeded, match=f"more than {200 * 2**14} bytes"):
        check(project.put(content, "d.jsonl.gz"), make(id_col=None))


def test_rows_are_counted_while_they_come(project, make, tmp_path):
    def blocks():
        yield GOOD
        pytest.fail("a block more than the limit needs is read")

    with pytest.raises(LimitExceeded, match="F105 the file has more than 2 rows"):
        bytescan.scan(blocks(), tmp_path, ",", Limits(max_rows=2))
    lines = b'{"id":4,"treated":1,"x":2.5,"g":"a"}\n' * 3 + b"no object\n"
    assert reached(project.put(lines, "d.jsonl"), make(source={"limits": {"max_rows": 2}})) == "F105"
    for end in (b"\n", b"\r\n"):  # before a row is looked into, which takes a hundred times as long
        row = lines.split(b"\n")[0]
        bad = end.join([row, b"no object", row, row, b""])
        assert reached(project.put(bad, "d.jsonl"), make(source={"limits": {"max_rows": 2}})) == "F105"
        assert not check(project.put(bad, "d.jsonl"), make(source={"limits": {"max_rows": 3}})).ok


@given(st.lists(st.sampled_from([b"}\n", b"}\r\n", b"}", b"\r", b"\n", b"a", b"\xe3"])).map(b"".join))
def test_rows_are_counted_two_bytes_at_a_time_as_one_by_one(text):
    assert jsonlines._objects_ended(text) == len(re.findall(b"}\r?\n", text))


def test_a_quote_that_is_never_closed_ends_at_a_line_s_length(tmp_path):
    def blocks():
        yield GOOD + b'4,1,2.5,"a\n'
        yield b"b c\n" * 150
        yield b"b c\n" * 150
        pytest.fail("a block more than the limit needs is read")

    with pytest.raises(LimitExceeded, match="F117 the record is longer than 1000 bytes"):
        bytescan.scan(blocks(), tmp_path, ",", Limits(max_line=1000))
    closed = [GOOD + b'4,1,2.5,"a\n', b"b c\n" * 200, b"b c\n" * 200 + b'"\n5,0,1.5,a\n']
    closed[1:1] = [b'"\n6,0,1.5,"a\n']
    assert bytescan.scan(iter(closed), tmp_path, ",", Limits(max_line=1000)).records == 6


def test_a_record_that_was_closed_counts_for_nothing_in_the_next_open_one(tmp_path):
    closed = [GOOD + b'4,1,2.5,"a\n', b"b c\n" * 150, b'"\n', b'5,0,1.5,"a\n' + b"b c\n" * 150]
    assert bytescan.scan(iter([*closed, b'"\n']), tmp_path, ",", Limits(max_line=1000)).records == 5
    with pytest.raises(DataRefused) as caught:
        bytescan.scan(iter(closed), tmp_path, ",", Limits(max_line=1000))
    opened = b"".join(closed).count(b"\n", 0, b"".join(closed).index(b"5,0,1.5")) + 1
    assert [(problem.rule, problem.line) for problem in caught.value.problems] == [("F113", opened)]


def claiming(rows):
    """A Parquet file of three rows whose footer claims ``rows``."""
    table = pa.table({"id": [1, 2, 3], "treated": [0, 1, 0], "x": [1.5, 2.5, 0.5], "g": ["a", "b", "c"]})
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    whole = stream.getvalue()
    size = int.from_bytes(whole[-8:-4], "little")
    footer, number = whole[-8 - size : -8], 2 * rows
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    footer = footer.replace(b"\x16\x06\x19", b"\x16" + bytes([*digits, number]) + b"\x19", 1)
    return whole[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def test_a_footer_that_claims_a_billion_rows(project, make):
    assert check(project.put(claiming(3), "d.parquet"), make()).ok
    assert reached(project.put(claiming(10**9), "d.parquet"), make()) == "F105"
    assert [problem.rule for problem in check(project.put(claiming(4), "d.parquet"), make()).problems] == ["F120"]


def test_columns_without_end(project, make, monkeypatch):
    wide = pa.table({f"c{at}": [1] for at in range(10_001)})
    feather.write_feather(wide, project.raw / "d.feather")
    assert reached(project.raw / "d.feather", make()) == "F105"
    parquet.write_table(wide, project.raw / "d.parquet")
    assert reached(project.raw / "d.parquet", make()) == "F105"
    monkeypatch.setattr(columnar, "_MOST_FOOTER", 1000)
    assert reached(project.raw / "d.parquet", make()) == "F105"
    names = ",".join(f"c{at}" for at in range(10_001))
    assert reached(project.put(names.encode() + b"\n1\n"), make()) == "F105"
    assert (
        reached(
            project.put(
                b"{" + names.replace(",", ":1,").encode().replace(b"c", b'"c').replace(b":", b'":') + b'":1}', "d.jsonl"
            ),
            make(),
        )
        == "F105"
    )
