"""I: what a row or a cell may not hold."""

from __future__ import annotations

from ciq.rules.rule import Rule

CELL_RULES = (
    Rule(
        "I201",
        "A required value is missing",
        "Without its key, time or treatment, or what not_null names, a row has no place in the analysis.",
        "Fill it at the source, or declare a fill under clean.",
    ),
    Rule(
        "I202",
        "A value is out of range",
        "A value outside the declared range is an error of measurement or of units until shown otherwise.",
        "Correct it, widen constraints.ranges, or declare a sentinel under clean.",
    ),
    Rule(
        "I203",
        "A value is not of its column's type",
        "Values are cast only where nothing is lost: 2.6 is no integer, 1_000, nan and yes are no numbers.",
        "Correct it, name it in source.null_values or a date's form in source.datetime_format, or change the type.",
    ),
    Rule(
        "I204",
        "An unknown category",
        "A level that nobody declared is a typing error or a change at the source.",
        "Correct it, add it to constraints.categories, or declare unknown_category under clean.",
    ),
    Rule(
        "I205",
        "A value doesn't match its pattern",
        "The pattern has to cover the whole value.",
        "Correct the value or the pattern.",
    ),
    Rule(
        "I206",
        "A treatment other than 0 and 1",
        "Effects compare the treated with the untreated; a third arm has no place in that.",
        "Code the treatment as 0 and 1 at the source.",
    ),
    Rule(
        "I207",
        "A key repeats",
        "A unit that is counted twice weighs twice.",
        "Remove the repetition, or declare clean.deduplicate.",
    ),
    Rule(
        "I208",
        "A row rule does not hold",
        "The contract's author asked for it.",
        "Correct the row, or set the rule's severity to warn.",
    ),
    Rule(
        "I210",
        "A local time that its clock skipped",
        "Where summer time begins, an hour has no times: such a value is a slip, or of another zone.",
        "Correct it, give times with offsets, or mend source.timezone.",
    ),
    Rule(
        "I211",
        "A local time that its clock showed twice",
        "Where summer time ends, an hour comes twice; which of the two is meant can't be told.",
        "Give times with offsets, or in UTC.",
    ),
    Rule(
        "I212",
        "Times with and without an offset in one column",
        "Two sources wrote the column; whether the bare times are on the contract's clock nobody can say.",
        "Write all times of the file in one form.",
    ),
    Rule(
        "I213",
        "More is set aside than tolerated",
        "A few bad rows are noise; many are a change at the source.",
        "Mend the source, or raise the rule's share under tolerance.",
    ),
    Rule(
        "I214",
        "A number too large to be squared",
        "Means and variances are sums of squares, and those of numbers beyond 1e70 leave what a double can hold.",
        "Correct it, declare it a sentinel under clean, or give the column in a larger unit.",
    ),
)
