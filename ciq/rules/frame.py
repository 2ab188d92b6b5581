"""G33x: frames that ciq.frames can't measure."""

from __future__ import annotations

from ciq.rules.rule import Rule

FRAME_RULES = (
    Rule(
        "G330",
        "A frame lacks columns of the contract",
        "A frame is measured by the same models as the files, and these read every declared column.",
        "Add the columns, or load a contract whose types list what the frame has",
    ),
    Rule(
        "G331",
        "A frame's column is of another type than the contract says",
        "A value that has to be guessed at, or changes when it is cast, is not the value that was given.",
        "Cast the column before it comes in, or change its type in the contract",
    ),
    Rule(
        "G332",
        "A frame holds values that are not numbers",
        "NaN and infinity have no place in a mean; a missing value is NULL.",
        "Turn NaN into missing values, and find out where infinity comes from",
    ),
    Rule(
        "G333",
        "The treatment is not 0 or 1 in every row",
        "A row without a treatment belongs to no arm.",
        "Leave such rows out, and say so of the population",
    ),
    Rule(
        "G334",
        "A frame has no rows",
        "Nothing can be said of nobody.",
        "Look for the filter that emptied it",
    ),
)
