MODEL (
  name diagnostics.@{dataset}_levels,
  kind FULL,
  description 'Sums of weights in each level of each factor, per arm and weighting',
  grain (covariate, level),
  depends_on (diagnostics.@{dataset}_positivity),
  columns (
    covariate TEXT,
    level TEXT,
    treated_unadjusted DOUBLE,
    treated_ate DOUBLE,
    treated_att DOUBLE,
    treated_atc DOUBLE,
    treated_ato DOUBLE,
    control_unadjusted DOUBLE,
    control_ate DOUBLE,
    control_att DOUBLE,
    control_atc DOUBLE,
    control_ato DOUBLE
  ),
  audits (
    not_null(columns := (covariate, level)),
    unique_combination_of_columns(columns := (covariate, level)),
    relationships(columns := (covariate, level), parent := diagnostics.@{dataset}_positivity)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(weighted_levels)
);

/* One factor's levels come with the moments; the others take one scan together */
WITH arms AS (
  SELECT
    factor AS covariate,
    level,
    _treated,
    arm_unadjusted AS n,
    arm_att AS att,
    arm_atc AS atc,
    arm_ato AS ato
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate = '' AND factor <> ''
  UNION ALL
  SELECT
    covariate,
    level,
    _treated,
    n,
    att,
    atc,
    ato
  FROM @weighted_levels AS v
)
SELECT
  covariate,
  level,
  SUM(CASE WHEN _treated = 1 THEN n ELSE 0 END) AS treated_unadjusted,
  SUM(CASE WHEN _treated = 1 THEN att + atc ELSE 0 END) AS treated_ate,
  SUM(CASE WHEN _treated = 1 THEN att ELSE 0 END) AS treated_att,
  SUM(CASE WHEN _treated = 1 THEN atc ELSE 0 END) AS treated_atc,
  SUM(CASE WHEN _treated = 1 THEN ato ELSE 0 END) AS treated_ato,
  SUM(CASE WHEN _treated = 0 THEN n ELSE 0 END) AS control_unadjusted,
  SUM(CASE WHEN _treated = 0 THEN att + atc ELSE 0 END) AS control_ate,
  SUM(CASE WHEN _treated = 0 THEN att ELSE 0 END) AS control_att,
  SUM(CASE WHEN _treated = 0 THEN atc ELSE 0 END) AS control_atc,
  SUM(CASE WHEN _treated = 0 THEN ato ELSE 0 END) AS control_ato
FROM arms
GROUP BY
  covariate,
  level
