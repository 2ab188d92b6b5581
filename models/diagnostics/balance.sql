MODEL (
  name diagnostics.@{dataset}_balance,
  kind FULL,
  description 'Covariate balance, a row per number, level and missing indicator: means, SMD, variance ratio and KS, unadjusted and under each weighting',
  grain covariate,
  columns (
    covariate TEXT,
    parent TEXT,
    type TEXT,
    n_treated BIGINT,
    n_control BIGINT,
    mean_treated DOUBLE,
    mean_control DOUBLE,
    raw_difference DOUBLE,
    smd_unadjusted DOUBLE,
    smd_unadjusted_att DOUBLE,
    smd_ate DOUBLE,
    smd_att DOUBLE,
    smd_atc DOUBLE,
    smd_ato DOUBLE,
    variance_ratio_unadjusted DOUBLE,
    variance_ratio_ate DOUBLE,
    variance_ratio_att DOUBLE,
    variance_ratio_atc DOUBLE,
    variance_ratio_ato DOUBLE,
    ks_unadjusted DOUBLE,
    ks_ate DOUBLE,
    ks_att DOUBLE,
    ks_atc DOUBLE,
    ks_ato DOUBLE,
    p_unadjusted DOUBLE,
    p_weighted DOUBLE
  ),
  column_descriptions (
    covariate = 'As cobalt names it: the covariate, covariate_level, or covariate:<NA> for a missing indicator',
    parent = 'The contract''s covariate',
    type = 'continuous or binary',
    smd_unadjusted = 'Unadjusted difference over the pooled unweighted SD',
    smd_unadjusted_att = 'Unadjusted difference over the SD of the treated',
    smd_ate = 'Over the pooled unweighted SD',
    smd_att = 'Over the unweighted SD of the treated',
    smd_atc = 'Over the unweighted SD of the untreated',
    smd_ato = 'Over the pooled unweighted SD',
    p_unadjusted = 'Probability of so large an unadjusted difference if |true SMD| were 0.1 (OHDSI)',
    p_weighted = 'The same for the difference under the declared estimand'
  ),
  audits (
    not_null(columns := (covariate, parent, type)),
    unique_combination_of_columns(columns := (parent, covariate)),
    accepted_values(column := type, is_in := ('continuous', 'binary'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(estimand)
);

/* P(Z > |z|) of a standard normal: Hart 1968, algorithm 5666; the part beyond 7.07 is under 1e-12 */
@DEF(
  normal_tail,
  z -> CASE
    WHEN ABS(z) < 7.07
    THEN EXP(-z * z / 2.0) * (
      (((((0.0352624965998911 * ABS(z) + 0.700383064443688) * ABS(z) + 6.37396220353165) * ABS(z) + 33.912866078383) * ABS(z) + 112.079291497871) * ABS(z) + 221.213596169931) * ABS(z) + 220.206867912376
    ) / (
      ((((((0.0883883476483184 * ABS(z) + 1.75566716318264) * ABS(z) + 16.064177579207) * ABS(z) + 86.7807322029461) * ABS(z) + 296.564248779674) * ABS(z) + 637.333633378831) * ABS(z) + 793.826512519948) * ABS(z) + 440.413735824752
    )
    ELSE 0.0
  END
);

WITH number_arms AS (
  SELECT
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
    factor = '' AND covariate <> ''
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
    COALESCE(v.name, t.covariate) AS covariate,
    t.covariate AS parent,
    CASE WHEN v.name IS NULL THEN 'continuous' ELSE 'binary' END AS type,
    t.n AS n_treated,
    c.n AS n_control,
    t.variance_unadjusted AS sample_variance_treated,
    c.variance_unadjusted AS sample_variance_control,
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
    ON t.covariate = c.covariate AND t._treated = 1 AND c._treated = 0
  LEFT JOIN two_values AS v
    ON t.covariate = v.covariate
), missing_rows AS (
  SELECT
    t.covariate || ':<NA>' AS covariate,
    t.covariate AS parent,
    'binary' AS type,
    t.n + t.missing AS n_treated,
    c.n + c.missing AS n_control,
    NULL AS sample_variance_treated,
    NULL AS sample_variance_control,
    @EACH([unadjusted, ate, att, atc, ato], w -> t.missing_@w AS treated_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> c.missing_@w AS control_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> NULL AS ratio_@w)
  FROM number_arms AS t
  INNER JOIN number_arms AS c
    ON t.covariate = c.covariate AND t._treated = 1 AND c._treated = 0
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
    l.covariate || CASE WHEN l.level = '<NA>' THEN ':' ELSE '_' END || l.level AS covariate,
    l.covariate AS parent,
    'binary' AS type,
    t.arm_unadjusted AS n_treated,
    c.arm_unadjusted AS n_control,
    NULL AS sample_variance_treated,
    NULL AS sample_variance_control,
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
), compared AS (
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
), spread AS (
  /* Always of the unweighted sample (Stuart 2010); p (1 - p) for a binary covariate */
  SELECT
    *,
    CASE
      WHEN type = 'binary'
      THEN treated_unadjusted * (
        1 - treated_unadjusted
      )
      ELSE sample_variance_treated
    END AS v1,
    CASE
      WHEN type = 'binary'
      THEN control_unadjusted * (
        1 - control_unadjusted
      )
      ELSE sample_variance_control
    END AS v0,
    treated_unadjusted - control_unadjusted AS raw_difference,
    n_treated + n_control AS n,
    (
      n_treated * treated_unadjusted + n_control * control_unadjusted
    ) / (
      n_treated + n_control
    ) AS mean_all
  FROM compared
), scales AS (
  SELECT
    *,
    SQRT(
      CASE
        WHEN type = 'binary'
        THEN mean_all * (
          1 - mean_all
        )
        ELSE (
          (
            n_treated - 1
          ) * v1 + (
            n_control - 1
          ) * v0 + n_treated * n_control / n * raw_difference * raw_difference
        ) / (
          n - 1
        )
      END
    ) AS s_all
  FROM spread
), denominators AS (
  SELECT
    *,
    COALESCE(NULLIF(SQRT((
      v1 + v0
    ) / 2), 0), s_all) AS s_pooled,
    COALESCE(NULLIF(SQRT(v1), 0), s_all) AS s_treated,
    COALESCE(NULLIF(SQRT(v0), 0), s_all) AS s_control
  FROM scales
), standardised AS (
  SELECT
    *,
    CASE WHEN raw_difference = 0 THEN 0 ELSE raw_difference / s_pooled END AS smd_unadjusted,
    CASE WHEN raw_difference = 0 THEN 0 ELSE raw_difference / s_treated END AS smd_unadjusted_att,
    CASE WHEN treated_ate = control_ate THEN 0 ELSE (
      treated_ate - control_ate
    ) / s_pooled END AS smd_ate,
    CASE WHEN treated_att = control_att THEN 0 ELSE (
      treated_att - control_att
    ) / s_treated END AS smd_att,
    CASE WHEN treated_atc = control_atc THEN 0 ELSE (
      treated_atc - control_atc
    ) / s_control END AS smd_atc,
    CASE WHEN treated_ato = control_ato THEN 0 ELSE (
      treated_ato - control_ato
    ) / s_pooled END AS smd_ato
  FROM denominators
), tested AS (
  SELECT
    *,
    ABS(smd_unadjusted) AS d_unadjusted,
    ABS(smd_@estimand) AS d_weighted,
    SQRT(
      n / (
        n_treated * n_control
      ) + smd_unadjusted * smd_unadjusted / (
        2 * (
          n - 2
        )
      )
    ) AS se_unadjusted,
    SQRT(
      n / (
        n_treated * n_control
      ) + smd_@estimand * smd_@estimand / (
        2 * (
          n - 2
        )
      )
    ) AS se_weighted
  FROM standardised
), deviates AS (
  SELECT
    *,
    @EACH(
      [unadjusted, weighted],
      s -> (
        d_@s - 0.1
      ) / se_@s AS above_@s
    ),
    @EACH(
      [unadjusted, weighted],
      s -> (
        d_@s + 0.1
      ) / se_@s AS below_@s
    )
  FROM tested
)
SELECT
  d.covariate,
  parent,
  type,
  n_treated,
  n_control,
  treated_unadjusted AS mean_treated,
  control_unadjusted AS mean_control,
  raw_difference,
  smd_unadjusted,
  smd_unadjusted_att,
  smd_ate,
  smd_att,
  smd_atc,
  smd_ato,
  @EACH(
    [unadjusted, ate, att, atc, ato],
    w -> CASE WHEN type = 'continuous' THEN ratio_@w END AS variance_ratio_@w
  ),
  @EACH(
    [unadjusted, ate, att, atc, ato],
    w -> CASE WHEN type = 'binary' THEN ABS(treated_@w - control_@w) ELSE ks_@w END AS ks_@w
  ),
  @EACH(
    [unadjusted, weighted],
    s -> CASE
      WHEN above_@s >= 0
      THEN @normal_tail(above_@s)
      ELSE 1 - @normal_tail(above_@s)
    END + @normal_tail(below_@s) AS p_@s
  )
FROM deviates AS d
LEFT JOIN diagnostics.@{dataset}_distributions AS k
  ON d.covariate = k.covariate
