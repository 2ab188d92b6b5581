"""The figures as SQL: one definition for the project's models and for the macros of ciq.sql.

x is a covariate, t the treatment (0 or 1), e the propensity score, pi the share of treated rows, w a weight.
docs/statistics.md has the definitions in words, with their sources.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp

_DIALECT = "duckdb"


@dataclass(frozen=True)
class Figure:
    """An expression over ``parameters``, which may call other figures; ``says`` is what a reader should know of it.

    A name may stand for several figures with other numbers of parameters. One that begins with an underscore is a part
    of others.
    """

    name: str
    parameters: tuple[str, ...]
    sql: str
    says: str = ""


FIGURES = (
    Figure("_ipw_ate", ("e", "t"), "CASE WHEN t = 1 THEN 1 / e ELSE 1 / (1 - e) END"),
    Figure("_ipw_att", ("e", "t"), "CASE WHEN t = 1 THEN 1.0 ELSE e / (1 - e) END"),
    Figure("_ipw_atc", ("e", "t"), "CASE WHEN t = 1 THEN (1 - e) / e ELSE 1.0 END"),
    Figure("_ipw_ato", ("e", "t"), "CASE WHEN t = 1 THEN 1 - e ELSE e END"),
    Figure(
        "ipw",
        ("e", "t", "estimand"),
        """CASE UPPER(estimand)
  WHEN 'ATE' THEN _ipw_ate(e, t)
  WHEN 'ATT' THEN _ipw_att(e, t)
  WHEN 'ATC' THEN _ipw_atc(e, t)
  WHEN 'ATO' THEN _ipw_ato(e, t)
  ELSE ERROR('the estimand is ATE, ATT, ATC or ATO, not ' || COALESCE(estimand, 'NULL'))
END""",
        "The weight towards the population that the estimand (ATE, ATT, ATC, ATO) names",
    ),
    Figure(
        "preference_score",
        ("e", "pi"),
        "e * (1 - pi) / (e * (1 - pi) + (1 - e) * pi)",
        "Walker et al. 2013: the score with the prevalence taken out, logit F = logit e - logit pi",
    ),
    Figure("_in_equipoise", ("f",), "CASE WHEN f BETWEEN 0.3 AND 0.7 THEN 1.0 ELSE 0.0 END"),
    Figure("equipoise", ("e", "pi"), "AVG(_in_equipoise(preference_score(e, pi)))"),
    Figure("overlap_share", ("e",), "AVG(CASE WHEN e > 0.05 AND e < 0.95 THEN 1.0 ELSE 0.0 END)"),
    Figure("ess", ("w",), "POWER(SUM(w), 2) / SUM(w * w)", "Kish's effective sample size"),
    Figure("_histogram_bin", ("e", "bins"), "LEAST(FLOOR(e * bins), bins - 1)"),
    Figure(
        "_weighted_mean",
        ("x", "w", "t", "arm"),
        "SUM(w * x) FILTER (t = arm) / SUM(w) FILTER (t = arm AND x IS NOT NULL)",
    ),
    Figure(
        "_spread",
        ("x", "t", "arm"),
        """CASE
  WHEN COUNT(x) FILTER (x NOT IN (0, 1)) = 0
  THEN AVG(x) FILTER (arm IS NULL OR t = arm) * (1 - AVG(x) FILTER (arm IS NULL OR t = arm))
  ELSE VAR_SAMP(x) FILTER (arm IS NULL OR t = arm)
END""",
        "Unweighted variance of an arm, or of all where arm is NULL: p (1 - p) where x is 0 or 1 throughout",
    ),
    Figure("_scale_pooled", ("v1", "v0", "s_all"), "COALESCE(NULLIF(SQRT((v1 + v0) / 2), 0), s_all)"),
    Figure("_scale", ("v", "s_all"), "COALESCE(NULLIF(SQRT(v), 0), s_all)"),
    Figure(
        "_denominator",
        ("x", "t", "estimand"),
        """CASE UPPER(estimand)
  WHEN 'ATT' THEN _scale(_spread(x, t, 1), SQRT(_spread(x, t, NULL)))
  WHEN 'ATC' THEN _scale(_spread(x, t, 0), SQRT(_spread(x, t, NULL)))
  ELSE _scale_pooled(_spread(x, t, 1), _spread(x, t, 0), SQRT(_spread(x, t, NULL)))
