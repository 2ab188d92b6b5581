MODEL (
  name diagnostics.@{dataset}_differences,
  kind FULL,
  description 'Standardised mean differences, unadjusted and under each weighting, of the whole and within each segment',
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
    raw_difference DOUBLE,
    smd_unadjusted DOUBLE,
    smd_unadjusted_att DOUBLE,
    smd_ate DOUBLE,
    smd_att DOUBLE,
    smd_atc DOUBLE,
    smd_ato DOUBLE
  ),
  column_descriptions (
    segment = 'The declared segment that the rows are of; empty for the whole',
    stratum = 'The value of the segment',
    covariate = 'As cobalt names it: the covariate, covariate_level, or covariate:<NA> for a missing indicator',
    parent = 'The contract''s covariate; of a square or product its own name',
    term = 'covariate, square or product',
    type = 'continuous or binary',
    smd_unadjusted = 'Unadjusted difference over the pooled unweighted SD',
    smd_unadjusted_att = 'Unadjusted difference over the SD of the treated',
    smd_ate = 'Over the pooled unweighted SD',
    smd_att = 'Over the unweighted SD of the treated',
    smd_atc = 'Over the unweighted SD of the untreated',
    smd_ato = 'Over the pooled unweighted SD'
  ),
  audits (
    not_null(columns := (segment, stratum, covariate, type)),
    unique_combination_of_columns(columns := (segment, stratum, parent, covariate))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(denominators)
);

/* p (1 - p) of a share that rounding can take below 0 or over 1 */
@DEF(variance_of_share, p -> CASE WHEN NOT p BETWEEN 0 AND 1 THEN 0 ELSE p * (1 - p) END);

WITH spread AS (
  /* Always of the unweighted sample (Stuart 2010) */
  SELECT
    *,
    CASE WHEN type = 'binary' THEN @variance_of_share(treated_unadjusted) ELSE variance_treated END AS v1,
    CASE WHEN type = 'binary' THEN @variance_of_share(control_unadjusted) ELSE variance_control END AS v0,
    treated_unadjusted - control_unadjusted AS raw_difference,
    n_treated + n_control AS n,
    (
      n_treated * treated_unadjusted + n_control * control_unadjusted
    ) / (
      n_treated + n_control
    ) AS mean_all
  FROM diagnostics.@{dataset}_contrasts
), scales AS (
  SELECT
    *,
    SQRT(
      CASE
        WHEN type = 'binary'
        THEN @variance_of_share(mean_all)
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
    @EACH(@denominators, c -> c)
  FROM scales
)
SELECT
  segment,
  stratum,
  covariate,
  parent,
  term,
  type,
  n_treated,
  n_control,
  raw_difference,
  CASE WHEN raw_difference = 0 OR s_pooled = 0 THEN 0 ELSE raw_difference / s_pooled END AS smd_unadjusted,
  CASE WHEN raw_difference = 0 OR s_treated = 0 THEN 0 ELSE raw_difference / s_treated END AS smd_unadjusted_att,
  CASE WHEN treated_ate = control_ate OR s_pooled = 0 THEN 0 ELSE (
    treated_ate - control_ate
  ) / s_pooled END AS smd_ate,
  CASE WHEN treated_att = control_att OR s_treated = 0 THEN 0 ELSE (
    treated_att - control_att
  ) / s_treated END AS smd_att,
  CASE WHEN treated_atc = control_atc OR s_control = 0 THEN 0 ELSE (
    treated_atc - control_atc
  ) / s_control END AS smd_atc,
  CASE WHEN treated_ato = control_ato OR s_pooled = 0 THEN 0 ELSE (
    treated_ato - control_ato
  ) / s_pooled END AS smd_ato
FROM denominators
