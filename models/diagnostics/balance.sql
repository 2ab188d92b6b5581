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

WITH tested AS (
  SELECT
    *,
    ABS(smd_unadjusted) AS d_unadjusted,
    ABS(smd_@estimand) AS d_weighted,
    SQRT(
      (n_treated + n_control) / (
        n_treated * n_control
      ) + smd_unadjusted * smd_unadjusted / (
        2 * (
          n_treated + n_control - 2
        )
      )
    ) AS se_unadjusted,
    SQRT(
      (n_treated + n_control) / (
        n_treated * n_control
      ) + smd_@estimand * smd_@estimand / (
        2 * (
          n_treated + n_control - 2
        )
      )
    ) AS se_weighted
  FROM diagnostics.@{dataset}_differences
  WHERE
    segment = ''
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
  d.parent,
  d.type,
  d.n_treated,
  d.n_control,
  c.treated_unadjusted AS mean_treated,
  c.control_unadjusted AS mean_control,
  raw_difference,
  smd_unadjusted,
  smd_unadjusted_att,
  smd_ate,
  smd_att,
  smd_atc,
  smd_ato,
  @EACH(
    [unadjusted, ate, att, atc, ato],
    w -> CASE WHEN d.type = 'continuous' THEN c.ratio_@w END AS variance_ratio_@w
  ),
  @EACH(
    [unadjusted, ate, att, atc, ato],
    w -> CASE WHEN d.type = 'binary' THEN ABS(c.treated_@w - c.control_@w) ELSE ks_@w END AS ks_@w
  ),
  @EACH(
    [unadjusted, weighted],
    s -> CASE
      WHEN above_@s >= 0
      THEN @normal_tail(above_@s)
      ELSE 1 - @normal_tail(above_@s)
    END + @normal_tail(below_@s) AS p_@s
  ),
  d.term,
  CASE WHEN d.type = 'binary' THEN 0 ELSE ks_bound END AS ks_bound
FROM deviates AS d
INNER JOIN diagnostics.@{dataset}_contrasts AS c
  ON c.segment = '' AND d.parent = c.parent AND d.covariate = c.covariate
LEFT JOIN diagnostics.@{dataset}_distributions AS k
  ON d.covariate = k.covariate
