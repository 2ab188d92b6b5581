"""The text of ciq.sql: the figures as macros of any DuckDB."""

from __future__ import annotations

from ciq.causal.figures import FIGURES

_HEAD = """/* ciq's statistics for any DuckDB: `.read ciq.sql` in its command line, or
   ciq.duckdb.load(connection) in Python.
   x is a covariate, t the treatment (0 or 1), e the propensity score, pi the share of treated rows, w a weight.
   The definitions and their sources stand in docs/statistics.md. `make docs` writes this file. */"""
_OF_TABLES = (
    """/* FROM crump_alpha('scores'): the trim alpha <= ps_hat <= 1 - alpha of Crump, Hotz, Imbens & Mitnik 2009 */
CREATE OR REPLACE MACRO crump_alpha(scores) AS TABLE
  WITH costs AS (
    SELECT 1 / (ps_hat * (1 - ps_hat)) AS g
    FROM QUERY_TABLE(scores)
  ), running AS (
    SELECT g, AVG(g) OVER (ORDER BY g ROWS UNBOUNDED PRECEDING) AS mean
    FROM costs
    WHERE ISFINITE(g)
  )
  SELECT CASE
    WHEN (SELECT BOOL_AND(ISFINITE(g)) AND MAX(g) <= 2 * AVG(g) FROM costs) THEN 0.0
    ELSE 0.5 - SQRT(GREATEST(0.25 - 1 / (2 * ARG_MAX(mean, g)), 0))
  END AS alpha
  FROM running
  WHERE g <= 2 * mean;""",
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
        parts.append(f"{said}CREATE OR REPLACE MACRO {name}\n" + _indented(",\n".join(overloads)) + ";")
    return "\n\n".join([*parts, *_OF_TABLES]) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
