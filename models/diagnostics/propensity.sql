MODEL (
  name diagnostics.@{dataset}_propensity,
  kind VIEW,
  description 'The propensity model that the scores come from, a row per term: logit e = sum of coefficient * (value - centre)',
  grain (kind, covariate, level, with_covariate, with_level),
  columns (
    term TEXT,
    kind TEXT,
    covariate TEXT,
    level TEXT,
    with_covariate TEXT,
    with_level TEXT,
    centre DOUBLE,
    coefficient DOUBLE,
    status TEXT,
    detail TEXT,
    passes INT,
    gradient DOUBLE,
    converged BOOLEAN
  ),
  column_descriptions (
    with_covariate = 'What the covariate interacts with',
    centre = 'Subtracted from the value; where a number is missing its centred value is 0',
    coefficient = 'NULL where the learner has none',
    status = 'fitted, reference, constant, collinear, separated, or boosted of a learner without coefficients'
  ),
  audits (
    number_of_rows(threshold := 0)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets()
);

SELECT
  term,
  kind,
  covariate,
  level,
  with_covariate,
  with_level,
  centre,
  coefficient,
  status,
  detail,
  passes,
  gradient,
  converged
FROM diagnostics.@{dataset}_fits
WHERE
  fold = 0
