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
        "C131",
        "A protection that doesn't fit the column",
        "Only text can be hashed, masked or tokenized, and what is dropped has no type.",
        "Change the type or the protection.",
    ),
    Rule(
        "C132",
        "Personal data in a part that they can't play",
        "Personal data describe a person, not a cause, and masked values of different people are the same.",
        "Take the column out, protect it another way, or set `covariate: true` for it.",
    ),
    Rule(
        "C133",
        "A constraint or mend on a protected column",
        "The value is protected before it is judged, so that the rule would see another one.",
        "Remove it, or judge the values at the source.",
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
    Rule(
        "E435",
        "There is no key for personal data",
        "Values are protected by a secret that only the environment knows; without it nothing of them may land.",
        "Set CIQ_PII_KEY to a secret of at least 16 bytes.",
    ),
)
