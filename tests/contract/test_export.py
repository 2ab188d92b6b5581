"""A contract in other tools' words: each accepts what it accepts, and ODCS leads back to the same contract."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
import sqlglot
import yaml
from postgres_server import execute

from ciq.contract import Contract, load
from ciq.contract.export import EXPORTS
from ciq.contract.export.odcs import facts_of, to_yaml, unread
from ciq.contract.frames import pandas_schema
from ciq.contract.importing import from_odcs
from ciq.errors import UsageError
from ciq.postgres import Server

ROOT = Path(__file__).parents[2]
SHIPPED = ["customers", "nhefs", "nsw_rct"]
ODD = """\
name: odd
source: {delimiter: ";", null_values: ["", "NA"], timezone: Asia/Tokyo}
id_col: "the id"
treatment_col: t
covariate_cols: ["the id2", g]
estimand: ATO
types: {"the id": string, t: bool, "the id2": float32, g: string, d: date, at: datetime}
constraints:
  not_null: [g]
  categories: {g: ["1", "a'b", "null"]}
  ranges: {"the id2": [null, 2.5]}
  unique: [[g, d], [d]]
  patterns: {"the id": "[a-z]+|x"}
  rules: [{id: r, sql: "d > DATE '2020-01-01' or g = '1'"}]
extra_columns: drop
gates: {smd: {fail: 0.2}}
"""


@pytest.fixture(params=[*SHIPPED, "odd"])
def contract(request: pytest.FixtureRequest, tmp_path: Path) -> Contract:
    if request.param != "odd":
        return load(ROOT / "contracts" / f"{request.param}.yaml")
    (tmp_path / "odd.yaml").write_text(ODD)
    return load(tmp_path / "odd.yaml")


def test_odcs_leads_back_to_the_same_contract(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "back.yaml"
    path.write_text(to_yaml(facts_of(yaml.safe_load(EXPORTS["odcs"](contract)))), encoding="utf-8")
    assert load(path).facts() == contract.facts()


def test_odcs_says_in_its_own_words_what_it_can(contract: Contract) -> None:
    document = yaml.safe_load(EXPORTS["odcs"](contract))
    said = {custom["property"] for custom in document["customProperties"]}
    mended = {*contract.clean.sentinels, *contract.clean.upper, *contract.clean.fill, *contract.clean.unknown_category}
    assert said.isdisjoint({"ciq.types", "ciq.name"})
    assert mended or said.isdisjoint({"ciq.constraints.ranges", "ciq.constraints.categories"})
    for declared in document["schema"][0]["properties"]:
        low, high = contract.constraints.ranges.get(declared["name"], (None, None))
        options = declared.get("logicalTypeOptions", {})
        stated = (None, None) if declared["name"] in mended else (low, high)
        assert (options.get("minimum"), options.get("maximum")) == stated


def test_odcs_says_of_mended_columns_nothing_that_the_raw_file_breaks() -> None:
    document = yaml.safe_load(EXPORTS["odcs"](load(ROOT / "contracts" / "customers.yaml")))
    columns = {each["name"]: each for each in document["schema"][0]["properties"]}
    assert all("logicalTypeOptions" not in columns[name] for name in ("age", "prior_7d_spend"))
    assert "quality" not in columns["gender"]
    customs = {custom["property"]: custom["value"] for custom in document["customProperties"]}
    assert customs["ciq.constraints.ranges"] == {"age": [0, 110], "prior_7d_spend": [0.0, 1e6]}
    assert customs["ciq.constraints.categories"] == {"gender": ["M", "F", "U"]}


def test_odcs_names_the_raw_file_and_its_format() -> None:
    contract = load(ROOT / "contracts" / "nhefs.yaml")

    def server(files: str | None) -> dict[str, Any]:
        source = contract.source.model_copy(update={"files": files})
        (found,) = yaml.safe_load(EXPORTS["odcs"](contract.model_copy(update={"source": source})))["servers"]
        return {key: found.get(key) for key in ("path", "format", "delimiter")}

    assert server(None) == {"path": "data/raw/nhefs.csv", "format": "csv", "delimiter": ","}
    assert server("n_*.tsv.gz") == {"path": "data/raw/n_*.tsv.gz", "format": "csv", "delimiter": "\t"}
    assert server("n.parquet") == {"path": "data/raw/n.parquet", "format": "parquet", "delimiter": None}


def test_what_another_tool_changes_in_odcs_is_in_the_contract(contract: Contract, tmp_path: Path) -> None:
    document = yaml.safe_load(EXPORTS["odcs"](contract))
    name = next(iter(contract.constraints.ranges))
    (declared,) = [each for each in document["schema"][0]["properties"] if each["name"] == name]
    declared["logicalTypeOptions"]["maximum"] = 7
    path = tmp_path / "back.yaml"
    path.write_text(to_yaml(facts_of(document)), encoding="utf-8")
    assert load(path).constraints.ranges[name][1] == 7


def test_odcs_by_the_standard_s_own_model(contract: Contract) -> None:
    model = pytest.importorskip("open_data_contract_standard.model", reason="needs open-data-contract-standard")
    read = model.OpenDataContractStandard.from_string(EXPORTS["odcs"](contract))
    assert [each.name for each in read.schema_[0].properties] == list(contract.types)


def row(contract: Contract, **changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"the id": "abc", "t": True, "the id2": 1.5, "g": "1", "d": "2026-01-01", "at": None}
    return {**values, **changed}


def test_ddl_holds_what_the_contract_says(contract: Contract) -> None:
    with duckdb.connect() as con:
        con.execute(EXPORTS["ddl-duckdb"](contract))
        table = con.table(contract.name)
        assert dict(zip(table.columns, map(str, table.types), strict=True)) == {
            name: contract.type_of(name).duckdb for name in contract.types
        }
    (tree,) = sqlglot.parse(EXPORTS["ddl-postgres"](contract).rstrip(";\n"), dialect="postgres")
    assert tree is not None and tree.key == "create"


@pytest.mark.parametrize(
    "bad",
    [{"the id": "ABC"}, {"the id": None}, {"g": "z"}, {"the id2": 2.75}, {"t": None}, {"d": "2019-01-01", "g": "null"}],
)
def test_ddl_and_schemas_refuse_a_bad_row(tmp_path: Path, bad: dict[str, Any]) -> None:
    (tmp_path / "odd.yaml").write_text(ODD)
    contract = load(tmp_path / "odd.yaml")
    with duckdb.connect() as con:
        con.execute(EXPORTS["ddl-duckdb"](contract))
        insert = "INSERT INTO odd VALUES (?, ?, ?, ?, ?, ?)"
        con.execute(insert, list(row(contract).values()))
        with pytest.raises(duckdb.ConstraintException):
            con.execute(insert, list(row(contract, **bad).values()))


NUMBERS = """\
name: numbers
treatment_col: T
covariate_cols: [Half, Small]
types: {T: int8, Half: float32, Small: int8, Wide: float64, Code: string}
constraints:
  ranges: {Half: [0.7, null]}
  patterns: {Code: "(?i)ab.*"}
  rules: [{id: r, sql: "small < 100 or T = 0"}]
