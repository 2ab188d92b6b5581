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

SELECT
  covariate,
  level,
  SUM(CASE WHEN _treated = 1 THEN w_unadjusted ELSE 0 END) AS treated_unadjusted,
  SUM(CASE WHEN _treated = 1 THEN w_ate ELSE 0 END) AS treated_ate,
  SUM(CASE WHEN _treated = 1 THEN w_att ELSE 0 END) AS treated_att,
  SUM(CASE WHEN _treated = 1 THEN w_atc ELSE 0 END) AS treated_atc,
  SUM(CASE WHEN _treated = 1 THEN w_ato ELSE 0 END) AS treated_ato,
  SUM(CASE WHEN _treated = 0 THEN w_unadjusted ELSE 0 END) AS control_unadjusted,
  SUM(CASE WHEN _treated = 0 THEN w_ate ELSE 0 END) AS control_ate,
  SUM(CASE WHEN _treated = 0 THEN w_att ELSE 0 END) AS control_att,
  SUM(CASE WHEN _treated = 0 THEN w_atc ELSE 0 END) AS control_atc,
  SUM(CASE WHEN _treated = 0 THEN w_ato ELSE 0 END) AS control_ato
FROM @weighted_levels AS v
GROUP BY
  covariate,
  level