END""",
        "Stuart 2010: always of the unweighted sample; where it is 0, that of all rows",
    ),
    Figure(
        "smd",
        ("x", "t"),
        "(AVG(x) FILTER (t = 1) - AVG(x) FILTER (t = 0)) / _denominator(x, t, 'ATE')",
        "Standardised mean difference: unadjusted over the pooled deviation, or weighted for an estimand",
    ),
    Figure(
        "smd",
        ("x", "t", "w", "estimand"),
        "(_weighted_mean(x, w, t, 1) - _weighted_mean(x, w, t, 0)) / _denominator(x, t, estimand)",
    ),
    Figure(
        "_variance_of_squares",
        ("squares", "s", "ss"),
        "squares / NULLIF(s - ss / NULLIF(s, 0), 0)",
        "cobalt's col.w.v of the sums of w (x - m)^2, w and w^2: the first over 1 - sum of w^2, as shares",
    ),
    Figure(
        "_weighted_variance",
        ("x", "w", "t", "arm"),
        """_variance_of_squares(
  SUM(w * x * x) FILTER (t = arm) - _weighted_mean(x, w, t, arm) * SUM(w * x) FILTER (t = arm),
  SUM(w) FILTER (t = arm AND x IS NOT NULL),
  SUM(w * w) FILTER (t = arm AND x IS NOT NULL)
)""",
    ),
    Figure(
        "variance_ratio",
        ("x", "t"),
        "VAR_SAMP(x) FILTER (t = 1) / VAR_SAMP(x) FILTER (t = 0)",
        "Variance of the treated over that of the untreated, unadjusted or weighted",
    ),
    Figure("variance_ratio", ("x", "t", "w"), "_weighted_variance(x, w, t, 1) / _weighted_variance(x, w, t, 0)"),
)
"""In an order in which each calls only those above it."""

CRUMP_ALPHA = """\
WITH costs AS (
  SELECT CASE WHEN ps_hat * (1 - ps_hat) > 1e-300 THEN 1 / (ps_hat * (1 - ps_hat)) END AS g
  FROM scores
), edges AS (
  /* Nothing costs under 4, and the bound is twice a mean: what costs up to 8 is within it. A score of exactly 0 or 1,
     which has no edge, is beyond any bound */
  SELECT CASE WHEN g > 8 THEN g WHEN g <= 8 THEN 8 END AS edge, COUNT(*) AS n, SUM(g) AS total
  FROM costs
  GROUP BY 1
), running AS (
  SELECT edge, SUM(n) OVER within AS n, SUM(total) OVER within / SUM(n) OVER within AS mean, SUM(n) OVER () AS of_all
  FROM edges
  WINDOW within AS (ORDER BY edge NULLS LAST ROWS UNBOUNDED PRECEDING)
)
SELECT CASE
  WHEN MAX(n) = MAX(of_all) THEN 0
  ELSE COALESCE(0.5 - SQRT(GREATEST(0.25 - 1 / (2 * MAX(mean)), 0)), 0.5)
END AS alpha
FROM running
WHERE edge <= 2 * mean"""
"""The trim that minimises the variance of the effect's estimate, of a table ``scores``, one row: keep the rows with
alpha <= ps_hat <= 1 - alpha. The largest bound on g = 1 / (e (1 - e)) that is at most twice the mean of the g within
it; alpha is 0 where no row exceeds twice the overall mean (Crump, Hotz, Imbens & Mitnik 2009)."""

_BY_CALL = {(figure.name, len(figure.parameters)): figure for figure in FIGURES}


def figure(name: str, *arguments: exp.Expr) -> exp.Expr:
    """The figure of ``arguments`` written out, for engines that have no macros. Raises KeyError for no such figure."""
    found = _BY_CALL[name, len(arguments)]
    given = dict(zip(found.parameters, arguments, strict=True))

    def written_out(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in given:
            return exp.paren(given[node.name].copy()) if _binds_loosely(given[node.name]) else given[node.name].copy()
        if isinstance(node, exp.Anonymous) and (node.name.lower(), len(node.expressions)) in _BY_CALL:
            inner = [argument.transform(written_out) for argument in node.expressions]
            return exp.paren(figure(node.name.lower(), *inner))
        return node

    return sqlglot.parse_one(found.sql, dialect=_DIALECT).transform(written_out)


def crump_alpha(scores: exp.Table) -> exp.Subquery:
    """:data:`CRUMP_ALPHA` of the table ``scores``."""
    query = sqlglot.parse_one(CRUMP_ALPHA, dialect=_DIALECT)
    for table in query.find_all(exp.Table):
        if table.name == "scores":
            table.replace(scores.copy())
    assert isinstance(query, exp.Query)
    return exp.Subquery(this=query)


def _binds_loosely(value: exp.Expr) -> bool:
    return isinstance(value, exp.Binary | exp.Unary) and not isinstance(value, exp.Paren)
