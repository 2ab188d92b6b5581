MODEL (
  name diagnostics.@{dataset}_contrasts,
  kind FULL,
  description 'Each number, level, missing indicator, square and product in the two arms: means and variances, unadjusted and under each weighting, of the whole and within each segment',
  grain (segment, stratum, covariate, weighting),
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
    segment = 'The declared segment that the rows are of; empty for the whole',
    stratum = 'The value of the segment',
    covariate = 'As cobalt names it: the covariate, covariate_level, or covariate:<NA> for a missing indicator',
    parent = 'The contract''s covariate; of a square or product its own name',
    term = 'covariate, square or product',
    type = 'continuous or binary',
    weighting = 'unadjusted, ate, att, atc or ato',
    mean_treated = 'Of a binary row a share',
    variance_treated = 'Of a number'
  ),
  audits (
    not_null(columns := (segment, stratum, covariate, parent, term, type, weighting)),
    unique_combination_of_columns(columns := (segment, stratum, parent, covariate, weighting)),
    accepted_values(column := type, is_in := ('continuous', 'binary'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(of_segment, products)
);

WITH arms AS (
  SELECT
    *
  FROM diagnostics.@{dataset}_moments
  WHERE
    @of_segment
), numbers AS (
  SELECT
    t.factor AS segment,
    t.level AS stratum,
    t.covariate,
    t.weighting,
    t.n AS n_treated,
    c.n AS n_control,
    t.mean AS mean_treated,
    c.mean AS mean_control,
    t.variance AS variance_treated,
    c.variance AS variance_control,
    t.arm_rows AS rows_treated,
    c.arm_rows AS rows_control,
    (
      t.arm_weight - t.s
    ) / t.arm_weight AS missing_treated,
    (
      c.arm_weight - c.s
    ) / c.arm_weight AS missing_control,
    p.first,
    p.second
  FROM arms AS t
  INNER JOIN arms AS c
    ON t.factor = c.factor
    AND t.level = c.level
    AND t.covariate = c.covariate
    AND t.weighting = c.weighting
    AND t._treated = 1
    AND c._treated = 0
  LEFT JOIN @products AS p
    ON t.covariate = p.covariate
  WHERE
    t.covariate <> ''
), two_values AS (
  /* As in cobalt, a number with two values is the share of the larger one; only of 0 and 1 it keeps its name */
  SELECT
    covariate,
    lowest,
    highest,
    CASE
      WHEN lowest = 0 AND highest = 1
      THEN covariate
      WHEN highest = FLOOR(highest) AND ABS(highest) < 1e15
      THEN covariate || '_' || CAST(CAST(highest AS BIGINT) AS TEXT)
      ELSE covariate || '_' || CAST(highest AS TEXT)
    END AS name
  FROM diagnostics.@{dataset}_distributions
  WHERE
    distinct_values = 2
), number_rows AS (
  SELECT
    segment,
    stratum,
    COALESCE(v.name, t.covariate) AS covariate,
    t.covariate AS parent,
    CASE WHEN t.first IS NULL THEN 'covariate' WHEN t.first = t.second THEN 'square' ELSE 'product' END AS term,
    CASE
      WHEN NOT v.name IS NULL OR (
        a.name = t.first AND b.name = t.second
      )
      THEN 'binary'
      ELSE 'continuous'
    END AS type,
    n_treated,
    n_control,
    weighting,
    CASE WHEN v.name IS NULL THEN mean_treated ELSE (
      mean_treated - v.lowest
    ) / (
      v.highest - v.lowest
    ) END AS mean_treated,
    CASE WHEN v.name IS NULL THEN mean_control ELSE (
      mean_control - v.lowest
    ) / (
      v.highest - v.lowest
    ) END AS mean_control,
    variance_treated,
    variance_control
  FROM numbers AS t
  LEFT JOIN two_values AS v
    ON t.covariate = v.covariate
  LEFT JOIN two_values AS a
    ON t.first = a.covariate
  LEFT JOIN two_values AS b
    ON t.second = b.covariate
  WHERE
    t.first IS NULL OR t.first <> t.second OR a.name IS NULL
), missing_rows AS (
  SELECT
    segment,
    stratum,
    covariate || ':<NA>' AS covariate,
    covariate AS parent,
    'covariate' AS term,
    'binary' AS type,
    rows_treated AS n_treated,
    rows_control AS n_control,
    weighting,
    missing_treated AS mean_treated,
    missing_control AS mean_control,
    NULL AS variance_treated,
    NULL AS variance_control
  FROM numbers
  WHERE
    rows_treated + rows_control > n_treated + n_control AND first IS NULL
), ranked_levels AS (
  SELECT
    covariate,
    level,
    ROW_NUMBER() OVER (PARTITION BY covariate ORDER BY level = '<NA>', level) AS position,
    COUNT(*) OVER (PARTITION BY covariate) AS siblings
  FROM diagnostics.@{dataset}_levels
  WHERE
    factor = '' AND weighting = 'unadjusted'
), within AS (
  /* A pair of columns is there once, and each of the two may be the segment */
  SELECT
    *
  FROM diagnostics.@{dataset}_levels
  UNION ALL
  SELECT
    * REPLACE (covariate AS factor, level AS stratum, factor AS covariate, stratum AS level)
  FROM diagnostics.@{dataset}_levels
  WHERE
    factor <> ''
), level_rows AS (
  /* All levels of a factor of three or more; the second of two says it all */
  SELECT
    l.factor AS segment,
    l.stratum,
    l.covariate || CASE WHEN l.level = '<NA>' THEN ':' ELSE '_' END || l.level AS covariate,
    l.covariate AS parent,
    'covariate' AS term,
    'binary' AS type,
    t.arm_rows AS n_treated,
    c.arm_rows AS n_control,
    l.weighting,
    l.treated / t.arm_weight AS mean_treated,
    l.control / c.arm_weight AS mean_control,
    NULL AS variance_treated,
    NULL AS variance_control
  FROM within AS l
  INNER JOIN ranked_levels AS r
    ON l.covariate = r.covariate AND l.level = r.level
  INNER JOIN arms AS t
    ON l.factor = t.factor AND l.stratum = t.level AND l.weighting = t.weighting AND t._treated = 1 AND t.covariate = ''
  INNER JOIN arms AS c
    ON l.factor = c.factor AND l.stratum = c.level AND l.weighting = c.weighting AND c._treated = 0 AND c.covariate = ''
  WHERE
    siblings <> 2 OR position = 2
)
SELECT
  *
FROM number_rows
UNION ALL
SELECT
  *
FROM missing_rows
UNION ALL
SELECT
  *
FROM level_rows
UNION ALL
SELECT
  *
FROM diagnostics.@{dataset}_products
