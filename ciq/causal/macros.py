"""The text of ciq.sql: the figures as macros of any DuckDB."""

from __future__ import annotations

from textwrap import indent

from ciq.causal.figures import CRUMP_ALPHA, FIGURES

_HEAD = """/* ciq's statistics for any DuckDB: `.read ciq.sql` in its command line, or
   ciq.duckdb.load(connection) in Python.
   x is a covariate, t the treatment (0 or 1), e the propensity score, pi the share of treated rows, w a weight.
   The definitions and their sources stand in docs/statistics.md. `make docs` writes this file. */"""
_OF_TABLES = (
    f"""/* FROM crump_alpha('scores'): the trim alpha <= ps_hat <= 1 - alpha of Crump, Hotz, Imbens & Mitnik 2009 */
CREATE OR REPLACE MACRO crump_alpha(scores) AS TABLE
{indent(CRUMP_ALPHA.replace("FROM scores", "FROM QUERY_TABLE(scores)"), "  ")};""",
    """/* FROM overlap_histogram('scores'): rows of each arm by ps_hat, in equal bins from 0 to 1 */
CREATE OR REPLACE MACRO overlap_histogram(scores, bins := 20) AS TABLE
  SELECT
    _histogram_bin(ps_hat, bins) / bins AS bin_from,
    COUNT(*) FILTER (_treated = 1) AS treated,
    COUNT(*) FILTER (_treated = 0) AS control
  FROM QUERY_TABLE(scores)
  GROUP BY 1
  ORDER BY 1;""",
)


def macros() -> str:
    """The text of ciq.sql: every figure as a macro of DuckDB, and those of whole tables."""
    parts = [_HEAD]
    for name in dict.fromkeys(found.name for found in FIGURES):
        same = [found for found in FIGURES if found.name == name]
        overloads = (f"({', '.join(found.parameters)}) AS {found.sql}" for found in same)
        said = "".join(f"/* {found.says} */\n" for found in same if found.says)
        parts.append(f"{said}CREATE OR REPLACE MACRO {name}\n" + indent(",\n".join(overloads), "  ") + ";")
    return "\n\n".join([*parts, *_OF_TABLES]) + "\n"
