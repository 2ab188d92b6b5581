"""C: what a contract may not say."""

from __future__ import annotations

from ciq.rules.rule import Rule

CONTRACT_RULES = (
    Rule(
        "C101",
        "The contract can't be read",
        "A contract is a UTF-8 file of at most 1 MB, so that it can be read whole and quoted by line.",
        "Check the path and its permissions, and save the file as UTF-8.",
    ),
    Rule(
        "C102",
        "The contract is not valid YAML",
        "A file that YAML can't parse has no meaning to check.",
        "Mend the syntax at the place named; a mapping of keys to values is expected at the top.",
    ),
    Rule(
        "C103",
        "A key is given twice",
        "YAML would keep the last one in silence, and a constraint would be lost.",
        "Keep one of the two.",
    ),
    Rule(
        "C104",
        "The contract uses a YAML feature that contracts do without",
        "Anchors, aliases, merge keys and tags make the text differ from what it says, and can grow without bound.",
        "Write the value out.",
    ),
    Rule(
        "C105",
        "Unknown key",
        "A misspelt key would otherwise be a rule that never applies.",
        "Use the nearest known key, or remove it.",
    ),
    Rule(
        "C106",
        "A required key is missing",
        "Without it the data set has no meaning as a causal table.",
        "Add the key.",
    ),
    Rule(
        "C107",
        "A value has the wrong type or is out of bounds",
        "Values are taken as written and never converted: the text '5' is not the number 5.",
        "Write the value in the form that the message expects.",
    ),
    Rule(
        "C109",
        "A column is named that has no type",
        "Every column that a contract speaks of needs an entry in `types`.",
        "Add the column to `types`, or correct its name.",
    ),
    Rule(
        "C110",
        "A column is given twice, or in two roles that exclude each other",
        "A covariate that is also the treatment, the outcome or the key makes the estimate meaningless.",
        "Keep the column in one role, once.",
    ),
    Rule(
        "C111",
        "A column has a type that its role or rule can't work with",
        "Each role and each rule is defined for some types only.",
        "Change the type, or move the column out of the role or rule.",
    ),
    Rule(
        "C112",
        "An impossible range",
        "No value could satisfy it, or its bound can't be held by the column's type.",
        "Give bounds with minimum <= maximum that the type can hold.",
    ),
    Rule(
        "C113",
        "Categories that can't be",
        "An empty or repeated list of levels is a slip, and a mend to a level outside the list would be refused.",
        "List each level once, the unknown level among them.",
    ),
    Rule(
        "C114",
        "A pattern is not a valid regular expression, or not one that other engines read alike",
        "Patterns are RE2, so that no input can make them slow; look-around and back-references are not part of it. "
        "Frames and exports take what their engines read alike, which `\\b` is not.",
        "Rewrite the pattern.",
    ),
    Rule(
        "C115",
        "A forbidden glob covers a column that the contract declares",
        "The column would be refused in every file as leakage.",
        "Narrow the glob, or remove the column.",
    ),
    Rule(
        "C116",
        "A column name is reserved",
        "Names that begin with an underscore and `ps_hat`, `weight`, `row_id` are ciq's own in the output, "
        "and names are compared without case; SQLMesh reads names with white space at an end, in quotes, "
        "or with `@` before a letter, as others.",
        "Rename the column in the source.",
    ),
    Rule(
        "C117",
        "A row rule can't be used",
        "A row rule judges one row at a time, over known columns: no statement, subquery, aggregate. Its id names it.",
        "Write one condition over declared columns.",
    ),
    Rule(
        "C118",
        "A mend gives a value that the column can't hold",
        "Sentinels and fills are compared with, or written into, the column as its own type.",
        "Give a value of the column's type.",
    ),
    Rule(
        "C119",
        "Unknown time zone",
        "Times are placed on the clock of an IANA zone.",
        "Use a name such as UTC, Asia/Tokyo or Europe/Berlin.",
    ),
    Rule(
        "C120",
        "Thresholds that contradict each other",
        "A gate that fails before it warns never warns, a quarantine that tolerates nothing never lands anything.",
        "Give warn <= fail, and a tolerance to a quarantine alone.",
    ),
    Rule(
        "C121",
        "Two contracts have one name",
        "The name is the data set's name everywhere: in folders, models and tables.",
        "Give each contract its own name.",
    ),
    Rule(
        "C150",
        "A setting that the source's mode can't work with",
        "Appended rows are judged interval by interval: a key names the time. Only they have a lookback and a window.",
        "Add the time to the key, take the setting out, or change source.mode.",
    ),
    Rule(
        "C151",
        "A schedule that can't be read",
        "SQLMesh's scheduler takes five cron fields, or @hourly, @daily, @weekly, @monthly.",
        "Correct schedule.cron; five minutes is the shortest interval.",
    ),
    Rule(
        "C152",
        "Something that interacts is no covariate",
        "An interaction is a product of two columns of the propensity model.",
        "Name two of covariate_cols.",
    ),
    Rule(
        "C153",
        "A covariate can't interact with itself",
        "The product of a number with itself is its square; a category has none.",
        "Name the number in propensity.squares, or another covariate.",
    ),
    Rule(
        "C154",
        "An interaction is given twice",
        "The order of the two doesn't matter, and twice the same column has no coefficient.",
        "Remove one of the two.",
    ),
    Rule(
        "C155",
        "A setting that the learner can't use",
        "Trees find squares and interactions by themselves, and have no coefficient that could be undetermined.",
        "Remove the setting, or set propensity.learner to logistic.",
    ),
    Rule(
        "C156",
        "Too many products for a balance table",
        "Every two columns make a product; a table of thousands of them tells nothing.",
        "Name the pairs that matter in propensity.interactions.",
    ),
    Rule(
        "C160",
        "A trim of no data set that can be trimmed",
        "The rows are taken by the scores of a data set of this project that has files of its own; a trim of a trim "
        "would say nothing of either sample.",
        "Name the data set that has the files in source.trim.of.",
    ),
    Rule(
        "C161",
        "A setting for files in a data set that has none",
        "Rows of a trimmed data set were read, mended and judged as part of the one that they come from.",
        "Take the setting out; it belongs into the other contract.",
    ),
    Rule(
        "C162",
        "Columns that differ from those of the data set that is trimmed",
        "The rows, and the scores that choose them, are those of the other data set.",
        "Give types and treatment_col as they are there.",
    ),
    Rule(
        "C164",
        "A schema that is not for consumers",
        "ciq, SQLMesh and PostgreSQL keep schemas of their own, which no consumer looks into.",
        "Name another in publish.schema; `api` is the usual one.",
    ),
    Rule(
        "C165",
        "A date format without a year",
        "Every value would be of the year 1900.",
        "Write the year too, as in `%d/%m/%Y`; where the file has none, ask for an export that does.",
    ),
    Rule(
        "C166",
        "A date format with an unknown directive",
        "No file could be read with it.",
        "Use directives of strptime; nanoseconds (`%n`) are more than a time holds, `%f` takes microseconds.",
    ),
)