"""
GOOD = (0, 0.7, None, None, "ABc")
BAD = [
    (2, 0.7, 1, 1, "ab"),
    (0, 0.6, 1, 1, "ab"),
    (0, "inf", 1, 1, "ab"),
    (0, 0.7, 128, 1, "ab"),
    (0, 0.7, -129, 1, "ab"),
    (0, 0.7, 1, "nan", "ab"),
    (0, 0.7, 1, 1, "b"),
    (1, 0.7, 100, 1, "ab"),
]


def test_both_engines_take_and_refuse_the_rows_that_the_contract_does(tmp_path: Path, database: Server) -> None:
    """Names keep their case, NaN and infinity are no numbers, and 0.7 is that of the column's own type."""
    (tmp_path / "numbers.yaml").write_text(NUMBERS)
    contract = load(tmp_path / "numbers.yaml")
    execute(database, EXPORTS["ddl-postgres"](contract))
    execute(database, "INSERT INTO numbers VALUES (%s, %s, %s, %s, %s)", GOOD)
    with duckdb.connect() as con:
        con.execute(EXPORTS["ddl-duckdb"](contract))
        con.execute("INSERT INTO numbers VALUES (?, ?, ?, ?, ?)", GOOD)
        for bad in BAD:
            with pytest.raises(duckdb.Error):
                con.execute("INSERT INTO numbers VALUES (?, ?, ?, ?, ?)", bad)
            with pytest.raises(psycopg2.Error):
                execute(database, "INSERT INTO numbers VALUES (%s, %s, %s, %s, %s)", bad)


