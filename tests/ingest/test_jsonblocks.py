"""Lines that are taken apart at once give what they give one by one, or the same refusal."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import examples

from ciq.contract.model import Contract, Source
from ciq.errors import CiqError
from ciq.ingest.formats import jsonblocks, jsonlines

NAMES = ("id", "x.1", 'é"')
KEYS = ['"id"', '"x.1"', '"é\\""']
OTHERS = st.sampled_from([KEYS[:2], KEYS[::-1], [KEYS[0], KEYS[0], KEYS[2]], [*KEYS, '"more"']])
SOUND = """0 -1 1.50 1e5 -0.0E+2 12345678901234567890 true false null "" "null" "NA" "é" "2026-01-01" "{,:}" """
ODD = (
    '01|+1|.5|5.|1e|NaN|-Infinity|nul|True|a|"|"\\u0041"|"\\""|"\ufffd"|[1]|{}|"\0"|"\\ud800"|"a b"|"\u2028"|1 2|"a" '
    '|\u00a0|1\u00a0|\N{FULLWIDTH DIGIT ONE}|"\t"|'
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (",", ": "), (" ,", ":")]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    found = []
    for _ in range(draw(st.integers(1, 5))):
        odd = draw(st.integers(0, 9)) == 0
        keys = draw(OTHERS) if odd and draw(st.booleans()) else KEYS
        values = [draw(st.sampled_from(ODD.split("|") if odd else SOUND.split())) for _ in keys]
        line = "{" + comma.join(f"{key}{colon}{value}" for key, value in zip(keys, values, strict=True)) + "}"
        found.append(line + draw(st.sampled_from(["", "", " ", "\n", "x"])) if odd else line)
    text = end.join(found) + draw(st.sampled_from([end, end, ""]))
    return text.encode() + draw(st.sampled_from([b"", b"", b"", b"\xff"]))


def read(body: bytes, max_line: int) -> list[dict[str, str | None]] | tuple[str, int | None]:
    contract = Contract(
        name="d",
        path=Path("d.yaml"),
        source=Source.model_validate_json(f'{{"null_values": ["", "NA"], "limits": {{"max_line": {max_line}}}}}'),
        treatment_col="id",
        covariate_cols=("id",),
        types={NAMES[2]: "float64", "id": "string"},
    )
    try:
        batches = list(jsonlines._batches(io.BytesIO(body), Path("d.jsonl"), contract, NAMES))
    except CiqError as error:
        return error.problems[0].rule, error.problems[0].line
    return [row for batch in batches for row in pa.table(dict(zip("yx", batch, strict=True))).to_pylist()]


def one_by_one(body: bytes, max_line: int = 1_000_000) -> list[dict[str, str | None]] | tuple[str, int | None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonblocks, "pattern", lambda lines, names: None)
        return read(body, max_line)


@given(bodies(), st.sampled_from([40, 1_000_000]))
@settings(max_examples=examples(300), deadline=None)
def test_a_block_is_what_its_lines_are(body: bytes, max_line: int) -> None:
    assert read(body, max_line) == one_by_one(body, max_line)


@pytest.mark.parametrize("value", [*ODD.split("|"), *SOUND.split()])
def test_one_odd_value_among_lines_that_are_alike(value: str) -> None:
    sound = [f'{{{KEYS[0]}:1,{KEYS[1]}:{each},{KEYS[2]}:"2"}}' for each in ("3", value, "4")]
    odd = [f"{{{KEYS[0]}:{value},{KEYS[1]}:5,{KEYS[2]}:{value}}}" for _ in range(2)]
    for lines in (sound, odd, [*sound[:1], value + sound[0]], [*sound[:1], sound[0] + value]):
        body = "\n".join(lines).encode()
        assert read(body, 1_000_000) == one_by_one(body)


def test_lines_that_are_alike_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a line is read by itself")

    monkeypatch.setattr(jsonlines, "_values", refuse)
    for comma, colon in ((",", ":"), (", ", ": "), (",", ": ")):
        body = comma.join([f'{{"id"{colon}"7"', f'"x.1"{colon}null', f'"é\\""{colon}"NA"}}\n'])
        assert read(body.encode() * 3, 100) == [{"y": "NA", "x": "7"}] * 3


@pytest.mark.parametrize("blank", [b"", b"\r", b" "])
def test_no_line_is_lost_behind_a_long_blank_one(blank: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonlines, "_BLOCK", 64)
    row = '{"id":"7","x.1":1,"é\\"":2}'.encode()
    found = read(row + b"\n" + blank * 500 + b"\n" + row, 100)
    assert found == ([{"y": "2", "x": "7"}] * 2 if blank != b" " else ("F117", 2))
