/* ciq's statistics for any DuckDB: `.read ciq.sql` in its command line, or
   ciq.duckdb.load(connection) in Python.
   x is a covariate, t the treatment (0 or 1), e the propensity score, pi the share of treated rows, w a weight.
   The definitions and their sources stand in docs/statistics.md. `make docs` writes this file. */

CREATE OR REPLACE MACRO _ipw_ate
  (e, t) AS CASE WHEN t = 1 THEN 1 / e ELSE 1 / (1 - e) END;

CREATE OR REPLACE MACRO _ipw_att
  (e, t) AS CASE WHEN t = 1 THEN 1.0 ELSE e / (1 - e) END;

CREATE OR REPLACE MACRO _ipw_atc
  (e, t) AS CASE WHEN t = 1 THEN (1 - e) / e ELSE 1.0 END;

CREATE OR REPLACE MACRO _ipw_ato
  (e, t) AS CASE WHEN t = 1 THEN 1 - e ELSE e END;

/* The weight towards the population that the estimand (ATE, ATT, ATC, ATO) names */
CREATE OR REPLACE MACRO ipw
  (e, t, estimand) AS CASE UPPER(estimand)
    WHEN 'ATE' THEN _ipw_ate(e, t)
    WHEN 'ATT' THEN _ipw_att(e, t)
    WHEN 'ATC' THEN _ipw_atc(e, t)
    WHEN 'ATO' THEN _ipw_ato(e, t)
    ELSE ERROR('the estimand is ATE, ATT, ATC or ATO, not ' || COALESCE(estimand, 'NULL'))
  END;

/* Walker et al. 2013: the score with the prevalence taken out, logit F = logit e - logit pi */
CREATE OR REPLACE MACRO preference_score
  (e, pi) AS e * (1 - pi) / (e * (1 - pi) + (1 - e) * pi);

CREATE OR REPLACE MACRO _in_equipoise
  (f) AS CASE WHEN f BETWEEN 0.3 AND 0.7 THEN 1.0 ELSE 0.0 END;

CREATE OR REPLACE MACRO equipoise
  (e, pi) AS AVG(_in_equipoise(preference_score(e, pi)));

CREATE OR REPLACE MACRO overlap_share
  (e) AS AVG(CASE WHEN e > 0.05 AND e < 0.95 THEN 1.0 ELSE 0.0 END);

/* Kish's effective sample size */
CREATE OR REPLACE MACRO ess
  (w) AS POWER(SUM(w), 2) / SUM(w * w);

CREATE OR REPLACE MACRO _histogram_bin
  (e, bins) AS LEAST(FLOOR(e * bins), bins - 1);

CREATE OR REPLACE MACRO _weighted_mean
  (x, w, t, arm) AS SUM(w * x) FILTER (t = arm) / SUM(w) FILTER (t = arm AND x IS NOT NULL);

/* Unweighted variance of an arm, or of all where arm is NULL: p (1 - p) where x is 0 or 1 throughout */
CREATE OR REPLACE MACRO _spread
  (x, t, arm) AS CASE
    WHEN COUNT(x) FILTER (x NOT IN (0, 1)) = 0
    THEN AVG(x) FILTER (arm IS NULL OR t = arm) * (1 - AVG(x) FILTER (arm IS NULL OR t = arm))
    ELSE VAR_SAMP(x) FILTER (arm IS NULL OR t = arm)
  END;

CREATE OR REPLACE MACRO _scale_pooled
  (v1, v0, s_all) AS COALESCE(NULLIF(SQRT((v1 + v0) / 2), 0), s_all);

CREATE OR REPLACE MACRO _scale
  (v, s_all) AS COALESCE(NULLIF(SQRT(v), 0), s_all);

/* Stuart 2010: always of the unweighted sample; where it is 0, that of all rows */
CREATE OR REPLACE MACRO _denominator
  (x, t, estimand) AS CASE UPPER(estimand)
    WHEN 'ATT' THEN _scale(_spread(x, t, 1), SQRT(_spread(x, t, NULL)))
    WHEN 'ATC' THEN _scale(_spread(x, t, 0), SQRT(_spread(x, t, NULL)))
    ELSE _scale_pooled(_spread(x, t, 1), _spread(x, t, 0), SQRT(_spread(x, t, NULL)))
  END;

/* Standardised mean difference: unadjusted over the pooled deviation, or weighted for an estimand */
CREATE OR REPLACE MACRO smd
  (x, t) AS (AVG(x) FILTER (t = 1) - AVG(x) FILTER (t = 0)) / _denominator(x, t, 'ATE'),
  (x, t, w, estimand) AS (_weighted_mean(x, w, t, 1) - _weighted_mean(x, w, t, 0)) / _denominator(x, t, estimand);

/* cobalt's col.w.v of the sums of w (x - m)^2, w and w^2: the first over 1 - sum of w^2, as shares */
CREATE OR REPLACE MACRO _variance_of_squares
  (squares, s, ss) AS squares / NULLIF(s - ss / NULLIF(s, 0), 0);

CREATE OR REPLACE MACRO _weighted_variance
  (x, w, t, arm) AS _variance_of_squares(
    SUM(w * x * x) FILTER (t = arm) - _weighted_mean(x, w, t, arm) * SUM(w * x) FILTER (t = arm),
    SUM(w) FILTER (t = arm AND x IS NOT NULL),
    SUM(w * w) FILTER (t = arm AND x IS NOT NULL)
  );

/* Variance of the treated over that of the untreated, unadjusted or weighted */
CREATE OR REPLACE MACRO variance_ratio
  (x, t) AS VAR_SAMP(x) FILTER (t = 1) / VAR_SAMP(x) FILTER (t = 0),
  (x, t, w) AS _weighted_variance(x, w, t, 1) / _weighted_variance(x, w, t, 0);

/* FROM crump_alpha('scores'): the trim alpha <= ps_hat <= 1 - alpha of Crump, Hotz, Imbens & Mitnik 2009 */
CREATE OR REPLACE MACRO crump_alpha(scores) AS TABLE
  WITH costs AS (
    SELECT CASE WHEN ps_hat * (1 - ps_hat) > 1e-300 THEN 1 / (ps_hat * (1 - ps_hat)) END AS g
    FROM QUERY_TABLE(scores)
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
  WHERE edge <= 2 * mean;

/* FROM overlap_histogram('scores'): rows of each arm by ps_hat, in equal bins from 0 to 1 */
CREATE OR REPLACE MACRO overlap_histogram(scores, bins := 20) AS TABLE
  SELECT
    _histogram_bin(ps_hat, bins) / bins AS bin_from,
    COUNT(*) FILTER (_treated = 1) AS treated,
    COUNT(*) FILTER (_treated = 0) AS control
  FROM QUERY_TABLE(scores)
  GROUP BY 1
  ORDER BY 1;
