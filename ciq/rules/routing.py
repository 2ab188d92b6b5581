"""R: which engine a statement may run on, and whether it may run at all."""

from __future__ import annotations

from ciq.rules.rule import Rule

ROUTING_RULES = (
    Rule(
        "R601",
        "A write without leave",
        "A statement that may change something runs on purpose or not at all.",
        "Say --write, or Router(write=True), if the change is meant.",
    ),
    Rule(
        "R602",
        "A write outside the schemas for it",
        "Only tables of `defaults.pg_write_schemas` are written; grants, procedures and the like name no table.",
        "Add the schema to router.yml, or run the statement with psql.",
    ),
    Rule(
        "R603",
        "Not exactly one statement",
        "Of several statements one could end the transaction that protects the others.",
        "Run them one by one.",
    ),
    Rule(
        "R604",
        "Hints that disagree",
        "Two hints for different engines leave it open which was meant.",
        "Keep one hint.",
    ),
    Rule(
        "R605",
        "The engine asked for can't run it",
        "A hint or --engine chooses among the engines that may run a statement; it adds none.",
        "Leave the choice to the router, or write the statement for that engine.",
    ),
    Rule(
        "R606",
        "No engine may run it",
        "DuckDB is given proved reads only, PostgreSQL only what its grammar takes.",
        "The message says what stands in the way of each.",
    ),
    Rule(
        "R607",
        "A function with effects",
        "READ ONLY does not hold locks, signals, notifications, server files or other servers.",
        "Call it with psql, if the effect is meant.",
    ),
    Rule(
        "R608",
        "A relation that is not there, or that two engines have under one name",
        "A name that means two things would give two answers.",
        "Write the name with its schema; the message lists what there is.",
    ),
    Rule(
        "R609",
        "The engine refused the statement",
        "The statement is not valid there, or its values fail; another engine would not make it right.",
        "Mend what the engine's own words name.",
    ),
    Rule(
        "R610",
        "A statement took too long",
        "A statement that nobody waits for any more still costs the server.",
        "Narrow it, or raise defaults.statement_timeout in router.yml.",
    ),
    Rule(
        "R611",
        "More rows than may be carried over",
        "To join relations of both engines, PostgreSQL's filtered rows are carried to DuckDB, up to a limit.",
        "Filter the PostgreSQL relation more closely, or raise defaults.pull_limit_mb.",
    ),
    Rule(
        "R612",
        "Nobody knows whether a write was done",
        "The server went away between the write and its answer; trying again could do it twice.",
        "Look whether it is there before you try again.",
    ),
    Rule(
        "R613",
        "An added engine that can't be had",
        "An engine of router.yml is a class, called with the project's folder and the block's options.",
        "Name it as module:Class in `adapter`, and install its module where ciq is installed.",
    ),
    Rule(
        "R614",
        "An answer that the format can't hold",
        "A value that is left out, or written as something else, is a wrong answer.",
        "Cast the value to text, name the columns apart with AS, or take another --format.",
    ),
    Rule(
        "R615",
        "A relation's file that can't be read",
        "The Parquet file behind the relation has gone or is damaged; that says nothing of the statement.",
        "Publish it again with `ciq run`, or put the file back that the message names.",
    ),
)
