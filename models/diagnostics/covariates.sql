MODEL (
  name diagnostics.@{dataset}_covariates,
  kind VIEW,
  description 'A row per row and covariate, and one more that says whether it is missing, before anything is fitted',
  grain (row_id, covariate),
  columns (
    row_id TEXT,
    covariate TEXT,
    parent TEXT,
    kind TEXT,
    x DOUBLE,
    level TEXT,
    _treated INT,
    _outcome DOUBLE
  ),
  column_descriptions (
    kind = 'number, level for a categorical, or missing',
    x = 'The value of a number',
    level = 'The level of a categorical; missing or observed'
  ),
  audits (
    accepted_values(column := kind, is_in := ('number', 'level', 'missing'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(covariate_values)
);

SELECT
  row_id,
  covariate,
  parent,
  kind,
  x,
  level,
  _treated,
  _outcome
FROM @covariate_values AS v
