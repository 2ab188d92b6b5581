"""G37x: data sets that are trimmed from another one."""

from __future__ import annotations

from ciq.rules.rule import Rule

TRIM_RULES = (
    Rule(
        "G370",
        "There are no scores to trim by",
        "Rows are kept by the scores of the latest attempt, published or refused, at the very version that is staged.",
        "Run the data set that the rows are taken from, then its trimmed one.",
    ),
    Rule(
        "G371",
        "The trim leaves nothing out, or nothing over",
        "Where no score is far out Crump's bound is 0 and the data set is its own trim; where no row is within the "
        "bounds nothing can be said.",
        "Use the data set as it is, or give source.trim.alpha as a number.",
    ),
    Rule(
        "G372",
        "The scores are not those of the staged rows",
        "The contract of the data set that is trimmed was edited after its latest attempt, so that other rows would be "
        "kept than were scored.",
        "Run that data set again, then its trimmed one.",
    ),
)
