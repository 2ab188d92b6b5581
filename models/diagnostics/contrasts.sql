MODEL (
  name diagnostics.@{dataset}_contrasts,
  kind FULL,
  description 'Each number, level, missing indicator, square and product in the two arms: means and variance ratios, unadjusted and under each weighting, of the whole and within each segment',
  grain (segment, stratum, covariate),
  columns (
    segment TEXT,
    stratum TEXT,
    covariate TEXT,
    parent TEXT,
    term TEXT,
    type TEXT,
    n_treated BIGINT,
    n_control BIGINT,
    variance_treated DOUBLE,
    variance_control DOUBLE,
    treated_unadjusted DOUBLE,
    treated_ate DOUBLE,
    treated_att DOUBLE,
    treated_atc DOUBLE,
    treated_ato DOUBLE,
    control_unadjusted DOUBLE,
    control_ate DOUBLE,
    control_att DOUBLE,
    control_atc DOUBLE,
    control_ato DOUBLE,
    ratio_unadjusted DOUBLE,
    ratio_ate DOUBLE,
    ratio_att DOUBLE,
    ratio_atc DOUBLE,
    ratio_ato DOUBLE
  ),
  column_descriptions (
    segment = 'The declared segment that the rows are of; empty for the whole',
    stratum = 'The value of the segment',
    covariate = 'As cobalt names it: the covariate, covariate_level, or covariate:<NA> for a missing indicator',
    parent = 'The contract''s covariate; of a square or product its own name',
    term = 'covariate, square or product',
    type = 'continuous or binary',
    variance_treated = 'Unweighted, of a number',
    treated_ate = 'Mean among the treated under ATE weights; of a binary row a share',
    ratio_ate = 'Variance of the treated over that of the untreated under ATE weights'
  ),
  audits (
    not_null(columns := (segment, stratum, covariate, parent, term, type)),
    unique_combination_of_columns(columns := (segment, stratum, parent, covariate)),
    accepted_values(column := type, is_in := ('continuous', 'binary'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(of_segment, of_segment_of_pair, products, weighted_variances)
);

WITH number_arms AS (
  SELECT
    factor AS segment,
    level AS stratum,
    covariate,
    _treated,
    n,
    mean AS mean_unadjusted,
    variance AS variance_unadjusted,
    arm_unadjusted - n AS missing,
    (
      arm_unadjusted - n
    ) / arm_unadjusted AS missing_unadjusted,
    @EACH(
      [ate, att, atc, ato],
      w -> (
        centre + x_@w / s_@w
      ) AS mean_@w
    ),
    /* Sum of w (x - m)^2 over 1 - sum of w^2, weights summing to 1: cobalt's col.w.v */
    @EACH(@weighted_variances, c -> c),
    @EACH(
      [ate, att, atc, ato],
      w -> (
        arm_@w - COALESCE(s_@w, 0)
      ) / arm_@w AS missing_@w
    )
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate <> '' AND @of_segment
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
    t.segment,
    t.stratum,
    COALESCE(v.name, t.covariate) AS covariate,
    t.covariate AS parent,
    CASE WHEN p.covariate IS NULL THEN 'covariate' WHEN p.first = p.second THEN 'square' ELSE 'product' END AS term,
    CASE
      WHEN NOT v.name IS NULL OR (
        a.name = p.first AND b.name = p.second
      )
      THEN 'binary'
      ELSE 'continuous'
    END AS type,
    t.n AS n_treated,
    c.n AS n_control,
    t.variance_unadjusted AS variance_treated,
    c.variance_unadjusted AS variance_control,
    @EACH(
      [unadjusted, ate, att, atc, ato],
      w -> CASE WHEN v.name IS NULL THEN t.mean_@w ELSE (
        t.mean_@w - v.lowest
      ) / (
        v.highest - v.lowest
      ) END AS treated_@w
    ),
    @EACH(
      [unadjusted, ate, att, atc, ato],
      w -> CASE WHEN v.name IS NULL THEN c.mean_@w ELSE (
        c.mean_@w - v.lowest
      ) / (
        v.highest - v.lowest
      ) END AS control_@w
    ),
    @EACH([unadjusted, ate, att, atc, ato], w -> t.variance_@w / NULLIF(c.variance_@w, 0) AS ratio_@w)
  FROM number_arms AS t
  INNER JOIN number_arms AS c
    ON t.segment = c.segment AND t.stratum = c.stratum AND t.covariate = c.covariate AND t._treated = 1 AND c._treated = 0
  LEFT JOIN two_values AS v
    ON t.covariate = v.covariate
  LEFT JOIN @products AS p
    ON t.covariate = p.covariate
  LEFT JOIN two_values AS a
    ON p.first = a.covariate
  LEFT JOIN two_values AS b
    ON p.second = b.covariate
  WHERE
    p.covariate IS NULL OR p.first <> p.second OR a.name IS NULL
), missing_rows AS (
  SELECT
    t.segment,
    t.stratum,
    t.covariate || ':<NA>' AS covariate,
    t.covariate AS parent,
    'covariate' AS term,
    'binary' AS type,
    t.n + t.missing AS n_treated,
    c.n + c.missing AS n_control,
    NULL AS variance_treated,
    NULL AS variance_control,
    @EACH([unadjusted, ate, att, atc, ato], w -> t.missing_@w AS treated_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> c.missing_@w AS control_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> NULL AS ratio_@w)
  FROM number_arms AS t
  INNER JOIN number_arms AS c
    ON t.segment = c.segment AND t.stratum = c.stratum AND t.covariate = c.covariate AND t._treated = 1 AND c._treated = 0
  LEFT JOIN @products AS p
    ON t.covariate = p.covariate
  WHERE
    t.missing + c.missing > 0 AND p.covariate IS NULL
), ranked_levels AS (
  SELECT
    covariate,
    level,
    ROW_NUMBER() OVER (PARTITION BY covariate ORDER BY level = '<NA>', level) AS position,
    COUNT(*) OVER (PARTITION BY covariate) AS siblings
  FROM diagnostics.@{dataset}_levels
  WHERE
    factor = ''
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
    t.arm_unadjusted AS n_treated,
    c.arm_unadjusted AS n_control,
    NULL AS variance_treated,
    NULL AS variance_control,
    @EACH([unadjusted, ate, att, atc, ato], w -> treated_@w / t.arm_@w AS treated_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> control_@w / c.arm_@w AS control_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> NULL AS ratio_@w)
  FROM within AS l
  INNER JOIN ranked_levels AS r
    ON l.covariate = r.covariate AND l.level = r.level
  INNER JOIN diagnostics.@{dataset}_moments AS t
    ON l.factor = t.factor AND l.stratum = t.level AND t._treated = 1 AND t.covariate = ''
  INNER JOIN diagnostics.@{dataset}_moments AS c
    ON l.factor = c.factor AND l.stratum = c.level AND c._treated = 0 AND c.covariate = ''
  WHERE
    (
      siblings <> 2 OR position = 2
    ) AND @of_segment_of_pair
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
