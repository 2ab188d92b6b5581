"""The customers of an October campaign: made up, with a known propensity and a known effect of the treatment."""

from __future__ import annotations

from pathlib import Path

from sqlglot import exp, parse_one

EFFECT = 2.0
"""What the treatment adds to ``y`` of every customer."""

PROPENSITY = {
    "1": -1.2,
    "age": 0.015,
    "CAST(gender = 'F' AS INT)": 0.45,
    "CAST(gender = 'U' AS INT)": -0.3,
    "rfm_score": 0.001,
    "prior_7d_spend": 0.003,
    "web_session_cnt": -0.02,
}
"""The log odds of being treated, as coefficients of SQL terms over the columns as they are written."""

OUTCOME = {
    "1": 5.0,
    "age": 0.05,
    "CAST(gender = 'F' AS INT)": 1.0,
    "rfm_score": 0.004,
    "prior_7d_spend": 0.02,
    "web_session_cnt": 0.1,
}
"""The mean of ``y`` without treatment, in the same form; the noise around it is standard normal."""

# One md5 of (seed, purpose, row) gives four uniforms of 32 bits: hash() and random() promise no value that
# stays the same over versions and threads, and a digest for each draw would cost most of the run.
_MACROS = """
CREATE TEMP MACRO digest(purpose, i) AS md5_number(concat(getvariable('seed'), ':', purpose, ':', i));
CREATE TEMP MACRO uniform(number, part) AS
    (CAST((number >> CAST(32 * part AS UHUGEINT)) & CAST(4294967295 AS UHUGEINT) AS DOUBLE) + 0.5) / 4294967296;
"""
_SHAPES = """
CREATE TEMP VIEW shapes AS SELECT
    i + 1 AS customer_id,
    TIMESTAMP '2026-10-01' + to_seconds(CAST(floor(uniform(c, 0) * 31 * 86400) AS BIGINT)) AS event_time,
    CAST(18 + floor(uniform(a, 0) * 62) AS INT) AS age,
    CASE WHEN uniform(a, 1) < 0.48 THEN 'M' WHEN uniform(a, 1) < 0.96 THEN 'F' ELSE 'U' END AS gender,
    round(1000 * pow(uniform(a, 2), 1.5), 1) AS rfm_score,
    CAST(least(floor(-8 * ln(uniform(a, 3))), 200) AS INT) AS web_session_cnt,
    CASE WHEN web_session_cnt = 0 OR uniform(b, 0) < 0.4 THEN 0.0
        ELSE round(-60 * ln(uniform(b, 1)), 2) END AS prior_7d_spend,
    uniform(c, 1) AS lot,
    sqrt(-2 * ln(uniform(b, 2))) * cos(2 * pi() * uniform(b, 3)) AS noise,
    m
FROM (
    SELECT i, digest('a', i) AS a, digest('b', i) AS b, digest('c', i) AS c, digest('mess', i) AS m
    FROM range(getvariable('row_count')) AS t(i)
)
"""
_ROWS = """
CREATE TEMP VIEW customers AS SELECT customer_id, event_time, CAST(lot < propensity AS INT) AS treated,
    round(baseline + getvariable('effect') * CAST(lot < propensity AS INT) + noise, 4) AS y,
    age, gender, rfm_score, prior_7d_spend, web_session_cnt, m
FROM scored
"""
_CLEAN = "SELECT * EXCLUDE (m) FROM customers"
# The last version of a customer is the right one: the stale one comes first and is superseded.
_MESSY = """
SELECT * EXCLUDE (m) REPLACE (
    CASE WHEN uniform(m, 0) < 0.01 THEN -1 ELSE age END AS age,
    CASE WHEN uniform(m, 1) < 0.02 THEN lower(gender) WHEN uniform(m, 1) < 0.025 THEN 'X' ELSE gender END AS gender,
    CASE WHEN uniform(m, 2) < 0.01 THEN NULL ELSE prior_7d_spend END AS prior_7d_spend,
    CASE WHEN uniform(m, 3) < 0.01 THEN y - 1 ELSE y END AS y
) FROM customers
UNION ALL
SELECT * EXCLUDE (m) FROM customers WHERE uniform(m, 3) < 0.01
UNION ALL
SELECT * EXCLUDE (m) FROM customers
WHERE uniform(m, 3) > 0.99 AND uniform(m, 0) >= 0.01 AND uniform(m, 1) >= 0.025 AND uniform(m, 2) >= 0.01
"""


def true_propensity() -> exp.Expression:
    """The probability of treatment as SQL over the covariates of a clean file."""
    return parse_one("1 / (1 + EXP(-score))", read="duckdb").transform(
        lambda node: exp.paren(_linear(PROPENSITY)) if isinstance(node, exp.Column) else node
    )


def generate(rows: int, seed: int, path: Path, *, mess: bool = False, threads: int | None = None) -> None:
    """Writes ``rows`` customers to ``path``: Parquet where it ends in .parquet, otherwise CSV with a header.

    The same seed gives the same rows in the same order, with any number of threads. ``mess`` adds what the
    contract's ``clean`` mends, and so some rows more: ages of -1, genders in lower case or unknown, missing
    spends, rows given twice, and stale rows that a later row with the same key supersedes.

    Raises ``ValueError`` for fewer than one row, and ``duckdb.IOException`` where ``path`` can't be written.
    """
    import duckdb

    if rows < 1:
        raise ValueError(f"rows must be at least 1, not {rows}")
    with duckdb.connect(config={"threads": threads} if threads else {}) as connection:
        for name, value in (("seed", seed), ("row_count", rows), ("effect", EFFECT)):
            connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        for statement in (_MACROS, _SHAPES, _scored().sql(dialect="duckdb"), _ROWS):
            connection.execute(statement)
        written = connection.sql(_MESSY if mess else _CLEAN)
        if path.suffix == ".parquet":
            written.write_parquet(str(path))
        else:
            written.write_csv(str(path))


def _scored() -> exp.Expression:
    score = exp.alias_(true_propensity(), "propensity"), exp.alias_(_linear(OUTCOME), "baseline")
    return exp.Create(this=exp.to_table("scored"), kind="TEMP VIEW", expression=exp.select("*", *score).from_("shapes"))


def _linear(coefficients: dict[str, float]) -> exp.Expression:
    terms = [
        exp.Mul(this=exp.convert(coefficient), expression=parse_one(term, read="duckdb"))
        for term, coefficient in coefficients.items()
    ]
    total: exp.Expression = terms[0]
    for term in terms[1:]:
        total = exp.Add(this=total, expression=term)
    return total
