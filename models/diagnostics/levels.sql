MODEL (
  name diagnostics.@{dataset}_levels,
  kind FULL,
  description 'Sums of weights in each level of each factor, and in the levels of two columns at once, per arm and weighting',
  grain (factor, stratum, covariate, level),
  depends_on (diagnostics.@{dataset}_positivity),
  columns (
    factor TEXT,
    stratum TEXT,
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
  column_descriptions (
    factor = 'The other column of a pair, in its value stratum; empty for a factor by itself'
  ),
  audits (
    not_null(columns := (factor, stratum, covariate, level)),
    unique_combination_of_columns(columns := (factor, stratum, covariate, level)),
    relationships(columns := (covariate, level), parent := diagnostics.@{dataset}_positivity)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(weighted_levels, of_factor)
);

/* What the moments are taken in comes with them; the rest takes one scan together */
WITH arms AS (
  SELECT
    '' AS factor,
    '' AS stratum,
    factor AS covariate,
    level,
    _treated,
    arm_unadjusted AS n,
    arm_att AS att,
    arm_atc AS atc,
    arm_ato AS ato
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate = '' AND @of_factor
  UNION ALL
  SELECT
    factor,
    stratum,
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
  factor,
  stratum,
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
  factor,
  stratum,
  covariate,
  level
