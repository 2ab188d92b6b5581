MODEL (
  name diagnostics.@{dataset}_products,
  kind FULL,
  description 'Products of a level with a number or with a level of another factor, in the columns of the contrasts; empty unless the contract asks',
  grain (covariate, weighting),
  columns (
    segment TEXT,
    stratum TEXT,
    covariate TEXT,
    parent TEXT,
    term TEXT,
    type TEXT,
    n_treated BIGINT,
    n_control BIGINT,
    weighting TEXT,
    mean_treated DOUBLE,
    mean_control DOUBLE,
    variance_treated DOUBLE,
    variance_control DOUBLE
  ),
  column_descriptions (
    covariate = 'As cobalt names it, the covariate that the contract lists first in front: age * plan_paid',
    parent = 'The two covariates'
  ),
  audits (
    not_null(columns := (covariate, parent, term, type, weighting)),
    unique_combination_of_columns(columns := (parent, covariate, weighting))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(products, places, interactions, variance)
);

/* As in cobalt nothing is multiplied with a missing indicator, nor a factor's level with another of its own */
WITH sums AS (
  SELECT
    *
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate <> '' AND NOT covariate IN (SELECT covariate FROM @products AS p)
), crossed AS (
  /* A number that is 0 outside of a level: its arm's sums, and those in the level */
  SELECT
    a.covariate AS number,
    l.covariate AS factor,
    l.level,
    a.weighting,
    a._treated,
    a.n,
    a.s,
    a.ss,
    COALESCE(i.s, 0) AS within,
    COALESCE(i.squares, 0) AS level_squares,
    COALESCE(i.mean, 0) AS level_mean,
    COALESCE(i.s * i.mean, 0) / a.s AS mean
  FROM sums AS a
  INNER JOIN diagnostics.@{dataset}_levels AS l
    ON a.weighting = l.weighting
  LEFT JOIN sums AS i
    ON l.covariate = i.factor
    AND l.level = i.level
    AND a.covariate = i.covariate
    AND a.weighting = i.weighting
    AND a._treated = i._treated
  WHERE
    a.factor = '' AND l.factor = '' AND l.level <> '<NA>' AND @interactions
), number_arms AS (
  /* The squares about the product's mean: within the level, of the level's mean, and of the zeros */
  SELECT
    number,
    factor,
    level,
    weighting,
    _treated,
    n,
    mean,
    s,
    ss,
    level_squares + within * POWER(level_mean - mean, 2) + (
      s - within
    ) * POWER(mean, 2) AS squares
  FROM crossed
), spread AS (
  SELECT
    *,
    @variance AS variance
  FROM number_arms
), two_values AS (
  SELECT
    covariate
  FROM diagnostics.@{dataset}_distributions
  WHERE
    distinct_values = 2 AND lowest = 0 AND highest = 1
), number_rows AS (
  SELECT
    t.number AS first,
    t.factor AS second,
    t.number AS first_said,
    t.factor || '_' || t.level AS second_said,
    CASE WHEN v.covariate IS NULL THEN 'continuous' ELSE 'binary' END AS type,
    t.n AS n_treated,
    c.n AS n_control,
    t.weighting,
    t.mean AS mean_treated,
    c.mean AS mean_control,
    t.variance AS variance_treated,
    c.variance AS variance_control
  FROM spread AS t
  INNER JOIN spread AS c
    ON t.number = c.number
    AND t.factor = c.factor
    AND t.level = c.level
    AND t.weighting = c.weighting
    AND t._treated = 1
    AND c._treated = 0
  LEFT JOIN two_values AS v
    ON t.number = v.covariate
), level_rows AS (
  SELECT
    l.factor AS first,
    l.covariate AS second,
    l.factor || '_' || l.stratum AS first_said,
    l.covariate || '_' || l.level AS second_said,
    'binary' AS type,
    t.arm_rows AS n_treated,
    c.arm_rows AS n_control,
    l.weighting,
    l.treated / t.arm_weight AS mean_treated,
    l.control / c.arm_weight AS mean_control,
    NULL AS variance_treated,
    NULL AS variance_control
  FROM diagnostics.@{dataset}_levels AS l
  INNER JOIN diagnostics.@{dataset}_moments AS t
    ON l.weighting = t.weighting AND t.factor = '' AND t._treated = 1 AND t.covariate = ''
  INNER JOIN diagnostics.@{dataset}_moments AS c
    ON l.weighting = c.weighting AND c.factor = '' AND c._treated = 0 AND c.covariate = ''
  WHERE
    LIST_CONTAINS(@places, l.factor)
    AND LIST_CONTAINS(@places, l.covariate)
    AND l.stratum <> '<NA>'
    AND l.level <> '<NA>'
    AND @interactions
), multiplied AS (
  SELECT
    *
  FROM number_rows
  UNION ALL
  SELECT
    *
  FROM level_rows
)
SELECT
  '' AS segment,
  '' AS stratum,
  CASE
    WHEN LIST_POSITION(@places, first) < LIST_POSITION(@places, second)
    THEN first_said || ' * ' || second_said
    ELSE second_said || ' * ' || first_said
  END AS covariate,
  CASE
    WHEN LIST_POSITION(@places, first) < LIST_POSITION(@places, second)
    THEN first || ' * ' || second
    ELSE second || ' * ' || first
  END AS parent,
  'product' AS term,
  type,
  n_treated,
  n_control,
  weighting,
  mean_treated,
  mean_control,
  variance_treated,
  variance_control
FROM multiplied
