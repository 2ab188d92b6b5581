"""Personal data never lands, is never shown, and becomes exactly what the page says."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import examples
from whole_project import Project

from ciq.contract import Contract, load, pii
from ciq.contract.model import ColumnNote, Mask
from ciq.errors import ContractError, UsageError
from ciq.ingest import check, ingest
from ciq.ingest.engine import column

KEY = "a secret that only tests know"
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
CONTRACT = """\
id_col: person
treatment_col: treated
covariate_cols: [age]
types: {person: string, treated: int8, age: int16, email: string, phone: string}
columns:
  person: {pii: tokenize}
  email: {pii: hash}
  phone: {pii: mask, mask: {last: 2}}
  street: {pii: drop}
constraints: {ranges: {age: [0, 99]}}
"""
PEOPLE = [
    ("Ann Lee", "0", "30", "ann@example.org", "+49 (89) 123-456", "Elm Street 5"),
    ("Bob Ray", "1", "40", "bob@example.org", "+49 (89) 789-012", "Oak Street 6"),
    ("Cy Öst", "1", "50", "cy@example.org", "", "Ash Street 7"),
]
HEAD = ["person", "treated", "age", "email", "phone", "street"]
SECRETS = ("Ann", "Bob", "Öst", "example.org", "123-4", "789", "Street", KEY)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pii.KEY, KEY)


@pytest.fixture
def people(project: Project) -> Project:
    project.add("people", CONTRACT, delimited(PEOPLE))
    return project


def delimited(rows: list[tuple[str, ...]]) -> str:
    return "\n".join(",".join(row) for row in [tuple(HEAD), *rows]) + "\n"


def expected(text: str) -> str:
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def computed(note: ColumnNote, texts: list[str], name: str = "c") -> list[str]:
    contract = Contract(
        name="d",
        path=Path("d.yaml"),
        treatment_col="t",
        covariate_cols=("x",),
        types={name: "string"},
        columns={name: note},
    )
    with duckdb.connect() as con:
        pii.unlock(con, contract)
        con.execute("CREATE TABLE t (i INT, c VARCHAR)")
        con.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(texts)))
        value = pii.protected(contract, name, column("c")).sql(dialect="duckdb")
        return [found for (found,) in con.execute(f"SELECT {value} FROM t ORDER BY i").fetchall()]  # noqa: S608


@settings(max_examples=examples(30), deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), secret=st.text("abc\u00e9 ", min_size=16, max_size=100))
def test_hash_and_token_are_hmacs(texts: list[str], secret: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(pii.KEY, secret)
        hashed, tokens = computed(ColumnNote(pii="hash"), texts), computed(ColumnNote(pii="tokenize"), texts, "b")
    digest = [hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() for text in texts]
    assert hashed == digest
    scoped = [hmac.new(secret.encode(), f"d\0b\0{text}".encode(), hashlib.sha256).hexdigest() for text in texts]
    assert tokens == [f"tok_{each[:32]}" for each in scoped]


@pytest.mark.parametrize(
    ("text", "mask", "masked"),
    [
        ("Ann-Marie.42@Ex.com", Mask(), "Xxx-Xxxxx.00@Xx.xxx"),
        ("Öst é日本 x", Mask(), "Xxx xxx x"),
        ("+49 (89) 123-456", Mask(last=2), "+00 (00) 000-056"),
        ("DE12345678", Mask(first=2, last=3), "DE00000678"),
        ("abc", Mask(first=2, last=1), "xxx"),
        ("", Mask(last=1), ""),
        ("a\u2009b", Mask(), "xxx"),
    ],
)
def test_masks(text: str, mask: Mask, masked: str) -> None:
    assert computed(ColumnNote(pii="mask", mask=mask), [text]) == [masked]


@settings(max_examples=examples(30), deadline=None)
@given(text=TEXTS)
def test_a_mask_and_a_message_show_nothing_but_signs(text: str) -> None:
    (masked,) = computed(ColumnNote(pii="mask"), [text])
    assert len(masked) == len(pii.shape(text)) == len(text)
    for shown in (masked, pii.shape(text)):
        kept = [a for a, b in zip(text, shown, strict=True) if a == b and a not in "xX0"]
        assert all(character.isascii() and not character.isalnum() for character in kept)


def test_what_lands(people: Project) -> None:
    landed = ingest(people.root, {"people": load("contracts/people.yaml")}, "people").manifest
    found = duckdb.read_parquet(str(people.root / landed.parquet)).order("age")
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    assert [row["email"] for row in rows] == [expected(row[3]) for row in PEOPLE]
    assert [row["phone"] for row in rows] == ["+00 (00) 000-056", "+00 (00) 000-012", None]
    assert all(row["person"].startswith("tok_") and len(row["person"]) == 36 for row in rows)
    assert "street" not in found.columns
    assert landed.dropped == ("street",)
    assert_nothing_shows(people)


def assert_nothing_shows(project: Project, *said: str) -> None:
    """No file but the raw one holds a personal value, nor does what was said."""
    for path in project.root.rglob("*"):
        if path.is_file() and "raw" not in path.parts:
            assert not any(secret.encode() in path.read_bytes() for secret in SECRETS), path
    for text in said:
        assert not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_refusal_shows_the_shape_alone(people: Project, suffix: str) -> None:
    rows = [*PEOPLE, ("Ann Lee", "0", "120", "ann@example.org", "", "Elm Street 5")]
    (people.root / "data" / "raw" / "people.csv").unlink()
    file = people.root / "data" / "raw" / f"people.{suffix}"
    if suffix == "csv":
        file.write_text(delimited(rows))
    else:
        values = [dict(zip(HEAD, [p, int(t), int(a), e, h or None, s], strict=True)) for p, t, a, e, h, s in rows]
        lines = file.with_suffix(".lines")
        lines.write_text("".join(json.dumps(value) + "\n" for value in values))
        if suffix == "parquet":
            duckdb.read_json(str(lines)).write_parquet(str(file))
        else:
            file.write_text(lines.read_text())
        lines.unlink()
    said = people.ciq("ingest")
    assert said.code == 1
    assert "I207 person 'Xxx Xxx' repeats" in said.err
    assert "I202 age '120'" in said.err
    assert_nothing_shows(people, said.out, said.err)
    as_json = people.ciq(
        "check", f"data/raw/people.{suffix}", "--contract", "contracts/people.yaml", "--format", "json"
    )
    assert {problem["rule"] for problem in json.loads(as_json.out)["problems"]} == {"I202", "I207"}
    assert_nothing_shows(people, as_json.out, as_json.err)


def test_a_file_without_a_header_shows_no_row_in_its_place(people: Project) -> None:
    people.add("people", CONTRACT, delimited(PEOPLE).partition("\n")[2])
    said = people.ciq("ingest")
    assert said.code == 1
    assert "F107 column 'Xxx Xxx' is not in the contract" in said.err
    assert_nothing_shows(people, said.out, said.err)


def test_rejects_hold_the_shape_alone(people: Project) -> None:
    rows = [*PEOPLE, ("Bob Ann", "0", "120", "bob.ann@example.org", "", "Elm Street 5"), PEOPLE[0]]
    people.add("people", f"{CONTRACT}on_violation: quarantine\ntolerance: {{default: 0.9}}\n", delimited(rows))
    said = people.ciq("ingest")
    assert said.code == 0, said.err
    (rejects,) = people.root.rglob("data/rejects/people/*.parquet")
    found = duckdb.read_parquet(str(rejects)).order("record, rule").fetchall()
    assert "Xxx Xxx" in str(found)
    assert {row[2] for row in found} == {"I202", "I207"}
    assert_nothing_shows(people, said.out, said.err, str(found))


@pytest.mark.parametrize("secret", [None, "", "short"])
def test_without_a_key_nothing_lands(people: Project, monkeypatch: pytest.MonkeyPatch, secret: str | None) -> None:
    monkeypatch.delenv(pii.KEY)
    if secret is not None:
        monkeypatch.setenv(pii.KEY, secret)
    for command in (["ingest"], ["check", "data/raw/people.csv", "--contract", "contracts/people.yaml"]):
        said = people.ciq(*command)
        assert said.code == 2
        assert "E435 personal data needs a key in CIQ_PII_KEY" in said.err
    assert list(people.root.rglob("*.parquet")) == []
    with pytest.raises(UsageError):
        check(people.root / "data" / "raw" / "people.csv", load("contracts/people.yaml"))


def test_another_key_or_protection_is_another_version(people: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def version() -> str:
        return ingest(people.root, {"people": load("contracts/people.yaml")}, "people").manifest.version

    first = version()
    assert version() == first
    monkeypatch.setenv(pii.KEY, f"{KEY}, another")
    second = version()
    people.contract("people").write_text(CONTRACT.replace("last: 2", "last: 3"))
    assert len({first, second, version()}) == 3


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("[age]", "[age, email]", "C132"),
        ("covariate_cols", "segment_cols: [email]\ncovariate_cols", "C132"),
        ("{pii: tokenize}", "{pii: mask}", "C132"),
        ("age: int16", "age: int16, street: string", "C131"),
        ("street: {pii: drop}", "treated: {pii: hash}", "C131"),
        ("{pii: hash}", "{pii: hash, mask: {last: 2}}", "C131"),
        ("{pii: hash}", "{pii: encrypt}", "C107"),
        ("ranges", "patterns: {email: a}, ranges", "C133"),
        ("constraints", "clean: {upper: [email]}\nconstraints", "C133"),
        ("ranges", "rules: [{id: r, sql: email <> ''}], ranges", "C133"),
    ],
)
def test_what_a_contract_may_not_say(tmp_path: Path, old: str, new: str, rule: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(CONTRACT)
    assert load(path).protected == ("person", "email", "phone")
    assert old in CONTRACT
    path.write_text(CONTRACT.replace(old, new, 1))
    with pytest.raises(ContractError) as refused:
        load(path)
    assert {problem.rule for problem in refused.value.problems} == {rule}


def test_a_covariate_that_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(CONTRACT.replace("[age]", "[age, email]").replace("{pii: hash}", "{pii: hash, covariate: true}"))
    assert load(path).covariate_cols == ("age", "email")
