"""``python -m benchmarks.confusion FILE...``: how statements of known effect are classified, beside two common ways.

Each file is JSON lines, plain or gzipped, with ``sql`` and ``oracle``: "write" where the statement failed for writing,
or left something changed, in a READ ONLY transaction, "read" where it ran, "error" where it is no valid statement.
Statements that begin as a query (SELECT, WITH, VALUES, TABLE, a parenthesis) are counted apart: they are the hard ones.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlparse

from ciq.router import classify

QUERIES = ("select", "with", "values", "table", "(")


def first_keyword(sql: str) -> str:
    """The common way: what the first word says."""
    return "read" if _bare(sql).startswith((*QUERIES, "explain", "show")) else "write"


def sqlparse_type(sql: str) -> str:
    """What sqlparse's ``get_type`` says of the first statement."""
    try:
        parsed = sqlparse.parse(sql)
    except Exception:  # it raises of several kinds, and promises none
        return "unsure"
    kind = parsed[0].get_type() if parsed else "UNKNOWN"
    return {"SELECT": "read", "UNKNOWN": "unsure"}.get(kind, "write")


WAYS: dict[str, Callable[[str], str]] = {
    "first keyword": first_keyword,
    "sqlparse get_type": sqlparse_type,
    "ciq": lambda sql: classify(sql).kind,
}


def statements(path: Path) -> Iterator[tuple[str, str]]:
    """Each statement of a file with its label."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    for row in map(json.loads, text.splitlines()):
        yield row["sql"], row["oracle"]


def _bare(sql: str) -> str:
    return sqlparse.format(sql, strip_comments=True).strip().lower() if len(sql) < 100_000 else sql.strip().lower()


def main() -> None:
    """Print one Markdown table a file."""
    for name in sys.argv[1:]:
        rows = [(sql, oracle, _bare(sql).startswith(QUERIES)) for sql, oracle in statements(Path(name))]
        print(f"\n{Path(name).name}: {len(rows):,} statements\n")
        print("| way | label | query | read | unsure | write |\n|---|---|---|---|---|---|")
        for way, answer in WAYS.items():
            counts = Counter((oracle, query, answer(sql)) for sql, oracle, query in rows)
            for oracle in ("read", "write"):
                for query in (True, False):
                    cells = [counts[oracle, query, kind] for kind in ("read", "unsure", "write")]
                    print(f"| {way} | {oracle} | {query} | {' | '.join(f'{cell:,}' for cell in cells)} |")


if __name__ == "__main__":
    main()
