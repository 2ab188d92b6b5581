"""E: what keeps ciq itself from working."""

from __future__ import annotations

from ciq.rules.rule import Rule

ENVIRONMENT_RULES = (
    Rule(
        "E401",
        "The warehouse can't be opened",
        "A DuckDB file has one writer at a time.",
        "Close the other program that has it open, then try again.",
    ),
    Rule(
        "E402",
        "SQLMesh can't use the project",
        "A model, macro, audit or setting is not as SQLMesh wants it.",
        "Run `sqlmesh plan` to see the whole message.",
    ),
    Rule(
        "E403",
        "Not a ciq project",
        "Paths in config.yaml and contracts are relative to the project's folder.",
        "Run ciq where config.yaml is, or name that folder with --project.",
    ),
    Rule(
        "E404",
        "There is no contract",
        "Without a contract nothing says what the files mean.",
        "Write one YAML file a data set in contracts/.",
    ),
    Rule(
        "E405",
        "No such data set",
        "Data sets are named by their contracts.",
        "Use one of the names that the message lists.",
    ),
    Rule(
        "E406",
        "Nobody answers",
        "A plan is reviewed on a terminal; without one its questions have no answer.",
        "Run it on a terminal, or let `ciq run` apply the plan.",
    ),
    Rule(
        "E407",
        "State and warehouse don't belong together",
        "SQLMesh's state lists tables that the warehouse does not have, as after one of the two files was deleted.",
        "Put warehouse.duckdb back, or delete warehouse/state.duckdb too: the next run builds everything anew.",
    ),
    Rule(
        "E408",
        "A file can't be read or written",
        "The system refused: a permission, a full disk, a folder where a file should be.",
        "Mend what the message names, then run again; what was published before stays.",
    ),
    Rule(
        "E430",
        "No such rule",
        "Rules are named by a letter and three digits, as messages show them.",
        "Copy the id from the message.",
    ),
    Rule(
        "E440",
        "There is no report yet",
        "A report is written from what a run recorded.",
        "Run `ciq run` for the data set first.",
    ),
    Rule(
        "E441",
        "A record can't be read",
        "report.json is not one, or another version of ciq wrote it.",
        "Run `ciq run` again: it writes the record anew.",
    ),
    Rule(
        "E442",
        "Nothing has that name",
        "Reports are compared between environments and staged versions.",
        "Use one of the names that the message lists.",
    ),
    Rule(
        "E443",
        "The folder is not ciq's",
        "A demonstration makes its folder anew, and would delete what is in it.",
        "Move the folder away, or run the demonstration elsewhere.",
    ),
    Rule(
        "E444",
        "The folder is not empty",
        "A new project would mix with what is there.",
        "Name a folder that is empty or not there yet.",
    ),
    Rule(
        "E445",
        "A package is not of the version that ciq needs",
        "The versions that ciq names are those that it was tried with.",
        "Install what the message names.",
    ),
    Rule(
        "E446",
        "The project is not whole",
        "SQLMesh reads models, audits and macros from the project's own folder.",
        "Copy what is missing from a new project that `ciq init` makes.",
    ),
    Rule(
        "E447",
        "Newer files wait",
        "What is published is of older files than those in data/raw.",
        "Run `ciq run`.",
    ),
    Rule(
        "E448",
        "Another ingest is under way",
        "Two ingests of one data set wait for each other.",
        "Wait until the other one ends.",
    ),
    Rule(
        "E449",
        "Little room on the disk",
        "A run writes a staged version and tables beside the raw files, and removes nothing that is in use.",
        "Make room, or delete versions in data/staged that are no longer wanted.",
    ),
    Rule(
        "E450",
        "The memory limit is beyond the machine",
        "DuckDB spills to disk at its limit; beyond the machine's memory the system ends it instead.",
        "Lower memory_limit in config.yaml.",
    ),
    Rule(
        "E451",
        "No data set that can be trimmed",
        "A trim takes the rows of a data set of this project by its own scores, not by those of a part of it.",
        "Name a data set that has files of its own.",
    ),
    Rule(
        "E452",
        "A data set of that name is there already",
        "Its contract says something else, and an edited contract is never written over.",
        "Edit source.trim in that contract, or give the new data set another name with --name.",
    ),
)
