MODEL (
  name diagnostics.@{dataset}_contrasts,
  kind FULL,
  description 'Each number, level and missing indicator in the two arms: means and variance ratios, unadjusted and under each weighting',
  grain (segment, stratum, covariate),
  columns (
    segment TEXT,
    stratum TEXT,
    covariate TEXT,
    parent TEXT,
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
    parent = 'The contract''s covariate',
    type = 'continuous or binary',
    variance_treated = 'Unweighted, of a number',
    treated_ate = 'Mean among the treated under ATE weights; of a binary row a share',
    ratio_ate = 'Variance of the treated over that of the untreated under ATE weights'
  ),
  audits (
    not_null(columns := (segment, stratum, covariate, parent, type)),
    unique_combination_of_columns(columns := (segment, stratum, parent, covariate)),
    accepted_values(column := type, is_in := ('continuous', 'binary'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(of_segment)
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
    @EACH(
      [ate, att, atc, ato],
      w -> CASE
        WHEN variance = 0
        THEN 0
        ELSE (
          xx_@w / s_@w - (
            x_@w / s_@w
          ) * (
            x_@w / s_@w
          )
        ) / (
          1 - ss_@w / (
            s_@w * s_@w
          )
        )
      END AS variance_@w
    ),
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
    CASE WHEN v.name IS NULL THEN 'continuous' ELSE 'binary' END AS type,
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
), missing_rows AS (
  SELECT
    t.segment,
    t.stratum,
    t.covariate || ':<NA>' AS covariate,
    t.covariate AS parent,
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
  WHERE
    t.missing + c.missing > 0
), ranked_levels AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY covariate ORDER BY level = '<NA>', level) AS position,
    COUNT(*) OVER (PARTITION BY covariate) AS siblings
  FROM diagnostics.@{dataset}_levels
), level_rows AS (
  /* All levels of a factor of three or more; the second of two says it all */
  SELECT
    '' AS segment,
    '' AS stratum,
    l.covariate || CASE WHEN l.level = '<NA>' THEN ':' ELSE '_' END || l.level AS covariate,
    l.covariate AS parent,
    'binary' AS type,
    t.arm_unadjusted AS n_treated,
    c.arm_unadjusted AS n_control,
    NULL AS variance_treated,
    NULL AS variance_control,
    @EACH([unadjusted, ate, att, atc, ato], w -> treated_@w / t.arm_@w AS treated_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> control_@w / c.arm_@w AS control_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> NULL AS ratio_@w)
  FROM ranked_levels AS l
  INNER JOIN diagnostics.@{dataset}_moments AS t
    ON t._treated = 1 AND t.covariate = '' AND t.factor = ''
  INNER JOIN diagnostics.@{dataset}_moments AS c
    ON c._treated = 0 AND c.covariate = '' AND c.factor = ''
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
