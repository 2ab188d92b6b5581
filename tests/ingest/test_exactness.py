"""What lands against Python's csv module: every value, record number and line."""

from __future__ import annotations

import csv
import io
import random
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_project import Project
from soaking import examples
from sqlglot import exp

from ciq.contract.model import Limits
from ciq.draft.profile import KINDS
from ciq.errors import DataRefused
from ciq.ingest import check, ingest
from ciq.ingest.cells import casting
from ciq.ingest.content import bytescan
from ciq.ingest.formats import records

TEXTS = {"id": "int64", "treated": "int8", "x": "string", "g": "category"}


def write(rows, quoting=csv.QUOTE_MINIMAL, end="\n"):
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=end)
    writer.writerow(["id", "treated", "x", "g"])
    writer.writerows(rows)
    return text.getvalue().encode()


def landed(project, contract):
    manifest = ingest(project.root, {"d": contract}, "d").manifest
    return project.rows(manifest, "id, treated, x, g, _row")


def test_record_numbers_and_lines_of_a_large_file(project, make):
    chance = random.Random(5)
    words = ["plain", "with,comma", 'with "quotes"', "two\nlines", "a\n\nblank", "", "日本語", "x" * 300]
    rows = [[at, chance.randint(0, 1), chance.choice(words), chance.choice(words[:3])] for at in range(60_000)]
    content = write(rows)
    assert len(content) > 3_000_000
    path = project.put(content)
    expected = [(at, treated, x or None, g, at + 1) for at, treated, x, g in rows]
    assert landed(project, make(types=TEXTS)) == expected
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        lines = [1]
        for _ in reader:
            lines.append(reader.line_num + 1)
    wanted = [1, 2, 500, 31_234, 59_999, 60_000]
    with path.open("rb") as stream:
        places = records.places(stream, ",", wanted)
    assert [places[record].line for record in wanted] == [lines[record] for record in wanted]
    rows[31_233][1] = 7
    (problem,) = check(project.put(write(rows)), make(types=TEXTS)).problems
    assert (problem.rule, problem.line) == ("I206", lines[31_234])


CELL = st.text(st.sampled_from("ab ,\"\n\r\t;'\\é日#="), max_size=6)
ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 1), CELL, CELL), min_size=1, max_size=12)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), end=st.sampled_from(["\n", "\r\n"]))
def test_what_the_csv_module_writes_lands_as_it_was(rows, quoting, end, make):
    if any("\r" in cell for _, _, *cells in rows for cell in cells):
        quoting = csv.QUOTE_ALL  # the csv module leaves a lone CR unquoted
    with TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.put(write(rows, quoting, end))
        contract = make(types=TEXTS, id_col=None, source={"null_values": ()})
        assert landed(project, contract) == [(*row, at) for at, row in enumerate(rows, start=1)]


PIECES = st.lists(
    st.sampled_from(["1", "0", "a", ",", ",", ",", "\n", "\n", '"', '"', " ", "\r\n", "\r", "é", "1,0,a,b\n", '"x"']),
    max_size=25,
)


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES)
def test_whatever_is_taken_reads_as_the_csv_module_reads_it(pieces, make):
    body = "".join(pieces)
    with TemporaryDirectory() as folder:
        project = Project(Path(folder))
        path = project.put(("id,treated,x,g\n" + body).encode())
        contract = make(types=dict.fromkeys(TEXTS, "string"), id_col=None, treatment_col="treated")
        result = check(path, contract)
        if any(problem.rule.startswith("F") for problem in result.problems):
            return
        reference = [row for row in csv.reader(io.StringIO(body, newline=""), strict=True) if row]
        assert result.rows == len(reference)
        assert all(len(row) == 4 for row in reference)
        for at, row in enumerate(reference, start=1):
            assert records.places(io.BytesIO(path.read_bytes()), ",", [at])[at].values == tuple(row)
        if result.ok:
            expected = [(*(value or None for value in row), at) for at, row in enumerate(reference, start=1)]
            assert landed(project, contract) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_block_borders_change_nothing(size, tmp_path):
    content = '\ufeffa,b\r\n1,"x\r\n,""y"\r\n\r\n"2",é\r\n,'.encode()
    blocks = (content[at : at + size] for at in range(0, len(content), size))
    whole = bytescan.scan(iter([content]), tmp_path, ",", Limits(max_line=1000))
    assert bytescan.scan(blocks, tmp_path, ",", Limits(max_line=1000)) == whole
    assert (whole.records, whole.delimiters) == (3, 4)


