MODEL (
  name diagnostics.@{dataset}_balance,
  kind FULL,
  description 'Covariate balance, a row per number, level and missing indicator, and per square and product where the contract asks: means, SMD, variance ratio and KS, unadjusted and under each weighting',
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
    p_weighted DOUBLE,
    term TEXT,
    ks_bound DOUBLE
  ),
  column_descriptions (
    covariate = 'As cobalt names it: the covariate, covariate_level, covariate:<NA> for a missing indicator, age² or age * dose',
    parent = 'The contract''s covariate',
    type = 'continuous or binary',
    smd_unadjusted = 'Unadjusted difference over the pooled unweighted SD',
    smd_unadjusted_att = 'Unadjusted difference over the SD of the treated',
    smd_ate = 'Over the pooled unweighted SD',
    smd_att = 'Over the unweighted SD of the treated',
    smd_atc = 'Over the unweighted SD of the untreated',
    smd_ato = 'Over the pooled unweighted SD',
    p_unadjusted = 'Probability of so large an unadjusted difference if |true SMD| were 0.1 (OHDSI)',
    p_weighted = 'The same for the difference under the declared estimand',
    term = 'covariate, square or product; KS is not taken of a continuous square or product',
    ks_bound = 'How much larger any of the KS distances may be: 0 but for a number of a large data set'
  ),
  audits (
    not_null(columns := (covariate, parent, type, term)),
    unique_combination_of_columns(columns := (parent, covariate)),
    accepted_values(column := type, is_in := ('continuous', 'binary'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(of_estimand)
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

WITH tested AS (
  SELECT
    *,
    ABS(mean_treated - mean_control) AS distance,
    SQRT(
      (
        n_treated + n_control
      ) / (
        n_treated * n_control
      ) + smd * smd / (
        2 * (
          n_treated + n_control - 2
        )
      )
    ) AS se
  FROM diagnostics.@{dataset}_differences
  WHERE
    segment = ''
), deviates AS (
  SELECT
    *,
    (
      ABS(smd) - 0.1
    ) / se AS above,
    (
      ABS(smd) + 0.1
    ) / se AS below
  FROM tested
), probable AS (
  SELECT
    *,
    CASE WHEN above >= 0 THEN @normal_tail(above) ELSE 1 - @normal_tail(above) END + @normal_tail(below) AS p
  FROM deviates
), beside AS (
  SELECT
    covariate,
    parent,
    term,
    type,
    n_treated,
    n_control,
    MAX(CASE WHEN weighting = 'unadjusted' THEN mean_treated END) AS mean_treated,
    MAX(CASE WHEN weighting = 'unadjusted' THEN mean_control END) AS mean_control,
    MAX(CASE WHEN weighting = 'unadjusted' THEN smd_over_treated END) AS smd_unadjusted_att,
    MAX(CASE WHEN weighting = 'unadjusted' THEN smd END) AS smd_unadjusted,
    MAX(CASE WHEN weighting = 'ate' THEN smd END) AS smd_ate,
    MAX(CASE WHEN weighting = 'att' THEN smd END) AS smd_att,
    MAX(CASE WHEN weighting = 'atc' THEN smd END) AS smd_atc,
    MAX(CASE WHEN weighting = 'ato' THEN smd END) AS smd_ato,
    MAX(CASE WHEN weighting = 'unadjusted' THEN variance_ratio END) AS variance_ratio_unadjusted,
    MAX(CASE WHEN weighting = 'ate' THEN variance_ratio END) AS variance_ratio_ate,
    MAX(CASE WHEN weighting = 'att' THEN variance_ratio END) AS variance_ratio_att,
    MAX(CASE WHEN weighting = 'atc' THEN variance_ratio END) AS variance_ratio_atc,
    MAX(CASE WHEN weighting = 'ato' THEN variance_ratio END) AS variance_ratio_ato,
    MAX(CASE WHEN weighting = 'unadjusted' THEN distance END) AS distance_unadjusted,
    MAX(CASE WHEN weighting = 'ate' THEN distance END) AS distance_ate,
    MAX(CASE WHEN weighting = 'att' THEN distance END) AS distance_att,
    MAX(CASE WHEN weighting = 'atc' THEN distance END) AS distance_atc,
    MAX(CASE WHEN weighting = 'ato' THEN distance END) AS distance_ato,
    MAX(CASE WHEN weighting = 'unadjusted' THEN p END) AS p_unadjusted,
    MAX(CASE WHEN @of_estimand THEN p END) AS p_weighted
  FROM probable
  GROUP BY
    covariate,
    parent,
    term,
    type,
    n_treated,
    n_control
)
SELECT
  b.covariate,
  b.parent,
  b.type,
  b.n_treated,
  b.n_control,
  b.mean_treated,
  b.mean_control,
  b.mean_treated - b.mean_control AS raw_difference,
  b.smd_unadjusted,
  b.smd_unadjusted_att,
  b.smd_ate,
  b.smd_att,
  b.smd_atc,
  b.smd_ato,
  b.variance_ratio_unadjusted,
  b.variance_ratio_ate,
  b.variance_ratio_att,
  b.variance_ratio_atc,
  b.variance_ratio_ato,
  CASE WHEN b.type = 'binary' THEN b.distance_unadjusted ELSE k.ks_unadjusted END AS ks_unadjusted,
  CASE WHEN b.type = 'binary' THEN b.distance_ate ELSE k.ks_ate END AS ks_ate,
  CASE WHEN b.type = 'binary' THEN b.distance_att ELSE k.ks_att END AS ks_att,
  CASE WHEN b.type = 'binary' THEN b.distance_atc ELSE k.ks_atc END AS ks_atc,
  CASE WHEN b.type = 'binary' THEN b.distance_ato ELSE k.ks_ato END AS ks_ato,
  b.p_unadjusted,
  b.p_weighted,
  b.term,
  CASE WHEN b.type = 'binary' THEN 0 ELSE k.ks_bound END AS ks_bound
FROM beside AS b
LEFT JOIN diagnostics.@{dataset}_distributions AS k
  ON b.covariate = k.covariate
