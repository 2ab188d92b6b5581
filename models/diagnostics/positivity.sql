MODEL (
  name diagnostics.@{dataset}_positivity,
  kind FULL,
  description 'Rows per arm in each level of each categorical covariate and segment, counted before anything is fitted',
  grain (covariate, level),
  columns (
    covariate TEXT,
    level TEXT,
    n BIGINT,
    n_treated BIGINT,
    n_control BIGINT
  ),
  column_descriptions (
    covariate = 'Categorical covariate or segment',
    level = 'Observed level; <NA> where missing'
  ),
  audits (
    not_null(columns := (covariate, level, n, n_treated, n_control)),
    unique_combination_of_columns(columns := (covariate, level))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(factor_values)
);

SELECT
  covariate,
  level,
  COUNT(*) AS n,
  COUNT(CASE WHEN _treated = 1 THEN 1 END) AS n_treated,
  COUNT(CASE WHEN _treated = 0 THEN 1 END) AS n_control
FROM @factor_values AS v
GROUP BY
  covariate,
  level