FIELDS = st.sampled_from(["x", "", '"x"', '"\n"', '""', '"\n\n,"', '"x""\n"'])


@settings(max_examples=examples(200), deadline=None)
@given(
    records_=st.lists(st.tuples(FIELDS, FIELDS), max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
    opened=st.lists(st.sampled_from(["x", "\n", ","]), max_size=8),
    data=st.data(),
)
def test_the_record_of_a_quote_that_is_left_open_is_named_wherever_blocks_end(records_, end, opened, data):
    before = "".join(",".join(fields) + "\n" for fields in [("a", "b"), *records_])
    content = (before + '1,"' + "".join(opened)).replace("\n", end).encode()
    blocks, most = list[bytes](), max(len(line) for line in content.split(b"\n"))
    while rest := content[sum(map(len, blocks)) :]:
        blocks.append(rest[: data.draw(st.integers(1, 20))])
    with pytest.raises(DataRefused) as caught:
        bytescan.scan(iter(blocks), Path("d.csv"), ",", Limits(max_line=most + 40 + len(opened) * 2))
    assert [(each.rule, each.line) for each in caught.value.problems] == [("F113", before.count("\n") + 1)]


def test_quoted_lines_that_look_like_records_across_read_buffers(project, make):
    """The engine's threads start amid a file; one that starts amid a quoted value would see records there."""
    decoy = "\n".join(f"{at},0,decoy,a" for at in range(3000))
    rows = [[at, at % 2, decoy if at % 20 == 0 else "plain", "a"] for at in range(1, 40_001)]
    path = project.put(write(rows))
    assert path.stat().st_size > 80_000_000
    manifest = ingest(project.root, {"d": make(types=TEXTS)}, "d").manifest
    (found,) = project.rows(manifest, "count(*), count_if(id = _row), sum(length(x))")
    assert found == (40_000, 40_000, sum(len(str(row[2])) for row in rows))


CELLS = st.text(st.sampled_from("0123456789+-.eE_ \tnifadxXbB"), max_size=7)


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(CELLS, min_size=1, max_size=40),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_plain_file_needs_no_matching_of_floats(cells, delimiter, end, make, tmp_path):
    """What the byte scan calls plain, the short way to a float must read as the strict one does."""
    path = tmp_path / "plain.csv"
    cells = [cell.replace(delimiter, "") for cell in cells]
    path.write_text("".join(f"{a}{delimiter}{a}{end}" for a in ("x_1", *cells)), newline="")
    plain, matched = (
        casting.strict(make(), "x", exp.column("t"), plain=plain, naive=False).sql(dialect="duckdb")
        for plain in (True, False)
    )
    with duckdb.connect() as con:
        query = f"SELECT t FROM unnest($1::VARCHAR[]) u(t) WHERE ({plain}) IS DISTINCT FROM ({matched})"  # noqa: S608
        apart = con.execute(query, [cells]).fetchall()
    assert not (bytescan.scan(iter([path.read_bytes()]), path, delimiter, Limits()).plain and apart), apart


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELLS | st.from_regex(casting.FORMS["datetime"], fullmatch=True), min_size=1, max_size=40))
def test_every_value_is_in_the_form_of_its_kind(cells, make):
    for kind, form in casting.FORMS.items():
        typed = make(types={"id": "int64", "treated": "int8", "x": KINDS[kind], "g": "category"})
        value = casting.strict(typed, "x", exp.column("t"), plain=False, naive=False).sql(dialect="duckdb")
        with duckdb.connect() as con:
            query = f"SELECT t FROM unnest($1::VARCHAR[]) u(t) WHERE ({value}) IS NOT NULL"  # noqa: S608
            taken = [text for (text,) in con.execute(query, [cells]).fetchall()]
        assert all(re.fullmatch(form, text) for text in taken), (kind, taken)