def test_frames_and_json_know_flags_in_front_and_refuse_patterns_that_python_reads_otherwise(tmp_path: Path) -> None:
    (tmp_path / "numbers.yaml").write_text(NUMBERS)
    contract = load(tmp_path / "numbers.yaml")
    declared = json.loads(EXPORTS["json-schema"](contract))["properties"]
    assert re.search(declared["Code"]["pattern"], "ABc")
    assert not re.search(declared["Code"]["pattern"], "xABc")
    assert (declared["Half"]["minimum"], declared["T"]["maximum"], declared["Small"]["maximum"]) == (0.7, 1, 127)
    exec(EXPORTS["pandera"](contract), {})
    (tmp_path / "numbers.yaml").write_text(NUMBERS.replace('"(?i)ab.*"', r"\pL+"))
    with pytest.raises(UsageError, match=r"C114 the pattern of `Code` can't be judged elsewhere"):
        EXPORTS["pandera"](load(tmp_path / "numbers.yaml"))


def test_json_schema(contract: Contract) -> None:
    schema = json.loads(EXPORTS["json-schema"](contract))
    assert list(schema["properties"]) == list(contract.types)
    for name, declared in schema["properties"].items():
        assert ("null" in declared["type"]) == (name not in contract.required)
        assert set(declared.get("enum", [])) - {None} == set(contract.constraints.categories.get(name, ()))


def test_the_pandera_module_builds_the_schema_that_ciq_uses(contract: Contract, tmp_path: Path) -> None:
    module = tmp_path / "schema.py"
    module.write_text(EXPORTS["pandera"](contract), encoding="utf-8")
    built: dict[str, Any] = {}
    exec(compile(module.read_text(encoding="utf-8"), str(module), "exec"), built)
    assert built["schema"] == pandas_schema(contract)


@pytest.mark.parametrize("to", EXPORTS)
def test_the_command(tmp_path: Path, to: str) -> None:
    ciq = str(Path(sys.executable).with_name("ciq"))
    source = str(ROOT / "contracts" / "nhefs.yaml")
    command = [ciq, "contract", "export", "--to", to, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == EXPORTS[to](load(source))
    if to == "odcs":
        (tmp_path / "odcs.yaml").write_text(done.stdout)
        command = [
            ciq,
            "contract",
            "import",
            "--from",
            "odcs",
            str(tmp_path / "odcs.yaml"),
            "-o",
            str(tmp_path / "b.yaml"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        assert load(tmp_path / "b.yaml").facts() == load(source).facts()


FOREIGN = """\
version: 2.0.0
description:
schema:
  - name: shop
    quality: [{type: library, metric: rowCount, mustBeGreaterThan: 10}]
    properties:
      - {name: at, logicalType: date, primaryKey: true, primaryKeyPosition: 2}
      - {name: id, logicalType: integer, physicalType: INTEGER, primaryKey: true, primaryKeyPosition: 1}
      - {name: t, logicalType: boolean, quality: , logicalTypeOptions: , customProperties: }
      - {name: age, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0, maximum: 120}}
      - {name: w, logicalType: number, physicalType: FLOAT, quality: [{type: sql, query: q, mustBe: 1}]}
customProperties: [{property: ciq.treatment_col, value: t}, {property: ciq.covariate_cols, value: [age]}]
"""


def test_odcs_of_others_says_what_is_not_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(FOREIGN)
    path.write_text(from_odcs(path))
    assert [line for line in path.read_text().splitlines() if line.startswith("#")] == [
        "# not taken over: a rule of quality, rowCount",
        "# not taken over: `age`: exclusiveMinimum",
        "# not taken over: `w`: a rule of quality, sql",
    ]
    contract = load(path)
    assert contract.types == {"at": "date", "id": "int32", "t": "bool", "age": "int64", "w": "float64"}
    assert contract.constraints.unique == (("id", "at"),)
    assert contract.constraints.not_null == ("at", "id")


def test_what_ciq_exports_is_taken_over_whole(contract: Contract) -> None:
    assert list(unread(yaml.safe_load(EXPORTS["odcs"](contract)))) == []


def test_odcs_without_roles_says_what_is_missing(tmp_path: Path) -> None:
    ciq = str(Path(sys.executable).with_name("ciq"))
    document = yaml.safe_load(EXPORTS["odcs"](load(ROOT / "contracts" / "nhefs.yaml")))
    del document["customProperties"]
    (tmp_path / "odcs.yaml").write_text(yaml.safe_dump(document))
    for name, text in {
        "odcs.yaml": None,
        "broken.yaml": "schema: [1, 2]\n",
        "list.yaml": "- 1\n",
        "no.yaml": "a: [\n",
    }.items():
        if text is not None:
            (tmp_path / name).write_text(text)
        command = [ciq, "contract", "import", "--from", "odcs", str(tmp_path / name), "-o", str(tmp_path / "out.yaml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, done.stdout) == (2, "")
        assert ("C106" if name == "odcs.yaml" else "E434") in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out.yaml").exists()
