"""F: what a file may not be."""

from __future__ import annotations

from ciq.rules.rule import Rule

FILE_RULES = (
    Rule(
        "F101",
        "The file's extension is not one that is read",
        "A file that nobody reads would be data that silently went missing.",
        "Convert it to one of the formats named, or move it out of data/raw.",
    ),
    Rule(
        "F102",
        "The content is not what the extension says",
        "A renamed file read as something else gives rows that mean nothing.",
        "Give the file the extension of what it is, or export it again.",
    ),
    Rule(
        "F103",
        "The file can't be opened",
        "Nothing can be said of a file that can't be read.",
        "Check its permissions.",
    ),
    Rule(
        "F104",
        "The file is empty",
        "An empty file is more often an export that failed than a data set without rows.",
        "Export it again, or remove it.",
    ),
    Rule(
        "F105",
        "The file is larger than the contract allows",
        "A limit keeps a runaway file from taking the machine with it.",
        "Raise the limit under source.limits if the size is meant.",
    ),
    Rule(
        "F106",
        "A column is missing",
        "Every declared column has to be in every file, under its exact name.",
        "Add the column at the source, or correct its name in the contract.",
    ),
    Rule(
        "F107",
        "A column is not in the contract",
        "An undeclared column may be a renamed one, or one that knows the outcome.",
        "Declare it in types, or set extra_columns: drop.",
    ),
    Rule(
        "F108",
        "A column name is repeated",
        "Of two columns with one name, nobody can say which is meant.",
        "Name each column once.",
    ),
    Rule(
        "F109",
        "A column has no name",
        "Columns are read by name.",
        "Name every column in the first line, which may not be blank.",
    ),
    Rule(
        "F110",
        "A forbidden column is in the file",
        "A column from after the treatment leaks the outcome, also where it would be dropped later.",
        "Leave it out at the source, or narrow the glob in leakage_forbidden_cols.",
    ),
    Rule(
        "F111",
        "The file has no rows",
        "A header alone is more often an export that failed than a data set without rows.",
        "Export it again, or remove it.",
    ),
    Rule(
        "F112",
        "A record has another number of fields than the header",
        "Its values would stand under the wrong names.",
        "Quote values that contain the delimiter, and give each record every field.",
    ),
    Rule(
        "F113",
        "Quotes that don't fit",
        "A stray or unclosed quote makes readers disagree on where a value ends.",
        "Quote the whole value, with nothing beside the quotes, and double each quote inside it.",
    ),
    Rule(
        "F114",
        "A NUL byte",
        "Text has none: the file is damaged, binary, or in another encoding.",
        "Export the file again as UTF-8 text.",
    ),
    Rule(
        "F115",
        "The text is not UTF-8",
        "Read in another encoding, names and categories would be other ones.",
        "Save the file as UTF-8.",
    ),
    Rule(
        "F116",
        "The replacement character U+FFFD",
        "It stands where an earlier conversion lost a character; what was there can't be known.",
        "Export the file again from its source, in UTF-8.",
    ),
    Rule(
        "F117",
        "A line is too long",
        "A line without end is a damaged file, and takes memory without end.",
        "Raise source.limits.max_line if such lines are meant.",
    ),
    Rule(
        "F118",
        "Line ends are mixed",
        "Files joined from several sources, or cut, look so; readers disagree on where their records end.",
        "Save the file with one kind of line end, LF or CRLF.",
    ),
    Rule(
        "F119",
        "The file can't be read as delimited text",
        "What can't be read whole is not read in part.",
        "Check the delimiter and the quotes at the place named.",
    ),
    Rule(
        "F120",
        "The Parquet file can't be read",
        "Its footer or a page is damaged.",
        "Write the file again.",
    ),
    Rule(
        "F121",
        "A column's type has no text form",
        "Lists, structs and binary values are no cells.",
        "Flatten the column at the source.",
    ),
    Rule(
        "F122",
        "A file in data/raw that no contract claims",
        "A file that nobody reads would be data that silently went missing.",
        "Name it in the source.files of a contract, or move it away.",
    ),
    Rule(
        "F123",
        "No file for the data set",
        "There is nothing to land.",
        "Put a file into data/raw that the contract's source.files cover.",
    ),
    Rule(
        "F124",
        "A file that two contracts claim",
        "It would be counted in both data sets.",
        "Give the contracts source.files that don't meet.",
    ),
    Rule(
        "F125",
        "Two files with the same content",
        "Every row would be there twice.",
        "Remove one of the two.",
    ),
    Rule(
        "F126",
        "The file changed while it was read",
        "What was read is neither the old nor the new file.",
        "Run again once the file is written; better, write it elsewhere and move it in.",
    ),
    Rule(
        "F127",
        "Memory or disk ran out",
        "The ingest stays within its memory and spills to disk beside the staged data.",
        "Free disk space, or split the file.",
    ),
)
