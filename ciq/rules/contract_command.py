"""E43 and C13: what keeps a contract command from its work, and what a change of a contract breaks."""

from __future__ import annotations

from ciq.rules.rule import Rule

CONTRACT_COMMAND_RULES = (
    Rule(
        "C130",
        "A change of the contract breaks somebody",
        "Who delivers files and who reads the results rely on what the contract said before.",
        "Agree on the change with those whom it breaks, then let it pass without --fail-on.",
    ),
    Rule(
        "E431",
        "A column can't play the part it was asked to",
        "A draft has to be a contract that its own file satisfies.",
        "Name a column that fits, or leave the option out and decide in the draft.",
    ),
    Rule(
        "E432",
        "The file is there already",
        "What somebody wrote is not written over.",
        "Give another name, or remove the file first.",
    ),
    Rule(
        "E433",
        "The file can't be a causal table",
        "A contract needs a treatment of 0 and 1 and something known before it.",
        "Code the treatment as 0 and 1, and bring the covariates into the same file.",
    ),
    Rule(
        "E434",
        "The file is no contract of that standard",
        "What is not understood whole is not imported in part.",
        "Mend the file as the message says.",
    ),
)
